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
import { type CheckRunner, checkRunner, createHost, type RunOptions, serve } from '../../net/lab-network.fixture.ts';
import { tcpPortStatus } from './collector.ts';

afterAll(cleanUp);

async function collect(params: Parameters<typeof tcpPortStatus.collect>[0]) {
  const collected = await tcpPortStatus.collect(params, labHost());
  expect(misfits(tcpPortStatus.result, collected.result)).toEqual([]);
  return collected;
}

describe('on loopback', () => {
  test('a free port is connected, and free again afterwards', async () => {
    const port = await closedPort();
    for (let run = 0; run < 2; run++) {
      const { result, complaint } = await collect({ port, interface: 'lo' });
      expect(complaint).toBeUndefined();
      expect(result).toMatchObject({
        status: 'connected',
        message: '',
        code: null,
        port,
        interface: 'lo',
        listenAddress: `127.0.0.1:${port}`,
        dialAddress: `127.0.0.1:${port}`,
        tries: 1,
        lastTry: 'verified',
        holders: [],
        holderReason: null,
      });
      expect(result.latencyMs).toBeGreaterThan(0);
      expect(result.durationMs).toBeLessThan(1000);
    }
    const { server } = await listen({ port });
    expect(server.listening).toBe(true);
  });

  test('a port in use names who has it', async () => {
    const { port } = await listen();
    const { result, complaint } = await collect({ port, interface: 'lo' });
    const { holders, ...rest } = result;
    expect(holders).toMatchObject([{ pid: process.pid, address: `127.0.0.1:${port}`, state: 'listening' }]);
    const message = `listen EADDRINUSE 127.0.0.1:${port}: address already in use, held by ${holders[0]?.process} (pid ${process.pid})`;
    expect(rest).toMatchObject({
      status: 'address-in-use',
      code: 'EADDRINUSE',
      message,
      latencyMs: null,
      tries: 0,
      lastTry: null,
      holderReason: null,
    });
    expect(complaint).toBe(`failed to create listener: ${message}`);
  });

  test('an unknown interface is a result in the words of the Go tool', async () => {
    const { result, complaint } = await collect({ port: 1, interface: 'hb-none' });
    const message = 'lookup interface hb-none: route ip+net: no such network interface';
    expect(result).toMatchObject({ status: 'error', message, code: null, listenAddress: null, dialAddress: null });
    expect(complaint).toBe(message);
  });

  test('C4: an abort closes everything and rejects with its reason', async () => {
    const reason = new Error('the run is over');
    const controller = new AbortController();
    const waiting = tcpPortStatus.collect(
      { port: await closedPort(), interface: 'lo' },
      labHost({}, controller.signal),
    );
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(tcpPortStatus.collect({ port: 1 }, labHost({}, controller.signal))).rejects.toBe(reason);
  });
});

