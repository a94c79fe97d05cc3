/** Web servers, a registry and a proxy for `upstream.js`, and the specs that ask them. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as startRequest } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Of this namespace, on 127.0.0.1 and web.test: 1010 speaks HTTP; 1011 HTTPS with a certificate that the host trusts, 1012 with one
 * that it does not, 1013 with one that has expired, 1014 with one for another name; 1015 is a proxy; 1016 keeps silent, 1017 closes.
 */
export async function startWeb(command) {
  const folder = mkdtempSync(join(tmpdir(), 'hostbundle-web-'));
  try {
    const trusted = certificate(folder, 'trusted', 'IP:127.0.0.1,DNS:web.test', 30);
    const stranger = certificate(folder, 'stranger', 'IP:127.0.0.1,DNS:web.test', 30);
    const expired = certificate(folder, 'expired', 'IP:127.0.0.1,DNS:web.test', -1);
    const other = certificate(folder, 'other', 'DNS:other.test', 30);
    writeFileSync(join(folder, 'store'), [trusted, expired, other].map(({ cert }) => cert).join(''));
    command('mount', ['--bind', join(folder, 'store'), '/etc/ssl/certs/ca-certificates.crt']);
    await listening(createServer(answer), 1010);
    await listening(createSecureServer(trusted, answer), 1011);
    await listening(createSecureServer(stranger, answer), 1012);
    await listening(createSecureServer(expired, answer), 1013);
    await listening(createSecureServer(other, answer), 1014);
    await listening(proxy(), 1015);
    const raw = (serve) => createServer().removeAllListeners('connection').on('connection', serve);
    await listening(
      raw((socket) => socket.on('error', () => {}).resume()),
      1016,
    );
    await listening(
      raw((socket) => socket.on('error', () => {}).once('data', () => socket.end())),
      1017,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function certificate(folder, name, names, days) {
  const [key, request, cert] = ['key', 'csr', 'crt'].map((end) => join(folder, `${name}.${end}`));
  const extension = join(folder, `${name}.ext`);
  writeFileSync(extension, `subjectAltName=${names}\n`);
  const run = (args) => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  };
  run(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
  run(['req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', request]);
  const extensions = ['-extfile', extension, '-days', String(days)];
  run(['x509', '-req', '-in', request, '-signkey', key, '-out', cert, ...extensions]);
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

async function listening(server, port) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

const manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}';

async function answer(request, response) {
  const { method, url, headers } = request;
  const [, status] = /^\/status\/(\d+)/.exec(url) ?? [];
  let body = '';
  for await (const chunk of request) body += chunk;
  const say = (code, type, text) => response.writeHead(code, { 'content-type': type }).end(text);
  const json = (value, code = 200) => say(code, 'application/json', JSON.stringify(value));
  if (status !== undefined) say(Number(status), 'text/plain', status === '204' ? '' : `status ${status}`);
  else if (url === '/json') say(200, 'application/json', '{"b":[1.0,12345678901234567890,{}],"a":"<&>"}\n');
  else if (url === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('compressed'));
  else if (url === '/latin1') response.end(Buffer.from([0x61, 0xff, 0x62]));
  else if (url === '/headers') response.writeHead(200, ['x-multi', 'one', 'X-MULTI', 'two', 'etag', '"1"']).end();
  else if (url === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (url === '/bare') response.writeHead(302).end('no location');
  else if (url === '/up') response.writeHead(302, { location: 'https://127.0.0.1:1011/status/200' }).end();
  else if (url === '/down') response.writeHead(302, { location: 'http://127.0.0.1:1010/status/200' }).end();
  else if (url.startsWith('/to/')) response.writeHead(Number(url.slice(4, 7)), { location: '/echo' }).end();
  else if (url === '/echo')
    json({ method, body, host: headers.host, own: headers['x-own'], auth: headers.authorization });
  else if (url === '/cut') response.writeHead(200, { 'content-length': 100 }).write('cut', () => response.destroy());
  else if (url === '/v2/') json({});
  else if (url === '/v2/team/app/manifests/1') say(200, 'application/vnd.oci.image.manifest.v1+json', manifest);
  else if (url.startsWith('/v2/team/app/')) json({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'no' }] }, 404);
  else if (url.startsWith('/v2/team/none/')) json({ errors: [{ code: 'NAME_UNKNOWN', message: 'no' }] }, 404);
  else if (url.startsWith('/v2/team/denied/')) json({ errors: [{ code: 'DENIED', message: 'no' }] }, 403);
  else say(404, 'text/plain', 'nothing here');
}

function proxy() {
  const server = createServer((request, response) => {
    const { port, pathname, search } = new URL(request.url);
    const { headers, method } = request;
    const onward = startRequest({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (got) => {
      response.writeHead(got.statusCode, { ...got.headers, 'x-proxied': 'yes' });
      got.pipe(response);
    });
    request.pipe(onward.on('error', () => response.destroy()));
  });
  server.on('connect', (request, socket) => {
    const onward = connect(Number(request.url.replace(/.*:/, '')), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  return server;
}

/** What of a result both tools write, as comparable values by name. */
export function webFacts(path, text) {
  const facts = {};
  if (path.startsWith('host-collectors/http/')) {
    const { response, error } = JSON.parse(text);
    facts[`${path} kind`] = response === undefined ? 'error' : 'response';
    facts[`${path} layout`] = /^\{\n {2}"(response|error)": \{\n {4}"(status|message)": /.test(text)
      ? 'as theirs'
      : text;
    if (response === undefined) return facts;
    const { Date: _, ...headers } = response.headers;
    facts[`${path} status`] = response.status;
    facts[`${path} body`] = response.body;
    facts[`${path} headers`] = headers;
    facts[`${path} raw_json`] = /\n {4}"raw_json": (.*?)\n {2}\}(,|\n)/s.exec(text)?.[1] ?? 'none';
    facts[`${path} error`] = error === undefined ? 'none' : 'there';
  }
  if (path.startsWith('host-collectors/registry-images/')) {
    for (const [image, { exists, error }] of Object.entries(JSON.parse(text).images)) {
      facts[`${path} ${image}`] = { exists, error: error === undefined ? 'none' : error.replace(/: .*/s, '') };
    }
    facts[`${path} order`] = Object.keys(JSON.parse(text).images);
    facts[`${path} layout`] = /^\{\n {2}"images": \{/.test(text) ? 'as theirs' : text;
  }
  return facts;
}

const spec = (collectors, analyzers) =>
  `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata:\n  name: a\nspec:\n  hostCollectors:\n${collectors
    .map((item) => `    - ${item}\n`)
    .join('')}  hostAnalyzers:\n${analyzers.map((item) => `    - ${item}\n`).join('')}`;

const outcomes =
  'outcomes: [{ fail: { when: error, message: no answer } }, { warn: { when: statusCode == 204, message: empty } }, { pass: { when: statusCode >= 200 && statusCode < 300, message: fine } }, { warn: { when: "statusCode in (301, 302, 404) || statusCode / 100 == 5", message: odd } }, { fail: { message: other } }]';
const asks = (request, analyzer = outcomes) => spec([`http: { ${request} }`], [`http: { ${analyzer} }`]);
const get = (path, more = '') =>
  asks(`get: { url: "${path.startsWith('http') ? path : `http://127.0.0.1:1010${path}`}"${more} }`);
const judged = (when) =>
  asks(
    'get: { url: "http://127.0.0.1:1010/status/200" }',
    `outcomes: [{ pass: { when: "${when}", message: it holds } }, { warn: { message: it does not } }]`,
  );
const images = (names, outcome, more = '') =>
  spec([`registryImages: { images: [${names.join(', ')}]${more} }`], [`registryImages: { outcomes: [${outcome}] }`]);

const differs = (pattern, row) => ({ [pattern]: row });
const judgements = '^(judged|rules .*): only';

export const webCases = [
  ...[
    '/status/200',
    '/status/204',
    '/status/301',
    '/status/404',
    '/status/500',
    '/json',
    '/gzip',
    '/latin1',
    '/headers',
  ].map((path) => ({ name: `http: get ${path}`, spec: get(path) })),
  ...['post', 'put'].flatMap((method) => [
    {
      name: `http: ${method}`,
      spec: asks(`${method}: { url: "http://127.0.0.1:1010/echo", body: höhe, headers: { x-own: one } }`),
    },
    ...[301, 302, 303, 307, 308].map((status) => ({
      name: `http: ${method} and ${status}`,
      spec: asks(`${method}: { url: "http://127.0.0.1:1010/to/${status}", body: text }`),
    })),
  ]),
  { name: 'http: user and password', spec: get('http://me:word@127.0.0.1:1010/status/200') },
  { name: 'http: redirect without a place', spec: get('/bare') },
  { name: 'http: redirect without end', spec: get('/loop') },
  { name: 'http: redirect to https', spec: get('/up') },
  {
    name: 'http: redirect from https',
    spec: get('https://127.0.0.1:1011/down'),
    differs: differs(`result\\.json |${judgements}`, '`http`: redirects lead anywhere'),
  },
  { name: 'http: refused', spec: get('http://127.0.0.1:1002/') },
  { name: 'http: no such name', spec: get('http://nowhere.test/') },
  { name: 'http: dropped', spec: get('http://10.8.0.99/', ', timeout: 500ms') },
  { name: 'http: silence', spec: get('http://127.0.0.1:1016/', ', timeout: 500ms') },
  { name: 'http: closed', spec: get('http://127.0.0.1:1017/') },
  { name: 'http: no time', spec: get('/status/200', ', timeout: 200ns') },
  {
    name: 'http: a body that breaks off',
    spec: get('/cut'),
    differs: differs(`^file |${judgements}`, 'a body that breaks off leaves no file'),
  },
  { name: 'https: trusted', spec: get('https://127.0.0.1:1011/status/200') },
  { name: 'https: trusted, by name', spec: get('https://web.test:1011/status/200') },
  { name: 'https: of a stranger', spec: get('https://127.0.0.1:1012/status/200') },
  { name: 'https: expired', spec: get('https://127.0.0.1:1013/status/200') },
  { name: 'https: for another name', spec: get('https://127.0.0.1:1014/status/200') },
  ...[1012, 1013, 1014].map((port) => ({
    name: `https: ${port}, whatever the certificate`,
    spec: get(`https://127.0.0.1:${port}/status/200`, ', insecureSkipVerify: true'),
  })),
  { name: 'https: not spoken', spec: get('https://127.0.0.1:1010/') },
  { name: 'http: where TLS is spoken', spec: get('http://127.0.0.1:1011/') },
  {
    name: 'https: tls.skipVerify',
    spec: get('https://127.0.0.1:1012/status/200', ', tls: { skipVerify: true }'),
    differs: differs(`result\\.json |${judgements}`, '`tls.skipVerify`'),
  },
  { name: 'http: through a proxy', spec: get('http://web.test:1010/status/200', ', proxy: "http://127.0.0.1:1015"') },
  { name: 'https: through a proxy', spec: get('https://web.test:1011/status/200', ', proxy: "http://127.0.0.1:1015"') },
  { name: 'http: through a proxy that is gone', spec: get('/status/200', ', proxy: "http://127.0.0.1:1002"') },
  {
    name: 'http: proxies of the environment',
    env: { HTTPS_PROXY: 'http://127.0.0.1:1015', HTTP_PROXY: 'http://127.0.0.1:1015' },
    spec: get('http://web.test:1010/status/200'),
  },
  {
    name: 'http: an exception of the environment',
    env: { HTTPS_PROXY: 'http://127.0.0.1:1015', HTTP_PROXY: 'http://127.0.0.1:1015', NO_PROXY: '.test' },
    spec: get('http://web.test:1010/status/200'),
  },
  {
    name: 'http: HTTP_PROXY alone',
    env: { HTTP_PROXY: 'http://127.0.0.1:1015' },
    spec: get('http://web.test:1010/status/200'),
    differs: differs(' headers: ', 'proxies of the environment only when'),
  },
  {
    name: 'http: a Host header',
    spec: get('/echo', ', headers: { Host: other.test }'),
    differs: differs(' (body|raw_json|headers): ', 'a `Host` header'),
  },
  {
    name: 'http: what lets somebody in is repeated',
    spec: get('/echo', ', headers: { Authorization: Bearer 0123456789 }'),
    differs: differs(' (body|raw_json): ', 'cookies and tokens of the answer'),
  },
  ...['foo', 'http:', '127.0.0.1:80/x', 'ftp://127.0.0.1/'].map((url) => ({
    name: `http: ${url}`,
    spec: asks(`get: { url: "${url}" }`),
    differs: differs('^bundle: ', '`http`: a URL, proxy or header that can never be used'),
  })),
  ...[
    ...['statusCode == 200', 'statusCode === 200', 'statusCode = 200', '200 == statusCode', '[statusCode] == 200'],
    ...[
      'statusCode == 0xC8',
      'statusCode in (200, 204)',
      'statusCode in (201)',
      'statusCode % 100 == 0',
      'true',
      'false',
    ],
    ...['!(statusCode == 200)', "statusCode == '200'", 'statusCode == -200', 'statusCode == 200 ? true : false'],
    ...['statusCode == 201 || statusCode > 199 && statusCode < 300', 'statusCode + 1 == 201', '2 ** 3 == 8'],
    ...["'a' < 'b'", 'statusCode - 100 * 2 == 0', '(statusCode >= 200) || false', 'statusCode == 201 ? false : true'],
    ...[
      'statusCode != 200 == false',
      'statusCode == 200 && !false',
      'statusCode > 100 && (statusCode < 150 || statusCode == 200)',
    ],
    ...['-statusCode == -200', 'statusCode / 3 > 66.6', 'statusCode==200'],
  ].map((when) => ({ name: `http: ${when}`, spec: judged(when) })),
  ...['statusCode=200', 'statusCode', 'statusCode <> 200', 'statusCode #$ 200', 'status == 200', 'statusCode =~ 2'].map(
    (when) => ({
      name: `http: ${when}, which is no condition`,
      spec: judged(when),
      differs: differs(judgements, '`http`: a `when` that is no condition'),
    }),
  ),
  {
    name: 'registryImages: there, missing, unknown, denied, no reference',
    spec: images(
      [
        '127.0.0.1:1010/team/app:1',
        '127.0.0.1:1010/team/app:2',
        '127.0.0.1:1010/team/none:1',
        '127.0.0.1:1010/team/denied:1',
        '"Bad Name"',
      ],
      '{ fail: { when: errors > 5, message: many errors } }, { warn: { when: missing == 1, message: "{{ .Verified }} {{ .Missing | join \\", \\" }} {{ len .Errors }}" } }',
    ),
  },
  ...[1011, 1012, 1013].map((port) => ({
    name: `registryImages: https on ${port}`,
    spec: images(
      [`127.0.0.1:${port}/team/app:1`],
      '{ pass: { when: verified = 1, message: "{{ .Verified }}" } }, { fail: { message: lost } }',
    ),
  })),
  {
    name: 'registryImages: nobody there, a message that is no template',
    spec: images(['127.0.0.1:1002/team/app:1'], '{ fail: { when: errors === 1, message: "{{ .Nothing }}" } }'),
  },
  {
    name: 'registryImages: none, named',
    spec: spec(
      ['registryImages: { collectorName: mine, images: [] }'],
      ['registryImages: { collectorName: mine, outcomes: [{ pass: { when: missing == 0, message: all } }] }'],
    ),
  },
];
