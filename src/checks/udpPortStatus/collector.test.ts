import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, createNamespace, misfits, type Namespace, quickest, testAsRoot } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { type CheckRunner, checkRunner, createHost, firewall, serve } from '../../net/lab-network.fixture.ts';
import { udpPortStatus } from './collector.ts';

const sockets: Socket[] = [];
afterAll(async () => {
  for (const socket of sockets) socket.close();
  await cleanUp();
});

async function bound(port = 0): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function collect(params: Parameters<typeof udpPortStatus.collect>[0]) {
  const collected = await udpPortStatus.collect(params, labHost());
  expect(misfits(udpPortStatus.result, collected.result)).toEqual([]);
  return collected;
}

describe('on loopback', () => {
  test('a free port is connected, and free again afterwards', async () => {
    const socket = await bound();
    const { port } = socket.address();
    await new Promise<void>((resolve) => sockets.splice(0)[0]?.close(resolve));
    const { result, complaint } = await collect({ port, interface: 'lo' });
    expect(complaint).toBeUndefined();
    expect(Object.keys(result).slice(0, 2)).toEqual(['status', 'message']);
    expect(result).toMatchObject({
      status: 'connected',
      message: '',
      code: null,
      listenAddress: `127.0.0.1:${port}`,
      dialAddress: `127.0.0.1:${port}`,
      lastTry: 'verified',
      tries: 1,
      holders: [],
    });
    expect(result.latencyMs).toBeGreaterThan(0);
    await bound(port);
  });

  test('a port in use is a result and a complaint, and names who has it', async () => {
    const { port } = (await bound()).address();
    const { result, complaint } = await collect({ port, interface: 'lo' });
    const message = `bind EADDRINUSE 127.0.0.1:${port}: address already in use, held by ${result.holders[0]?.process} (pid ${process.pid})`;
    expect(result).toMatchObject({
      status: 'address-in-use',
      code: 'EADDRINUSE',
      message,
      tries: 0,
      lastTry: null,
      holders: [{ pid: process.pid, address: `127.0.0.1:${port}`, state: 'listening' }],
    });
    expect(complaint).toBe(`failed to listen on UDP port: ${message}`);
  });

  test('an unknown interface is a result in the words of the Go tool', async () => {
    const { result, complaint } = await collect({ port: 9, interface: 'hb-none' });
    const message = 'lookup interface hb-none: route ip+net: no such network interface';
    expect(result).toMatchObject({ status: 'error', message, listenAddress: null });
    expect(complaint).toBe(message);
  });

  test('C4: an abort rejects with its reason', async () => {
    const reason = new Error('the run is over');
    const waiting = udpPortStatus.collect({ port: 9 }, labHost({}, AbortSignal.abort(reason)));
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('in a namespace', () => {
  let inside: CheckRunner<typeof udpPortStatus.result>;
  let host: Namespace;

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    inside = await checkRunner('udpPortStatus', udpPortStatus.result);
    host = await createHost('10.8.0.1/24', '2001:db8::1/64');
  });

  const places: readonly (readonly [string, () => Promise<Namespace>, object, string, string])[] = [
    ['every address', async () => host, {}, '[::]:8472', '10.8.0.1:8472'],
    ['an interface', async () => host, { interface: 'eth0' }, '10.8.0.1:8472', '10.8.0.1:8472'],
    ['an IPv6-only host', () => createHost('2001:db8::1/64'), {}, '[::]:8472', '[2001:db8::1]:8472'],
    ['a host with loopback alone', () => createNamespace(), {}, '[::]:8472', '127.0.0.1:8472'],
    ['a host without IPv6', () => withoutIpv6(), {}, '[::]:8472', '10.8.0.1:8472'],
  ];
  for (const [name, where, params, listenAddress, dialAddress] of places) {
    testAsRoot(`${name}: a datagram arrives`, async () => {
      const { result, endMs } = await inside(await where(), { port: 8472, ...params });
      expect(result).toMatchObject({ status: 'connected', listenAddress, dialAddress, lastTry: 'verified' });
      expect(endMs).toBeLessThan(3000);
    });
  }

  async function withoutIpv6(): Promise<Namespace> {
    const without = await createHost('10.8.0.1/24');
    await without.sysctl('net/ipv6/conf/all/disable_ipv6', '1');
    return without;
  }

  for (const [address, port] of [
    ['127.0.0.1', 7001],
    ['::1', 7002],
    ['0.0.0.0', 7003],
  ] as const) {
    testAsRoot(`a socket on ${address} alone is address-in-use`, async () => {
      const type = address === '::1' ? 'udp6' : 'udp4';
      await serve(host, `dgram.createSocket('${type}').bind(${port},'${address}',()=>console.log('up'))`);
      const { result } = await inside(host, { port });
      expect(result).toMatchObject({ status: 'address-in-use', holders: [{ process: 'node', state: 'listening' }] });
    });
  }

  testAsRoot('TCP has ports of its own', async () => {
    await serve(host, `net.createServer().listen(7004,()=>console.log('up'))`);
    expect((await inside(host, { port: 7004 })).result.status).toBe('connected');
  });

  testAsRoot('a low port without the privilege is an error with EACCES', async () => {
    const { result, complaint } = await inside(host, { port: 53 }, { uid: 65534 });
    const message = 'bind EACCES [::]:53: permission denied';
    expect(result).toMatchObject({ status: 'error', code: 'EACCES', message });
    expect(complaint).toBe(`failed to listen on UDP port: ${message}`);
  });

  const walls = [
    ['drops', 'filter', 'input', 'drop', { lastTry: 'no-answer', code: null }],
    ['rejects', 'filter', 'input', 'reject', { lastTry: 'refused', code: 'ECONNREFUSED' }],
    ['forbids', 'filter', 'output', 'drop', { lastTry: 'failed', code: 'EPERM' }],
    ['redirects elsewhere', 'nat', 'output', 'redirect to :9', { lastTry: 'refused', code: 'ECONNREFUSED' }],
  ] as const;
  for (const [what, type, hook, verb, ended] of walls) {
    testAsRoot(`the port is had where a firewall ${what}, and no datagram arrives`, async () => {
      const walled = await createHost('10.8.0.1/24');
      await firewall(walled, type, hook, `udp dport 8472 ${verb}`);
      const { result, endMs, cpuMs } = await inside(walled, { port: 8472 });
      expect(result).toMatchObject({ status: 'connected', message: '', latencyMs: null, ...ended });
      expect(endMs).toBeLessThan(4000);
      expect(cpuMs).toBeLessThan(1000);
    });
  }

  testAsRoot('C4: an abort ends it at once', async () => {
    const walled = await createHost('10.8.0.1/24');
    await firewall(walled, 'filter', 'input', 'udp dport 8472 drop');
    const endedMs = await quickest(900, async () => {
      const { rejected, endMs } = await inside(walled, { port: 8472 }, { abortMs: 300 });
      expect(rejected).toBe('stop');
      return endMs;
    });
    expect(endedMs).toBeLessThan(900);
  });
});
