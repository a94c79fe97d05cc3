import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Address } from '../../contract/collector.ts';
import { type Authority, createAuthority } from '../../net/certificates.fixture.ts';
import { cleanUp, closedPort, misfits } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { closeServers, httpServer, proxyServer, rawServer } from '../../net/servers.fixture.ts';
import { http } from './collector.ts';

jest.setTimeout(30_000);

afterAll(async () => {
  await closeServers();
  await cleanUp();
});

let authority: Authority;
let stranger: Authority;
const names = 'DNS:a.test,IP:127.0.0.1,IP:::1';
const here: readonly Address[] = [{ address: '127.0.0.1', family: 4 }];

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
}, 60_000);

interface Lab {
  readonly environment?: Readonly<Record<string, string>>;
  readonly names?: Readonly<Record<string, readonly Address[] | string | null>>;
}

/** On a host that trusts the authority of this test, and nobody else. */
async function send(params: Readonly<Record<string, Readonly<Record<string, unknown>>>>, lab: Lab = {}) {
  const [[method = '', asked] = []] = Object.entries(params);
  const prepared = http.prepare?.({ [method]: { timeout: '5s', insecureSkipVerify: false, ...asked } } as never);
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const environment = { SSL_CERT_FILE: authority.certificatePath, ...lab.environment };
  const host = labHost({ 'a.test': here, 'b.test': here, ...lab.names }, undefined, environment);
  const { result } = await http.collect(prepared.params, host);
  expect(misfits(http.result, result)).toEqual([]);
  const text = http.render?.(result) ?? '';
  // What is written is read again as the same.
  expect(http.parse?.(text, JSON.parse)).toEqual(JSON.parse(text));
  expect(Object.keys(result)[0]).toBe(result.error === undefined ? 'response' : 'error');
  return { ...result, text };
}

const get = (url: string, more: Readonly<Record<string, unknown>> = {}, lab: Lab = {}) =>
  send({ get: { url, ...more } }, lab);

/** Answers with what it was asked. */
const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('error', () => {}).on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks).toString();
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, url, headers, body }));
  });
};

describe('the file, as the Go tool writes it', () => {
  test('two blanks a level; canonical names; several values joined; the body as text and as JSON to the digit', async () => {
    const port = await httpServer((_, response) => {
      response.writeHead(200, [
        ...[
          'x-multi',
          'one',
          'X-MULTI',
          'two',
          'etag',
          '"x"',
          'Content-Type',
          'application/json',
          'Content-Length',
          '49',
        ],
      ]);
      response.end('{"big":12345678901234567890,"e":[1.0,{}],"<":"&"}');
    });
    const { text, ...result } = await get(`http://127.0.0.1:${port}/`);
    expect(text.slice(0, text.indexOf('  "cause"'))).toBe(`{
  "response": {
    "status": 200,
    "body": "{\\"big\\":12345678901234567890,\\"e\\":[1.0,{}],\\"\\u003c\\":\\"\\u0026\\"}",
    "headers": {
      "Connection": "keep-alive",
      "Content-Length": "49",
      "Content-Type": "application/json",
      "Date": "${result.response?.headers['Date']}",
      "Etag": "\\"x\\"",
      "Keep-Alive": "timeout=5",
      "X-Multi": "one,two"
    },
    "raw_json": {
      "big": 12345678901234567890,
      "e": [
        1.0,
        {}
      ],
      "\\u003c": "\\u0026"
    }
  },
`);
  });

  test.each([
    ['foobar', undefined],
    ['', undefined],
    ['null', null],
    ['"x"', 'x'],
    [`${'['.repeat(5000)}${']'.repeat(5000)}`, undefined],
    ['{"__proto__":{"polluted":true}}', undefined],
  ])('raw_json of the body %.30s', async (body, value) => {
    const port = await httpServer((_, response) => response.end(body));
    const { response } = await get(`http://127.0.0.1:${port}/`);
    expect(response).toMatchObject({ status: 200, body });
    expect(response?.raw_json).toEqual(value);
    expect(response !== null && response !== undefined && 'raw_json' in response).toBe(value !== undefined);
  });

  test('bytes that are no UTF-8 become U+FFFD; compression is undone without a trace', async () => {
    const port = await httpServer(({ headers }, response) => {
      expect(headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.from([0x61, 0xff, 0x62])));
    });
    const { response } = await get(`http://127.0.0.1:${port}/`);
    expect(response?.body).toBe('a\ufffdb');
    expect(Object.keys(response?.headers ?? {})).not.toContain('Content-Encoding');
  });

  test('D0: a body in Brotli is neither asked for nor decoded', async () => {
    const port = await httpServer((_, response) => response.setHeader('content-encoding', 'br').end('not decoded'));
    const { response } = await get(`http://127.0.0.1:${port}/`);
    expect(response).toMatchObject({ body: 'not decoded', headers: { 'Content-Encoding': 'br' } });
  });

  test.each(['get', 'post', 'put'] as const)('%s: method, path, headers and body are sent', async (method) => {
    const port = await httpServer(echo);
    const body = method === 'get' ? {} : { body: 'höhe=1' };
    const headers = { 'x-own': 'ö', Host: 'other.test', 'content-type': 'text/plain' };
    const { response } = await send({ [method]: { url: `http://127.0.0.1:${port}/a?b=c`, headers, ...body } });
    const asked = response?.raw_json as { headers: Record<string, string>; body: string };
    expect(asked).toMatchObject({
      method: method.toUpperCase(),
      url: '/a?b=c',
      body: method === 'get' ? '' : 'höhe=1',
      headers: { host: 'other.test', 'content-type': 'text/plain', 'user-agent': 'hostbundle' },
    });
    expect(Buffer.from(asked.headers['x-own'] ?? '', 'latin1').toString()).toBe('ö');
    expect(asked.headers['connection']).toBeUndefined();
  });

  test('any status is an answer', async () => {
    for (const status of [204, 304, 401, 500]) {
      const port = await httpServer((_, response) => response.writeHead(status).end());
      expect((await get(`http://127.0.0.1:${port}/`)).response?.status).toBe(status);
    }
  });
});

