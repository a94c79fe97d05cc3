import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { closedPort } from '../../net/lab.fixture.ts';
import { httpServer, rawServer } from '../../net/servers.fixture.ts';
import { authority, echo, get, names, openLab, send } from './lab.fixture.ts';

openLab();

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
