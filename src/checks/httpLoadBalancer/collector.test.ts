import { createServer, type IncomingMessage, request as startRequest } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../contract/collector.ts';
import { createAuthority } from '../../net/certificates.fixture.ts';
import { cleanUp, closedPort, listen, misfits, type Namespace, testAsRoot } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import {
  balance,
  type CheckRunner,
  checkRunner,
  connectHosts,
  firewall,
  serve,
} from '../../net/lab-network.fixture.ts';
import { closeServers, rawServer, started } from '../../net/servers.fixture.ts';
import { httpLoadBalancer } from './collector.ts';

afterAll(async () => {
  await closeServers();
  await cleanUp();
});

const prepare = (address: string, path?: string) =>
  httpLoadBalancer.prepare?.({ address, port: 8080, timeout: '5s', path });

describe('addresses', () => {
  test.each([
    ['http://lb.example.com', undefined, 'http://lb.example.com/'],
    ['https://lb.example.com:8443/app', undefined, 'https://lb.example.com:8443/app'],
    ['http://lb.example.com', '/healthz', 'http://lb.example.com/healthz'],
    ['http://lb.example.com', '//evil.example', 'http://lb.example.com//evil.example'],
    ['http://lb.example.com/app', '/healthz', 'http://lb.example.com/app'],
    ['HTTP://[2001:db8::1]:80', undefined, 'http://[2001:db8::1]/'],
  ])('%j with the path %j is %s', (address, path, url) => {
    expect(prepare(address, path)).toMatchObject({ params: { target: new URL(url) }, doubts: [] });
  });

  test.each([
    ['lb.example.com:80', 'has neither http:// nor https:// in front; write http://lb.example.com:80'],
    ['ftp://lb.example.com', 'has neither http:// nor https:// in front; write http://lb.example.com'],
    ['', 'has neither http:// nor https:// in front'],
    ['http://', 'is no URL'],
    ['http://lb:99999', 'is no URL'],
    ['http://lb:0', 'port 0 does not exist'],
    ['http://{{repl LB }}/', 'has template text left in it'],
  ])('%j is a doubt, and the status invalid-address', async (address, message) => {
    const prepared = prepare(address);
    expect(prepared).toMatchObject({ doubts: [{ path: 'address', message: expect.stringContaining(message) }] });
    if (prepared === undefined || 'mistakes' in prepared) throw new Error('it can be used');
    const { result, complaint } = await httpLoadBalancer.collect(prepared.params, labHost());
    expect(misfits(httpLoadBalancer.result, result)).toEqual([]);
    expect(result).toMatchObject({ status: 'invalid-address', tries: 0, listenAddress: null });
    expect(complaint).toBe(result.message);
  });
});

async function collect(address: string, port: number, timeout = '6s', more: Partial<Host> = {}) {
  const prepared = httpLoadBalancer.prepare?.({ address, port, timeout });
  if (prepared === undefined || 'mistakes' in prepared) throw new Error('it can be used');
  const host: Host = { ...labHost(), ...more, know: (fact) => fact.read(host) };
  const collected = await httpLoadBalancer.collect(prepared.params, host);
  expect(misfits(httpLoadBalancer.result, collected.result)).toEqual([]);
  return collected;
}

