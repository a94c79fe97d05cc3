import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Infer } from '../../contract/schema.ts';
import {
  bundle,
  cleanUp,
  closedPort,
  createNamespace,
  fullPort,
  listen,
  misfits,
  type Namespace,
  testAsRoot,
} from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { addSilentNetwork } from '../../net/lab-network.fixture.ts';
import { checkTcpConnectionAnalyzer } from './analyzer.ts';
import { checkTcpConnection } from './collector.ts';

afterAll(cleanUp);

type Params = Infer<typeof checkTcpConnection.params>;
type Result = Awaited<ReturnType<typeof checkTcpConnection.collect>>['result'];
const defaults = { timeout: 10, attempts: 1, retry_delay: 1, samples: 1, interval: 1 } as const;

function prepare(params: Partial<Params> & { port: number }) {
  return checkTcpConnection.prepare?.({ ...defaults, host: '127.0.0.1', ...params }) ?? { mistakes: [] };
}

function prepared(params: Partial<Params> & { port: number }) {
  const ready = prepare(params);
  if ('mistakes' in ready) throw new Error(JSON.stringify(ready.mistakes));
  return ready.params;
}

async function collect(params: Partial<Params> & { port: number }) {
  const collected = await checkTcpConnection.collect(prepared(params), labHost());
  return { ...collected, result: fitting(collected.result) };
}

function fitting(value: unknown): Result {
  expect(misfits(checkTcpConnection.result, value)).toEqual([]);
  return value as Result;
}

const advice = (result: Result) => checkTcpConnectionAnalyzer.advice?.(result) ?? '';

