import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  cleanUp,
  closedPort,
  createNamespace,
  listen,
  misfits,
  type Namespace,
  quickest,
  testAsRoot,
} from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import {
  balance,
  type CheckRunner,
  checkRunner,
  connectHosts,
  createHost,
  firewall,
  serve,
} from '../../net/lab-network.fixture.ts';
import { tcpLoadBalancer } from './collector.ts';

afterAll(cleanUp);

const prepare = (address: string, timeout = '5s') => {
  const prepared = tcpLoadBalancer.prepare?.({ address, port: 8080, timeout });
  if (prepared === undefined) throw new Error('it is declared');
  return prepared;
};

describe('addresses, as the tests of the Go tool have them', () => {
  test.each([
    ['1.2.3.4:6443', true],
    ['1.2.3.4:64:6443', false],
    ['replicated.com:80', true],
    ['sub.replicated.com:80', true],
    ['sub-domain.replicated.com:80', true],
    ['sw!$$.com:80', false],
    [`${'a'.repeat(74)}.com:80`, true],
    [`${'a'.repeat(250)}.com:80`, false],
    ['55.555.51.23:80', false],
    ['55..55.51.23:80', false],
    ['55.55.51.23:0', false],
    ['55.55.51.23:999990', false],
    ['55.55.51.23:port', false],
    ['55.55.51.23:32.5', false],
    ['[34m192.168.0.1[00m', false],
    ['\u001b[34m192.168.0.1:80\u001b[00m', false],
    ['192.168.0.1:80\n ', false],
    ['', false],
    ['{{repl LB }}:80', false],
    // Here we can do more.
    ['testDomain.com:80', true],
    ['[2001:db8::1]:80', true],
  ])('%j: %j', (address, isValid) => {
    expect(prepare(address)).toMatchObject({ doubts: isValid ? [] : [{ path: 'address' }] });
  });

  test.each(['10', '5 s', '-1s'])('a timeout of %j cannot be used', (timeout) => {
    expect(prepare('lb:80', timeout)).toMatchObject({ mistakes: [{ path: 'timeout' }] });
  });
});

async function collect(address: string, port: number, timeout = '5s', names = {}) {
  const prepared = tcpLoadBalancer.prepare?.({ address, port, timeout });
  if (prepared === undefined || 'mistakes' in prepared) throw new Error('it can be used');
  const collected = await tcpLoadBalancer.collect(prepared.params, labHost(names));
  expect(misfits(tcpLoadBalancer.result, collected.result)).toEqual([]);
  return collected;
}

describe('on loopback', () => {
  test('an address that is none is a status, and opens no socket', async () => {
    const { port } = await listen();
    const { result, complaint } = await collect('lb.example.com', port);
    expect(result).toMatchObject({ status: 'invalid-address', tries: 0, listenAddress: null, lastTry: null });
    expect(result.message).toMatch(/^Invalid Load Balancer Address: lb\.example\.com: .*lacks a port/);
    expect(complaint).toBe(result.message);
  });

  test('its own address is connected, and the port is free again', async () => {
    const port = await closedPort();
    const { result, complaint } = await collect(`127.0.0.1:${port}`, port);
    expect(Object.keys(result).slice(0, 2)).toEqual(['status', 'message']);
    expect(result).toMatchObject({
      status: 'connected',
      message: '',
      tries: 1,
      dialAddress: '127.0.0.1',
      sourceAddress: '127.0.0.1',
      reachedFrom: '127.0.0.1',
      visitors: [{ address: '127.0.0.1', connections: 1, verified: 1 }],
      answer: null,
      dnsMs: null,
    });
    expect(complaint).toBeUndefined();
    await listen({ port });
  });

  test('another server is a timeout that tells what it said', async () => {
    const { port, server } = await listen();
    server.on('connection', (socket) => socket.end('SSH-2.0-other\r\n'));
    const { result, complaint } = await collect(`127.0.0.1:${port}`, await closedPort(), '2s');
    expect(result).toMatchObject({
      status: 'connection-timeout',
      lastTry: 'unverified',
      answer: 'SSH-2.0-other.',
      reachedFrom: null,
      visitors: [],
    });
    expect(result.message).toBe(
      `connection timeout: what took the connection to 127.0.0.1:${port} did not know our token, and said "SSH-2.0-other."`,
    );
    expect(complaint).toBe('connection timeout');
    expect(result.durationMs).toBeGreaterThan(1900);
  });

  test('a refusal is waited out, but no longer than the time there is', async () => {
    const port = await closedPort();
    const { result, complaint } = await collect(`127.0.0.1:${port}`, await closedPort(), '2s');
    const message = `connect ECONNREFUSED 127.0.0.1:${port}`;
    expect(result).toMatchObject({ status: 'connection-refused', code: 'ECONNREFUSED', message, lastTry: 'refused' });
    expect(result.tries).toBeGreaterThan(1);
    expect(complaint).toBe(`failed to dial: ${message}`);
  });

  test('a name that nobody knows is an error at once', async () => {
    const { result } = await collect('lb.example:80', await closedPort(), '5s', { 'lb.example': 'ENOTFOUND' });
    expect(result).toMatchObject({ status: 'error', code: 'ENOTFOUND', tries: 1, dialAddress: null });
    expect(result.durationMs).toBeLessThan(3000);
  });

  test('a name that takes longer than one try is waited for', async () => {
    const port = await closedPort();
    const answer = new Promise((resolve) => setTimeout(resolve, 1500, [{ address: '127.0.0.1', family: 4 }]));
    const host = { ...labHost(), lookup: () => answer as ReturnType<ReturnType<typeof labHost>['lookup']> };
    const prepared = tcpLoadBalancer.prepare?.({ address: `lb.example:${port}`, port, timeout: '8s' });
    if (prepared === undefined || 'mistakes' in prepared) throw new Error('it can be used');
    expect((await tcpLoadBalancer.collect(prepared.params, host)).result).toMatchObject({ status: 'connected' });
  });

  test('no time at all is a timeout at once', async () => {
    const port = await closedPort();
    const { result } = await collect(`127.0.0.1:${port}`, port, '0s');
    expect(result).toMatchObject({ status: 'connection-timeout', tries: 0, lastTry: null });
  });
});

