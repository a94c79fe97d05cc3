import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { createAuthority } from '../../net/certificates.fixture.ts';
import { closedPort } from '../../net/lab.fixture.ts';
import { httpServer, proxyServer } from '../../net/servers.fixture.ts';
import { authority, echo, get, here, names, openLab, send, stranger } from './lab.fixture.ts';

openLab();

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