describe('the documented objects', () => {
  test('success: exactly the keys of the page, then ours', async () => {
    const { port } = await listen();
    const { result, complaint } = await collect({ port });
    expect(Object.keys(result).slice(0, 7)).toEqual([
      'status',
      'host',
      'port',
      'connected',
      'response_time',
      'attempts',
      'timestamp',
    ]);
    expect(result).toMatchObject({ status: 'success', host: '127.0.0.1', port, connected: true, attempts: 1 });
    expect(result).not.toHaveProperty('error');
    expect(result.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(result.response_time).toBeLessThan(1);
    expect(result.connect_time).toBeLessThanOrEqual(result.response_time);
    expect(complaint).toBeUndefined();
  });

  test('failure: the error too, and the delays in its response_time', async () => {
    const port = await closedPort();
    const { result, complaint } = await collect({ port, attempts: 3, retry_delay: 0.2 });
    expect(Object.keys(result).slice(0, 8)).toEqual([
      'status',
      'host',
      'port',
      'connected',
      'error',
      'response_time',
      'attempts',
      'timestamp',
    ]);
    expect(result).toMatchObject({ status: 'error', connected: false, error: 'Connection refused', attempts: 3 });
    // Two pauses, and none after the last attempt.
    expect(result.response_time).toBeGreaterThanOrEqual(0.4);
    expect(result.response_time).toBeLessThan(0.55);
    expect(result.response_time).toBe(Math.round(result.response_time * 1000) / 1000);
    expect(result.tries).toHaveLength(3);
    expect(complaint).toBe(`failed to connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  test('it stops at the first success', async () => {
    const port = await closedPort();
    setTimeout(() => void listen({ port }), 150);
    const { result } = await collect({ port, attempts: 10, retry_delay: 0.1 });
    expect(result).toMatchObject({ status: 'success', connected: true });
    expect(result.attempts).toBeGreaterThan(1);
    expect(result.attempts).toBeLessThan(10);
  });
});

describe('every documented error, provoked for real', () => {
  let script: string;
  let namespace: Namespace | undefined;

  beforeAll(async () => {
    script = await bundle(`
      import { checkTcpConnection } from './checks/checkTcpConnection/collector.ts';
      import { labHost } from './net/lab-host.fixture.ts';
      const { uid, ...params } = JSON.parse(process.argv[2]);
      if (uid) process.setuid(uid);
      const { params: ready } = checkTcpConnection.prepare({ attempts: 1, retry_delay: 0, samples: 1, interval: 1, ...params });
      const { result } = await checkTcpConnection.collect(ready, labHost());
      process.stdout.write(JSON.stringify(result));
    `);
    if (process.getuid?.() !== 0) return;
    namespace = await createNamespace();
    await addSilentNetwork(namespace);
    await namespace.ip('route add prohibit 10.6.0.0/24');
    await namespace.etc('resolv.conf', 'nameserver 10.9.0.53\noptions timeout:1 attempts:1\n');
    await namespace.etc('hosts', '127.0.0.1 localhost\n');
  }, 20_000);

  async function inside(params: object): Promise<Result> {
    return fitting(await namespace?.json(process.execPath, script, JSON.stringify(params)));
  }

  test('Connection refused', async () => {
    const { result } = await collect({ port: await closedPort() });
    expect(result).toMatchObject({ error: 'Connection refused', code: 'ECONNREFUSED', cause: 'refused' });
    expect(advice(result)).toContain('nothing listens on its port');
  });

  test('Connection timeout', async () => {
    const { result } = await collect({ port: await fullPort(), timeout: 0.3 });
    expect(result).toMatchObject({ error: 'Connection timeout', code: null, cause: 'timeout' });
    expect(result.response_time).toBeGreaterThanOrEqual(0.3);
    expect(result.response_time).toBeLessThan(0.5);
    expect(advice(result)).toContain('no connection came to stand');
  });

  testAsRoot('Connection timeout, when packets are dropped', async () => {
    const result = await inside({ host: '10.9.0.7', port: 1, timeout: 0.5, attempts: 2 });
    expect(result).toMatchObject({ error: 'Connection timeout', attempts: 2 });
    expect(result.response_time).toBeGreaterThanOrEqual(1);
  });

  testAsRoot('Connection timeout, when the name servers are silent: the advice speaks of them', async () => {
    const result = await inside({ host: 'db.example.com', port: 1, timeout: 0.5 });
    expect(result).toMatchObject({ error: 'Connection timeout', cause: 'dns-timeout' });
    expect(advice(result)).toContain('gave no usable answer for db.example.com');
  });

  testAsRoot('Host not found', async () => {
    const result = await inside({ host: 'a..b', port: 1, timeout: 5 });
    expect(result).toMatchObject({ error: 'Host not found' });
    expect(advice(result)).toContain('a..b is not known');
  });

  testAsRoot('Network unreachable', async () => {
    const result = await inside({ host: '203.0.113.1', port: 1, timeout: 1 });
    expect(result).toMatchObject({ error: 'Network unreachable', code: 'ENETUNREACH' });
    expect(advice(result)).toContain('no route to 203.0.113.1');
  });

  testAsRoot('Permission denied, by a prohibited route', async () => {
    const result = await inside({ host: '10.6.0.1', port: 1, timeout: 1 });
    expect(result).toMatchObject({ error: 'Permission denied', code: 'EACCES' });
    expect(advice(result)).toContain('the route 10.6.0.0/24 of this host is prohibited');
  });

  testAsRoot('Permission denied, for a low source port without privileges', async () => {
    await namespace?.sysctl('net/ipv4/ip_unprivileged_port_start', '1024');
    const result = await inside({ host: '127.0.0.1', port: 1, source_port: 80, timeout: 1, uid: 65534 });
    expect(result).toMatchObject({ error: 'Permission denied', code: 'EACCES' });
  });

  test('Port in use: a listener has the source port', async () => {
    const { port } = await listen();
    const taken = (await listen()).port;
    const { result } = await collect({ port, source_port: taken });
    expect(result).toMatchObject({ error: 'Port in use', code: 'EADDRINUSE', cause: 'source-port-in-use' });
    expect(advice(result)).toContain('source_port');
  });

  test('the source port is used', async () => {
    const { port } = await listen();
    const free = await closedPort();
    const { result } = await collect({ port, source_port: free });
    expect(result.tries[0]?.candidates[0]).toMatchObject({ localPort: free, status: 'connected' });
  });
});

describe('declaration', () => {
  test.each<[Partial<Params>, readonly string[]]>([
    [{}, []],
    [{ host: '[::1]' }, []],
    [{ host: '' }, ['host: is wrong: the host is empty; write a name or an address']],
    [
      { host: 'http://a' },
      ['host: is wrong: "/" cannot be in a host name; allowed are letters, digits, - _ . and, in addresses, : %'],
    ],
  ])('mistakes of %j', (params, expected) => {
    const ready = prepare({ port: 80, ...params });
    expect(('mistakes' in ready ? ready.mistakes : []).map(({ path, message }) => `${path}: ${message}`)).toEqual(
      expected,
    );
  });

  test('its deadline: attempts, pauses, samples and intervals', () => {
    const deadline = (params: Partial<Params>) => checkTcpConnection.deadlineMs(prepared({ port: 80, ...params }));
    expect(deadline({})).toBe(13_500);
    expect(deadline({ timeout: 2, attempts: 3, retry_delay: 0.5 })).toBe(10_500);
    expect(deadline({ timeout: 2, samples: 5, interval: 3 })).toBe(25_500);
  });

  test('claims keep it away from whoever wants the port alone', () => {
    const claims = (params: Partial<Params>) => checkTcpConnection.claims?.(prepared({ port: 80, ...params }));
    expect(claims({})).toEqual([{ resource: 'port:80', alone: false }]);
    expect(claims({ source_port: 81 })).toContainEqual({ resource: 'port:81', alone: true });
  });
});