test('times, addresses and what TLS told are beside it', async () => {
  const port = await httpServer(echo, await authority.issue({ names, to: 20 }));
  const result = await get(`https://a.test:${port}/`);
  expect(result).toMatchObject({ cause: null, bodyCut: false, response: { status: 200 } });
  for (const ms of [result.dnsMs, result.connectMs, result.tlsMs, result.firstByteMs]) expect(ms).toBeGreaterThan(0);
  expect(result.totalMs).toBeGreaterThan((result.connectMs ?? 0) + (result.tlsMs ?? 0) + (result.firstByteMs ?? 0));
  expect(Math.round(result.expiresInDays ?? 0)).toBe(20);
  const [hop] = result.hops;
  expect(hop).toMatchObject({
    status: 200,
    proxy: null,
    tls: { protocol: 'TLSv1.3', problems: [], nameMatches: true },
  });
  expect(hop?.dial?.attempts[0]?.candidates[0]).toMatchObject({ address: '127.0.0.1', localAddress: '127.0.0.1' });
});

describe('certificates', () => {
  test.each([
    ['expired', () => authority.issue({ names, from: -20, to: -10 }), {}, 'expired'],
    ['for another name', () => authority.issue({ names: 'DNS:other.test' }), {}, 'name-mismatch'],
    ['of a stranger', () => stranger.issue({ names }), {}, 'untrusted'],
    ['signed by itself', () => createAuthority({ names }), {}, 'self-signed'],
  ] as const)('%s: nothing is sent, unless the spec takes any', async (_, issue, __, problem) => {
    let asked = 0;
    const listener: RequestListener = (_request, response) => {
      asked++;
      response.end('ok');
    };
    const port = await httpServer(listener, await issue());
    const refused = await get(`https://a.test:${port}/`);
    expect(refused).toMatchObject({ cause: 'untrusted-certificate' });
    expect(refused.error?.message).toMatch(/^Get "https:\/\/a\.test:\d+\/": the certificate is not trusted: /);
    expect(refused.hops[0]?.tls?.problems).toContain(problem);
    expect(asked).toBe(0);
    for (const taken of [{ insecureSkipVerify: true }, { tls: { skipVerify: true } }]) {
      expect((await get(`https://a.test:${port}/`, taken)).response?.status).toBe(200);
    }
  });

  test('an authority in the spec; one that is none is told in the file', async () => {
    const port = await httpServer(echo, await stranger.issue({ names }));
    const url = `https://127.0.0.1:${port}/`;
    expect((await get(url, { tls: { cacert: stranger.certificate } })).response?.status).toBe(200);
    expect((await get(url, { tls: { cacert: stranger.certificatePath } })).response?.status).toBe(200);
    expect(await get(url, { tls: { cacert: '/nowhere' } })).toMatchObject({
      error: { message: 'caCert /nowhere cannot be read (ENOENT)' },
      cause: 'unusable',
    });
  });

  test('a client certificate that the server wants', async () => {
    const client = await authority.issue({ subject: '/CN=client' });
    const wants = { ca: authority.certificate, requestCert: true, rejectUnauthorized: true };
    const port = await httpServer(echo, await authority.issue({ names }), wants);
    expect(await get(`https://127.0.0.1:${port}/`)).toMatchObject({ cause: 'handshake-failed' });
    const shown = { tls: { clientCert: client.certificatePath, clientKey: client.key } };
    const { response, text } = await get(`https://127.0.0.1:${port}/`, shown);
    expect(response?.status).toBe(200);
    expect(text).not.toContain('PRIVATE KEY');
  });

  test('TLS 1.1 is not spoken', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    const port = await httpServer(echo, await authority.issue({ names }), old);
    expect(await get(`https://127.0.0.1:${port}/`)).toMatchObject({ cause: 'handshake-failed' });
  });
});

