import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { closedPort } from '../../net/lab.fixture.ts';
import { httpServer } from '../../net/servers.fixture.ts';
import { http } from './collector.ts';
import { authority, echo, get, here, names, openLab, send } from './lab.fixture.ts';

openLab();

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