describe('in a namespace', () => {
  let run: CheckRunner<typeof tcpPortStatus.result>;
  let namespace: Namespace;

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    run = await checkRunner('tcpPortStatus', tcpPortStatus.result);
    namespace = await createHost('10.8.0.1/24', '2001:db8::1/64');
  });

  const collected = (params: object, where = namespace, options: RunOptions = {}) => run(where, params, options);

  testAsRoot('listens on every address and dials the first outer one', async () => {
    const afterwardsMs = await quickest(500, async () => {
      const { result, endMs } = await collected({ port: 6443 });
      expect(result).toMatchObject({
        status: 'connected',
        listenAddress: '[::]:6443',
        dialAddress: '10.8.0.1:6443',
        interface: null,
      });
      return endMs - result.durationMs;
    });
    expect(afterwardsMs).toBeLessThan(500);
  });

  testAsRoot('an interface by its first IPv4 address', async () => {
    const { result } = await collected({ port: 6443, interface: 'eth0' });
    expect(result).toMatchObject({ status: 'connected', listenAddress: '10.8.0.1:6443', dialAddress: '10.8.0.1:6443' });
  });

  testAsRoot('an interface that has link-local IPv6 alone is dialled with its zone', async () => {
    const linkLocal = await createHost();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const { result } = await collected({ port: 6443, interface: 'eth0' }, linkLocal);
    expect(result).toMatchObject({
      status: 'connected',
      dialAddress: expect.stringMatching(/^\[fe80::.*%eth0]:6443$/),
    });
  });

  testAsRoot('an IPv6-only host gets an answer', async () => {
    const { result } = await collected({ port: 6443 }, await createHost('2001:db8::1/64'));
    expect(result).toMatchObject({ status: 'connected', dialAddress: '[2001:db8::1]:6443' });
  });

  testAsRoot('a host with loopback alone gets an answer', async () => {
    const { result } = await collected({ port: 6443 }, await createNamespace());
    expect(result).toMatchObject({ status: 'connected', dialAddress: '127.0.0.1:6443' });
  });

  testAsRoot('a host without IPv6 gets an answer', async () => {
    const without = await createHost('10.8.0.1/24');
    await without.sysctl('net/ipv6/conf/all/disable_ipv6', '1');
    expect((await collected({ port: 6443 }, without)).result).toMatchObject({
      status: 'connected',
      dialAddress: '10.8.0.1:6443',
    });
  });

  testAsRoot('a host without any address says so in the words of the Go tool', async () => {
    const bare = await createNamespace();
    await bare.ip('link set lo down');
    const { result, complaint } = await collected({ port: 6443 }, bare);
    expect(result).toMatchObject({ status: 'error', message: 'No network interface has an address' });
    expect(complaint).toBe('No network interface has an address');
  });

  testAsRoot('an interface without an address says so in the words of the Go tool', async () => {
    const without = await createHost();
    await without.sysctl('net/ipv6/conf/eth0/disable_ipv6', '1');
    const { result } = await collected({ port: 6443, interface: 'eth0' }, without);
    const message = 'get ipv4 address for interface eth0: interface does not have an ipv4 address';
    expect(result).toMatchObject({ status: 'error', message });
  });

  testAsRoot('an interface without a carrier has its address all the same', async () => {
    const idle = await createNamespace();
    await idle.ip('link add docker0 type bridge', 'addr add 172.17.0.1/16 dev docker0', 'link set docker0 up');
    const { result } = await collected({ port: 6443, interface: 'docker0' }, idle);
    expect(result).toMatchObject({ status: 'connected', listenAddress: '172.17.0.1:6443' });
  });

  const held: readonly (readonly [string, string])[] = [
    ['127.0.0.1', '127.0.0.1:7001'],
    ['::1', '[::1]:7002'],
    ['10.8.0.1', '10.8.0.1:7003'],
    ['0.0.0.0', '0.0.0.0:7004'],
  ];
  for (const [host, address] of held) {
    testAsRoot(`a listener on ${host} alone is address-in-use`, async () => {
      const port = Number(address.slice(-4));
      await serve(namespace, `net.createServer().listen(${port},'${host}',()=>console.log('up'))`);
      const { result } = await collected({ port });
      expect(result).toMatchObject({
        status: 'address-in-use',
        code: 'EADDRINUSE',
        holders: [{ process: 'node', address, state: 'listening' }],
      });
    });
  }

  testAsRoot('a connection that happens to have the port is told apart from a listener', async () => {
    const narrow = await createHost('10.8.0.1/24');
    await narrow.sysctl('net/ipv4/ip_local_port_range', '47011 47011');
    await serve(
      narrow,
      `net.createServer().listen(7010,'10.8.0.1',()=>net.connect(7010,'10.8.0.1',()=>console.log('up')))`,
    );
    const { result } = await collected({ port: 47011 }, narrow);
    expect(result).toMatchObject({
      status: 'address-in-use',
      holders: [{ process: 'node', address: '10.8.0.1:47011', state: 'connected' }],
    });
  });

  testAsRoot('who may not look at other processes is told why no holder stands there', async () => {
    await serve(namespace, `net.createServer().listen(7012,()=>console.log('up'))`);
    const { result } = await collected({ port: 7012 }, namespace, { uid: 65534 });
    expect(result).toMatchObject({ status: 'address-in-use', holders: [] });
    expect(result.holderReason).toMatch(/^the open files of \d+ processes cannot be seen; root sees them$/);
  });

  testAsRoot('a low port without the privilege is an error with EACCES', async () => {
    const { result, complaint } = await collected({ port: 443 }, namespace, { uid: 65534 });
    const message = 'listen EACCES [::]:443: permission denied';
    expect(result).toMatchObject({ status: 'error', code: 'EACCES', message });
    expect(complaint).toBe(`failed to create listener: ${message}`);
  });

  testAsRoot('a dial that the host itself forbids is final', async () => {
    const forbidding = await createHost('10.8.0.1/24');
    await forbidding.sysctl('net/ipv4/conf/lo/disable_xfrm', '0');
    await forbidding.ip('xfrm policy add src 0.0.0.0/0 dst 10.8.0.1/32 dir out action block');
    const { result, complaint } = await collected({ port: 6443, interface: 'eth0' }, forbidding);
    expect(result).toMatchObject({ status: 'error', code: 'EPERM', lastTry: 'failed', tries: 1 });
    expect(complaint).toBe('failed to dial: connect EPERM 10.8.0.1:6443');
    expect(result.durationMs).toBeLessThan(1000);
  });

  testAsRoot('a dial without an answer is a timeout after ten seconds, without burning the processor', async () => {
    const { result, complaint, cpuMs, endMs } = await collected({ port: 6443 }, await dropping());
    expect(result).toMatchObject({
      status: 'connection-timeout',
      message: 'connection timeout',
      code: null,
      lastTry: 'no-answer',
    });
    expect(complaint).toBe('connection timeout');
    expect(result.tries).toBe(5);
    expect(result.durationMs).toBeGreaterThan(9900);
    expect(endMs).toBeLessThan(11_000);
    expect(cpuMs).toBeLessThan(1000);
  });

  testAsRoot('C4: an abort during the dial ends everything at once', async () => {
    const where = await dropping();
    const endedMs = await quickest(2000, async () => {
      const { rejected, endMs } = await collected({ port: 6443 }, where, { abortMs: 1500 });
      expect(rejected).toBe('stop');
      return endMs;
    });
    expect(endedMs).toBeLessThan(2000);
  });

  async function dropping(): Promise<Namespace> {
    const made = await createHost('10.8.0.1/24');
    await made.sysctl('net/ipv4/conf/lo/disable_policy', '0');
    await made.ip('xfrm policy add src 0.0.0.0/0 dst 10.8.0.1/32 dir in action block');
    return made;
  }
});