describe('redirects', () => {
  const to = (location: string, status = 302): RequestListener => {
    return (_, response) => response.writeHead(status, { location }).end('x'.repeat(100));
  };

  test.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'the body'],
    [308, 'POST', 'the body'],
  ])('%d of a POST leads to a %s', async (status, method, body) => {
    const port = await httpServer((request, response) =>
      request.url === '/' ? to('/next?x=1', status)(request, response) : echo(request, response),
    );
    const { response, hops } = await send({ post: { url: `http://127.0.0.1:${port}/`, body: 'the body' } });
    expect(response?.raw_json).toMatchObject({ method, body, url: '/next?x=1' });
    expect(hops.map((hop) => hop.status)).toEqual([status, 200]);
  });

  test('from http to https; without a Location it is the answer', async () => {
    const secure = await httpServer(echo, await authority.issue({ names }));
    const port = await httpServer(to(`https://127.0.0.1:${secure}/`));
    expect((await get(`http://127.0.0.1:${port}/`)).response?.status).toBe(200);
    const bare = await httpServer((_, response) => response.writeHead(302).end('nowhere'));
    expect((await get(`http://127.0.0.1:${bare}/`)).response).toMatchObject({ status: 302, body: 'nowhere' });
  });

  test('stops after ten', async () => {
    const port = await httpServer(to('/again'));
    const result = await get(`http://127.0.0.1:${port}/`);
    expect(result.cause).toBe('too-many-redirects');
    expect(result.error?.message).toBe(`Get "http://127.0.0.1:${port}/": stopped after 10 redirects`);
    expect(result.hops).toHaveLength(10);
  });

  test.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://bad host/',
  ])('S5: never to %s', async (location) => {
    const port = await httpServer(to(location));
    expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ cause: 'redirect-refused' });
  });

  test('S5: never from https into the clear, nor by a name to where clouds hand out credentials', async () => {
    const plain = await httpServer(echo);
    const port = await httpServer(to(`http://127.0.0.1:${plain}/`), await authority.issue({ names }));
    expect(await get(`https://127.0.0.1:${port}/`)).toMatchObject({ cause: 'redirect-refused' });
    const rebound = { names: { 'rebound.test': [...here, { address: '169.254.169.254', family: 4 as const }] } };
    expect(await get('http://rebound.test/', {}, rebound)).toMatchObject({ cause: 'address-refused' });
  });

  test('S5: what lets somebody in is not sent to another host', async () => {
    const port = await httpServer((request, response) =>
      request.url === '/' ? to(`http://b.test:${port}/x`)(request, response) : echo(request, response),
    );
    const headers = {
      Authorization: 'Bearer secret-token',
      Cookie: 'a=secret-cookie',
      'X-Api-Key': 'k',
      'X-Plain': 'p',
    };
    const { response } = await get(`http://user:secret-word@a.test:${port}/`, { headers });
    const asked = response?.raw_json as { headers: Record<string, string> };
    expect(asked.headers).toMatchObject({ 'x-plain': 'p', host: `b.test:${port}` });
    for (const name of ['authorization', 'cookie', 'x-api-key']) expect(asked.headers[name]).toBeUndefined();
  });
});