describe('in namespaces', () => {
  let run: CheckRunner<typeof tcpLoadBalancer.result>;
  let near: Namespace;
  let far: Namespace;

  const inside = (params: object, where = near, options = {}) =>
    run(where, { port: 8080, timeout: '8s', ...params }, options);

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    run = await checkRunner('tcpLoadBalancer', tcpLoadBalancer.result);
    ({ near, far } = await connectHosts(['10.8.0.1/24', '2001:db8::1/64'], ['10.8.0.2/24', '2001:db8::2/64']));
    await serve(
      far,
      `net.createServer(c=>c.on('error',()=>{}).end('somebody else')).listen(9000,()=>console.log('up'))`,
    );
    const mode = 'mode tcp\n';
    await balance(
      far,
      `
frontend plain
 bind :::80 v4v6
 ${mode} default_backend us
frontend checked
 bind :::81 v4v6
 ${mode} default_backend us-checked
frontend foreign
 bind :::82 v4v6
 ${mode} default_backend others
frontend mixed
 bind :::83 v4v6
 ${mode} default_backend both
frontend empty
 bind :::84 v4v6
 ${mode} default_backend nobody
backend us
 ${mode} server us 10.8.0.1:8080
backend us-checked
 ${mode} server us 10.8.0.1:8085 check inter 1s rise 2 fall 1
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

  testAsRoot('a balancer that passes connections on to this host', async () => {
    const { result, complaint, endMs } = await inside({ address: '10.8.0.2:80' });
    expect(complaint).toBeUndefined();
    expect(result).toMatchObject({
      status: 'connected',
      dialAddress: '10.8.0.2',
      sourceAddress: '10.8.0.1',
      reachedFrom: '10.8.0.2',
      listenAddress: '[::]:8080',
      tries: 1,
    });
    expect(endMs).toBeLessThan(4000);
  });

  testAsRoot('by IPv6, and by a name of both families', async () => {
    const names = {
      lb: [
        { address: '2001:db8::2', family: 6 },
        { address: '10.8.0.2', family: 4 },
      ],
    };
    for (const address of ['[2001:db8::2]:80', 'lb:80']) {
      const { result } = await inside({ address }, near, { names });
      expect(result).toMatchObject({ status: 'connected', dialAddress: '2001:db8::2', reachedFrom: '10.8.0.2' });
    }
  });

  testAsRoot('one that first has to find us healthy is waited for', async () => {
    // By then it has found nobody there.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { result } = await inside({ address: '10.8.0.2:81', port: 8085 });
    expect(result).toMatchObject({ status: 'connected', reachedFrom: '10.8.0.2' });
    expect(result.tries).toBeGreaterThan(1);
  });

  testAsRoot('one that has us and somebody else is asked until it is our turn', async () => {
    const { result } = await inside({ address: '10.8.0.2:83' });
    expect(result).toMatchObject({ status: 'connected', reachedFrom: '10.8.0.2' });
  });

  testAsRoot('the wrong backend is connection-timeout, and its words are kept', async () => {
    const { result, complaint, cpuMs } = await inside({ address: '10.8.0.2:82', timeout: '3s' });
    expect(result).toMatchObject({
      status: 'connection-timeout',
      lastTry: 'unverified',
      answer: 'somebody else',
      visitors: [],
      reachedFrom: null,
    });
    expect(complaint).toBe('connection timeout');
    expect(cpuMs).toBeLessThan(1500);
  });

  testAsRoot('a balancer without a backend is connection-timeout', async () => {
    const { result } = await inside({ address: '10.8.0.2:84', timeout: '2s' });
    expect(result).toMatchObject({ status: 'connection-timeout', lastTry: 'unverified', answer: null });
  });

  testAsRoot('a firewall that drops is connection-timeout, one that rejects connection-refused', async () => {
    await firewall(far, 'filter', 'input', 'tcp dport 90 drop', 'tcp dport 91 reject with tcp reset');
    const [dropped, rejected] = await Promise.all([
      inside({ address: '10.8.0.2:90', timeout: '3s' }),
      inside({ address: '10.8.0.2:91', timeout: '3s', port: 8081 }),
    ]);
    expect(dropped.result).toMatchObject({
      status: 'connection-timeout',
      lastTry: 'no-answer',
      message: expect.stringMatching(/^connection timeout: no answer from 10\.8\.0\.2:90 within \d+m?s$/),
    });
    expect(rejected.result).toMatchObject({ status: 'connection-refused', code: 'ECONNREFUSED', lastTry: 'refused' });
  });

  testAsRoot('a firewall that redirects to our own port is a balancer too', async () => {
    const alone = await createHost('10.8.0.1/24');
    await alone.ip('route add default via 10.8.0.9');
    await firewall(alone, 'nat', 'output', 'meta nfproto ipv4 tcp dport 80 redirect to :8080');
    const { result } = await inside({ address: '192.0.2.1:80' }, alone);
    expect(result).toMatchObject({ status: 'connected', dialAddress: '192.0.2.1' });
  });

  testAsRoot('a host with loopback alone, and one with IPv6 alone', async () => {
    const loopback = await inside({ address: '[::1]:8080' }, await createNamespace());
    expect(loopback.result).toMatchObject({ status: 'connected', reachedFrom: '::1' });
    const six = await inside({ address: '[2001:db8::1]:8080' }, await createHost('2001:db8::1/64'));
    expect(six.result).toMatchObject({ status: 'connected', reachedFrom: '2001:db8::1' });
  });

  testAsRoot('no way to the balancer is an error at once', async () => {
    const { result } = await inside({ address: '192.0.2.1:80' });
    expect(result).toMatchObject({ status: 'error', code: 'ENETUNREACH', tries: 1, lastTry: 'failed' });
  });

  testAsRoot('a port that is held, and one that is not ours to take', async () => {
    await serve(near, `net.createServer().listen(7001,'127.0.0.1',()=>console.log('up'))`);
    const held = await inside({ address: '10.8.0.2:80', port: 7001 });
    expect(held.result).toMatchObject({ status: 'address-in-use', holders: [{ process: 'node' }], tries: 0 });
    expect(held.result.message).toMatch(/address already in use, held by node \(pid \d+\)$/);
    const low = await inside({ address: '10.8.0.2:80', port: 443 }, near, { uid: 65534 });
    expect(low.result).toMatchObject({ status: 'bind-permission-denied', code: 'EACCES' });
    expect(low.complaint).toBe('failed to create listener: listen EACCES [::]:443: permission denied');
  });

  testAsRoot('C4: an abort ends it at once', async () => {
    const endedMs = await quickest(1500, async () => {
      const { rejected, endMs } = await inside({ address: '10.8.0.2:82', timeout: '30s' }, near, { abortMs: 700 });
      expect(rejected).toBe('stop');
      return endMs;
    });
    expect(endedMs).toBeLessThan(1500);
  });
});