describe('on loopback', () => {
  test('its own address is connected, and the port is free again', async () => {
    const port = await closedPort();
    const { result, complaint } = await collect(`http://127.0.0.1:${port}`, port);
    expect(Object.keys(result).slice(0, 2)).toEqual(['status', 'message']);
    expect(result).toMatchObject({
      status: 'connected',
      message: '',
      code: null,
      tries: 1,
      httpStatus: 200,
      dialAddress: '127.0.0.1',
      reachedFrom: '127.0.0.1',
      visitors: [{ address: '127.0.0.1', connections: 1, verified: 1 }],
      tls: null,
    });
    expect(complaint).toBeUndefined();
    await listen({ port });
  });

  test('a proxy that answers with its own page is an error that tells what came', async () => {
    const port = await started(createServer((_, response) => response.writeHead(503).end('<h1>no backend</h1>\n')));
    const { result, complaint } = await collect(`http://user:secret@127.0.0.1:${port}/app`, await closedPort(), '2s');
    expect(result).toMatchObject({
      status: 'error',
      lastTry: 'unverified',
      httpStatus: 503,
      answer: '<h1>no backend</h1>.',
      message: 'HTTP status 503 of somebody who did not know our token: "<h1>no backend</h1>."',
      reachedFrom: null,
    });
    expect(complaint).toBe(`failed to reach ourselves through the balancer: ${result.message}`);
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('an echo is not our answer, even with 200', async () => {
    const echo = createServer((request, response) => void request.pipe(response));
    const { result } = await collect(`http://127.0.0.1:${await started(echo)}`, await closedPort(), '2s');
    expect(result).toMatchObject({ status: 'error', lastTry: 'unverified', httpStatus: 200 });
  });

  test('somebody who hangs up, and somebody who never answers, are an error', async () => {
    const [closes, silent] = [await rawServer((socket) => void socket.end()), await rawServer()];
    const results = await Promise.all([
      collect(`http://127.0.0.1:${closes}`, await closedPort(), '2s'),
      collect(`http://127.0.0.1:${silent}`, await closedPort(), '2s'),
    ]);
    expect(results.map(({ result }) => [result.status, result.lastTry, result.httpStatus])).toEqual([
      ['error', 'unverified', null],
      ['error', 'unverified', null],
    ]);
  });

  test('a refusal is waited out, but no longer than the time there is', async () => {
    const { result } = await collect(`http://127.0.0.1:${await closedPort()}`, await closedPort(), '2s');
    expect(result).toMatchObject({ status: 'connection-refused', code: 'ECONNREFUSED' });
    expect(result.tries).toBeGreaterThan(1);
  });

  test('no time at all is a timeout at once', async () => {
    const port = await closedPort();
    const { result } = await collect(`http://127.0.0.1:${port}`, port, '0s');
    expect(result).toMatchObject({ status: 'connection-timeout', tries: 0 });
  });

  test('a name that nobody knows is an error at once', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
    const { result } = await collect('http://lb.example', await closedPort(), '6s', { lookup });
    expect(result).toMatchObject({ status: 'error', code: 'ENOTFOUND', tries: 1 });
  });

  test('a certificate that nobody believes is an error at once, and is shown', async () => {
    const { certificate, key } = await (await createAuthority()).issue({ names: 'IP:127.0.0.1' });
    const port = await started(createSecureServer({ cert: certificate, key }, (_, response) => response.end()));
    const { result } = await collect(`https://127.0.0.1:${port}`, await closedPort());
    expect(result).toMatchObject({ status: 'error', lastTry: 'failed', tries: 1 });
    expect(result.tls?.problems).toContain('untrusted');
  });

  test('by HTTPS, where the balancer ends TLS with a certificate that this host believes', async () => {
    const authority = await createAuthority();
    const { certificate, key } = await authority.issue({ names: 'IP:127.0.0.1' });
    const own = await closedPort();
    const forward = createSecureServer({ cert: certificate, key }, (request, response) => {
      const onward = startRequest({ port: own, method: request.method, path: request.url }, (answer) => {
        response.writeHead(answer.statusCode ?? 502);
        answer.pipe(response);
      });
      request.pipe(onward.on('error', () => response.destroy()));
    });
    const environment = (name: string) => (name === 'SSL_CERT_FILE' ? authority.certificatePath : undefined);
    const { result } = await collect(`https://127.0.0.1:${await started(forward)}`, own, '6s', { environment });
    expect(result).toMatchObject({ status: 'connected', httpStatus: 200, tls: { problems: [], protocol: 'TLSv1.3' } });
  });

  test('a port in use names who has it', async () => {
    const { port } = await listen({ host: '127.0.0.1' });
    const { result, complaint } = await collect('http://127.0.0.1', port);
    expect(result).toMatchObject({ status: 'address-in-use', holders: [{ pid: process.pid }], httpStatus: null });
    expect(complaint).toMatch(/^failed to listen on HTTP port: listen EADDRINUSE .*held by /);
  });

  test('our listener answers what else comes like a healthy backend, and gives the token to nobody', async () => {
    const port = await closedPort();
    const other = await rawServer();
    const waiting = collect(`http://127.0.0.1:${other}`, port, '2s');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const asked = ['GET', 'POST'].map(
      (method) =>
        new Promise<[number | undefined, string]>((resolve, reject) => {
          const request = startRequest({ port, method, path: '/healthz' }, (response: IncomingMessage) => {
            let body = '';
            response.on('data', (chunk) => {
              body += chunk;
            });
            response.on('end', () => resolve([response.statusCode, body]));
          });
          request.on('error', reject).end(method === 'POST' ? 'x'.repeat(100_000) : undefined);
        }),
    );
    expect(await Promise.all(asked)).toEqual([
      [200, ''],
      [200, ''],
    ]);
    const { result } = await waiting;
    expect(result.visitors.map(({ verified }) => verified)).toEqual([0]);
  });
});

describe('in namespaces', () => {
  let run: CheckRunner<typeof httpLoadBalancer.result>;
  let near: Namespace;
  let far: Namespace;

  const inside = (params: object, options = {}) => run(near, { port: 8080, timeout: '8s', ...params }, options);

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    run = await checkRunner('httpLoadBalancer', httpLoadBalancer.result);
    ({ near, far } = await connectHosts(['10.8.0.1/24', '2001:db8::1/64'], ['10.8.0.2/24', '2001:db8::2/64']));
    await serve(far, `http.createServer((_,r)=>r.end('another backend')).listen(9000,()=>console.log('up'))`);
    const mode = 'mode http\n';
    await balance(
      far,
      `
frontend plain
 bind :::80 v4v6
 ${mode} acl ours path_beg /ours
 use_backend us if ours
 default_backend both
frontend foreign
 bind :::82 v4v6
 ${mode} default_backend others
frontend empty
 bind :::84 v4v6
 ${mode} default_backend nobody
backend us
 ${mode} server us 10.8.0.1:8080
backend others
 ${mode} server other 127.0.0.1:9000
backend both
 ${mode} balance roundrobin
 server other 127.0.0.1:9000
 server us 10.8.0.1:8080
backend nobody
 ${mode}`,
    );
  }, 30_000);

  testAsRoot('a balancer that passes requests on to this host, by IPv4, IPv6 and its path', async () => {
    for (const address of ['http://10.8.0.2/ours', 'http://[2001:db8::2]/ours']) {
      const { result, complaint } = await inside({ address });
      expect(complaint).toBeUndefined();
      expect(result).toMatchObject({ status: 'connected', reachedFrom: '10.8.0.2', httpStatus: 200, tries: 1 });
    }
    expect((await inside({ address: 'http://10.8.0.2', path: '/ours' })).result.tries).toBe(1);
  });

  testAsRoot('one that has us and somebody else is asked until it is our turn', async () => {
    expect((await inside({ address: 'http://10.8.0.2' })).result).toMatchObject({ status: 'connected' });
  });

  testAsRoot('the wrong backend is an error, and its words are kept', async () => {
    const { result, cpuMs } = await inside({ address: 'http://10.8.0.2:82', timeout: '3s' });
    expect(result).toMatchObject({ status: 'error', httpStatus: 200, answer: 'another backend', visitors: [] });
    expect(cpuMs).toBeLessThan(2500);
  });

  testAsRoot('a balancer without a backend is an error with its status', async () => {
    const { result } = await inside({ address: 'http://10.8.0.2:84', timeout: '2s' });
    expect(result).toMatchObject({ status: 'error', httpStatus: 503, lastTry: 'unverified' });
  });

  testAsRoot('a firewall that drops is connection-timeout, one that rejects connection-refused', async () => {
    await firewall(far, 'filter', 'input', 'tcp dport 90 drop', 'tcp dport 91 reject with tcp reset');
    const [dropped, rejected] = await Promise.all([
      inside({ address: 'http://10.8.0.2:90', timeout: '2s' }),
      inside({ address: 'http://10.8.0.2:91', timeout: '2s', port: 8081 }),
    ]);
    expect(dropped.result).toMatchObject({ status: 'connection-timeout', lastTry: 'no-answer' });
    expect(rejected.result).toMatchObject({ status: 'connection-refused', code: 'ECONNREFUSED' });
  });

  testAsRoot('a low port without the privilege is bind-permission-denied', async () => {
    const { result, complaint } = await inside({ address: 'http://10.8.0.2', port: 443 }, { uid: 65534 });
    expect(result).toMatchObject({ status: 'bind-permission-denied', code: 'EACCES', tries: 0 });
    expect(complaint).toBe('failed to listen on HTTP port: listen EACCES [::]:443: permission denied');
  });

  testAsRoot('C4: an abort ends it at once', async () => {
    const { rejected, endMs } = await inside({ address: 'http://10.8.0.2:82', timeout: '30s' }, { abortMs: 1200 });
    expect(rejected).toBe('stop');
    expect(endMs).toBeLessThan(3000);
  });
});