describe('proxies', () => {
  test.each([
    ['http', 'GET http://a.test:PORT/x?y=1', undefined],
    ['https', 'CONNECT a.test:PORT', true],
  ] as const)('%s through the proxy of the spec, with its credentials', async (scheme, expected, isSecure) => {
    const port = await httpServer(echo, isSecure && (await authority.issue({ names })));
    const { port: proxyPort, asked } = await proxyServer();
    const proxy = `http://user:proxy-secret@127.0.0.1:${proxyPort}`;
    const { response, hops, text } = await get(`${scheme}://a.test:${port}/x?y=1`, { proxy });
    const basic = Buffer.from('user:proxy-secret').toString('base64');
    expect(asked).toEqual([`${expected.replace('PORT', String(port))} Basic ${basic}`]);
    expect(response?.raw_json).toMatchObject({ url: '/x?y=1', headers: { host: `a.test:${port}` } });
    expect(hops[0]).toMatchObject({ proxy: `http://user:***@127.0.0.1:${proxyPort}/` });
    expect(text).not.toContain('proxy-secret');
    expect(text).not.toContain(basic);
  });

  test('a proxy that is itself met over TLS', async () => {
    const port = await httpServer(echo, await authority.issue({ names }));
    const proxy = await proxyServer({ issued: await authority.issue({ names }) });
    const { response } = await get(`https://a.test:${port}/`, { proxy: `https://127.0.0.1:${proxy.port}` });
    expect(response?.status).toBe(200);
  });

  test('one that refuses, one that is not there', async () => {
    const { port } = await proxyServer({ refuses: true });
    expect(await get('https://a.test:1/', { proxy: `127.0.0.1:${port}` })).toMatchObject({ cause: 'proxy-refused' });
    const gone = await get('https://a.test:1/', { proxy: `127.0.0.1:${await closedPort()}` });
    expect(gone).toMatchObject({ cause: 'connection-refused' });
    expect(gone.error?.message).toContain('the proxy: ');
  });

  test('the environment names one, and exceptions', async () => {
    const port = await httpServer(echo);
    const proxy = await proxyServer();
    const environment = { http_proxy: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'other.test, b.test' };
    await get(`http://a.test:${port}/`, {}, { environment });
    expect(proxy.asked).toEqual([`GET http://a.test:${port}/`]);
    await get(`http://b.test:${port}/`, {}, { environment });
    await get(`http://127.0.0.1:${port}/`, {}, { environment });
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('secrets', () => {
  test('O7, S6: nothing that lets somebody in is written, though the server sends it back', async () => {
    const secrets = {
      bearer: 'bearer-5e3f0a91',
      cookie: 'cookie-77aa12ff',
      key: 'key-quote"and\\slash',
      word: 'p@ss word-91',
      query: 'query-31c5',
      field: 'field-88fe21',
      issued: 'issued-cookie-1',
    };
    const port = await httpServer((request, response) => {
      response.setHeader('set-cookie', [`sid=${secrets.issued}; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT`, 'b=c']);
      response.setHeader('x-auth-token', secrets.issued).setHeader('www-authenticate', 'Basic realm="lab"');
      echo(request, response);
    });
    const url = `http://user:${encodeURIComponent(secrets.word)}@127.0.0.1:${port}/?token=${secrets.query}&page=2`;
    const headers = { Cookie: `sid=${secrets.cookie}`, 'X-Api-Key': secrets.key, 'X-Plain': 'plain-value' };
    const body = JSON.stringify({ user: 'me', login: { password: secrets.field } });
    const { response, text } = await send({ post: { url, headers, body } });
    for (const secret of [...Object.values(secrets), Buffer.from(`user:${secrets.word}`).toString('base64')]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(text).not.toContain(JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1));
    }
    expect(response?.headers).toMatchObject({
      'Set-Cookie': 'sid=***HIDDEN***; Path=/; Expires=Thu, 01 Jan 2099 00:00:00 GMT,b=***HIDDEN***',
      'X-Auth-Token': '***HIDDEN***',
      'Www-Authenticate': 'Basic realm="lab"',
    });
    expect(response?.raw_json).toMatchObject({ headers: { 'x-plain': 'plain-value' } });
    const refused = await get(
      `http://user:${secrets.bearer}@127.0.0.1:${await closedPort()}/?api_key=${secrets.query}`,
    );
    expect(refused.text).not.toContain(secrets.bearer);
    expect(refused.text).not.toContain(secrets.query);
    expect(refused.error?.message).toMatch(
      /^Get "http:\/\/user:\*\*\*@127\.0\.0\.1:\d+\/\?api_key=\*\*\*": connect ECONNREFUSED/,
    );
  });
});

describe('L5: a hostile server ends at the deadline with its word', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const slowly = (text: string) => (socket: Socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 200);
    timer.unref();
  };
  const flood = (start: string, piece: string) => (socket: Socket) => {
    socket.write(start);
    function more(): void {
      while (!socket.destroyed && socket.write(piece));
      socket.once('drain', more);
    }
    more();
  };

  test.each([
    ['silence', () => {}, 'response-timeout'],
    ['a byte now and then', slowly(`${head}X: `), 'response-timeout'],
    ['a header without end', flood(`${head}X: `, 'a'.repeat(65_536)), 'bad-response'],
    ['headers without end', flood(head, 'X: y\r\n'.repeat(10_000)), 'bad-response'],
    ['a body that stands still', (socket) => socket.write(`${head}Content-Length: 5\r\n\r\nab`), 'body-timeout'],
    ['a body that ends too early', (socket) => socket.end(`${head}Content-Length: 5\r\n\r\nab`), 'closed'],
    ['a reset', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'closed'],
    ['an end without an answer', (socket) => socket.once('data', () => socket.end()), 'closed'],
    ['another protocol', (socket) => socket.write('\u001b[31mSSH-2.0-OpenSSH\r\n'), 'bad-response'],
    ['another version of HTTP', (socket) => socket.write('HTTP/9.9 200 OK\r\n\r\n'), 'bad-response'],
    ['what is no gzip', (socket) => socket.end(`${head}Content-Encoding: gzip\r\n\r\nnone`), 'bad-response'],
    ['a half closed connection', (socket) => socket.on('end', () => {}).write(head), 'response-timeout'],
    ['endless interim answers', flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)), 'response-timeout'],
  ] as const satisfies readonly (readonly [string, Parameters<typeof rawServer>[0], string])[])(
    '%s',
    async (_, serve, cause) => {
      const startedMs = performance.now();
      const result = await get(`http://127.0.0.1:${await rawServer(serve)}/`, { timeout: '500ms' });
      expect(result).toMatchObject({ cause, error: {} });
      expect(result.error?.message).toMatch(/^Get "http:\/\/127\.0\.0\.1:\d+\/": /);
      expect(result.text).not.toContain('\u001b');
      expect(performance.now() - startedMs).toBeLessThan(3000);
    },
  );

  test.each([
    ['a body without end', flood(`${head}\r\n`, `${'line of text\n'.repeat(1000)}`)],
    [
      'a bomb of gzip',
      (socket: Socket) => {
        socket.write(`${head}Content-Encoding: gzip\r\n\r\n`);
        socket.end(gzipSync(Buffer.alloc(32 * 1024 * 1024, 'a\n')));
      },
    ],
  ])('%s: the first MiB, cut at the end of a line', async (_, serve) => {
    const port = await rawServer(serve);
    const { response, bodyCut, cause } = await get(`http://127.0.0.1:${port}/`);
    expect({ cause, bodyCut, status: response?.status }).toEqual({ cause: null, bodyCut: true, status: 200 });
    expect(response?.body.length).toBeLessThanOrEqual(1024 * 1024);
    expect(response?.body.length).toBeGreaterThan(1000 * 1024);
    expect(response?.body.endsWith('\n')).toBe(true);
  });

  test('TLS on a plain port, and the reverse', async () => {
    const plain = await httpServer(echo);
    expect(await get(`https://127.0.0.1:${plain}/`)).toMatchObject({ cause: 'not-tls' });
    const secure = await httpServer(echo, await authority.issue({ names }));
    expect(await get(`http://127.0.0.1:${secure}/`)).toMatchObject({
      cause: expect.stringMatching(/bad-response|closed/),
    });
  });
});

test.each([
  ['nobody listens', () => closedPort(), '127.0.0.1', 'connection-refused'],
  ['no such name', () => closedPort(), 'nowhere.test', 'error'],
  ['a name server that keeps silent', () => closedPort(), 'silent.test', 'connection-timeout'],
] as const)('%s', async (_, port, host, cause) => {
  const lab = { names: { 'nowhere.test': 'ENOTFOUND', 'silent.test': null } };
  expect(await get(`http://${host}:${await port()}/`, { timeout: '300ms' }, lab)).toMatchObject({ cause, error: {} });
});

test.each(['200ns', '1ms', '2ms', '4ms', '8ms'])('a time limit of %s ends it, at whatever stage', async (timeout) => {
  const port = await httpServer(() => {}, await authority.issue({ names }));
  const startedMs = performance.now();
  const result = await get(`https://127.0.0.1:${port}/`, { timeout });
  expect(result.cause).toMatch(/^(connection|handshake|response)-timeout$/);
  expect(result.error?.message).toContain(`(time limit ${timeout === '200ns' ? '0ms' : timeout})`);
  expect(performance.now() - startedMs).toBeLessThan(4000);
});

test('IPv6, the second of two addresses', async () => {
  const port = await httpServer(echo, undefined, {}, '::1');
  expect((await get(`http://[::1]:${port}/`)).response?.status).toBe(200);
  const names = { 'two.test': [...here, { address: '::1', family: 6 as const }] };
  const { response, hops } = await get(`http://two.test:${port}/`, {}, { names });
  expect(response?.status).toBe(200);
  expect(hops[0]?.dial?.attempts[0]?.candidates.map(({ status }) => status)).toEqual([
    'connection-refused',
    'connected',
  ]);
});

test.each([
  [{}, ''],
  [{ get: { url: 'foo', timeout: '1s' } }, 'get/url'],
  [{ get: { url: 'http:', timeout: '1s' } }, 'get/url'],
  [{ get: { url: '127.0.0.1:80/x', timeout: '1s' } }, 'get/url'],
  [{ get: { url: 'file:///etc/passwd', timeout: '1s' } }, 'get/url'],
  [{ get: { url: 'https://{{kurl .X }}/y', timeout: '1s' } }, 'get/url'],
  [{ get: { url: 'http://010.0.0.1/', timeout: '1s' } }, 'get/url'],
  [{ get: { url: 'http://me@2130706433/', timeout: '1s' } }, 'get/url'],
  [{ put: { url: 'http://a/', timeout: '-1s' } }, 'put/timeout'],
  [{ post: { url: 'http://a/', timeout: '1s', proxy: 'socks5://a' } }, 'post/proxy'],
  [{ post: { url: 'http://a/', timeout: '1s', headers: { 'a b': 'x' } } }, 'post/headers'],
  [{ post: { url: 'http://a/', timeout: '1s', headers: { a: 'x\r\ny: z' } } }, 'post/headers/a'],
])('%j is refused when the spec is loaded', (params, path) => {
  expect(http.prepare?.(params as never)).toMatchObject({ mistakes: [{ path }] });
});

test('of several the first of get, post, put; the others are doubted', () => {
  const one = { url: 'http://a/', timeout: '1s', insecureSkipVerify: false };
  const message = 'is left out beside post; write a check of its own for it';
  expect(http.prepare?.({ put: one, post: one } as never)).toMatchObject({
    params: { method: 'POST' },
    doubts: [{ path: 'put', message }],
  });
  expect(http.prepare?.({ get: one, post: one, put: one } as never)).toMatchObject({
    doubts: [{ path: 'post' }, { path: 'put' }],
  });
  expect(http.prepare?.({ put: one } as never)).toMatchObject({ doubts: [] });
});

test('the password of a URL that is none is not told', () => {
  const prepared = http.prepare?.({ get: { url: 'ftp://me:hunter22@h/', timeout: '1s' } } as never);
  expect(JSON.stringify(prepared)).not.toContain('hunter22');
});
