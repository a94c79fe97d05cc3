import { afterAll, describe, expect, test } from '@jest/globals';
import type { Address } from '../../contract/collector.ts';
import type { Infer } from '../../contract/schema.ts';
import { cleanUp, closedPort, fullPort, listen, misfits, quickest } from '../../net/lab.fixture.ts';
import { labHost, type Names } from '../../net/lab-host.fixture.ts';
import { type Probe, tcpMonitor } from './collector.ts';

afterAll(cleanUp);

type Params = Infer<typeof tcpMonitor.params>;
type Wish = Partial<Params['hosts'][number]> & { readonly port: number };

function prepared(hosts: readonly Wish[], more: Partial<Params> = {}) {
  const full = hosts.map((host) => ({ type: 'tcp', host: '127.0.0.1', timeout: 1000, ...host }) as const);
  const ready = tcpMonitor.prepare?.({ samples: 1, interval: 1000, ...more, hosts: full }) ?? { mistakes: [] };
  if ('mistakes' in ready) throw new Error(JSON.stringify(ready.mistakes));
  return ready.params;
}

async function probe(hosts: readonly Wish[], names: Names = {}, more: Partial<Params> = {}): Promise<readonly Probe[]> {
  const { result } = await tcpMonitor.collect(prepared(hosts, more), labHost(names));
  expect(misfits(tcpMonitor.result, result)).toEqual([]);
  return result;
}

const v4: Address = { address: '127.0.0.1', family: 4 };
const v6: Address = { address: '::1', family: 6 };

describe('the array that the eval gets', () => {
  test('in the order of the hosts, each with its documented keys first', async () => {
    const { port } = await listen();
    const closed = await closedPort();
    const full = await fullPort();
    let result: readonly Probe[] = [];
    const tookMs = await quickest(650, async () => {
      const startedMs = performance.now();
      result = await probe([
        { port: full, timeout: 400, type: 'IP4' },
        { port },
        { port: closed },
        { port: full, timeout: 300 },
      ]);
      return performance.now() - startedMs;
    });
    // Side by side: the longest, not the sum.
    expect(tookMs).toBeLessThan(650);
    expect(result.map(({ status, host, port, type }) => [status, host, port, type])).toEqual([
      ['timeout', '127.0.0.1', full, 'IP4'],
      ['open', '127.0.0.1', port, 'tcp'],
      ['error', '127.0.0.1', closed, 'tcp'],
      ['timeout', '127.0.0.1', full, 'tcp'],
    ]);
    expect(Object.keys(result[0] ?? {}).slice(0, 5)).toEqual(['status', 'latency', 'host', 'port', 'type']);
    const latencies = result.map(({ latency }) => latency);
    expect(latencies[0]).toBeGreaterThanOrEqual(399);
    expect(latencies[1]).toBeLessThan(200);
    expect(latencies[3]).toBeGreaterThanOrEqual(299);
    expect(result.map(({ code, error }) => [code, error === null])).toEqual([
      [null, false],
      [null, true],
      ['ECONNREFUSED', false],
      [null, false],
    ]);
  });

  test('IP6 dials IPv6, every other type IPv4; an address is dialled as it is', async () => {
    const { port } = await listen();
    const names = { both: [v6, v4], six: [v6] };
    const result = await probe(
      [
        { host: 'both', port, type: 'DOMAIN' },
        { host: 'both', port, type: 'IP6' },
        { host: 'six', port },
        { host: '127.0.0.1', port, type: 'IP6' },
      ],
      names,
    );
    expect(
      result.map(({ status, attempts }) => [status, attempts[0]?.candidates.map(({ address }) => address)]),
    ).toEqual([
      ['open', ['127.0.0.1']],
      ['error', ['::1']],
      ['error', []],
      ['open', ['127.0.0.1']],
    ]);
    expect(result[2]?.error).toContain('it has no IPv4 address');
  });

  test('the time limit covers the lookup of the name', async () => {
    const tookMs = await quickest(400, async () => {
      const startedMs = performance.now();
      const [result] = await probe([{ host: 'never', port: 80, timeout: 200 }], { never: null });
      expect(result).toMatchObject({ status: 'timeout', cause: 'dns-timeout' });
      return performance.now() - startedMs;
    });
    expect(tookMs).toBeLessThan(400);
  });

  test('samples are kept for each host', async () => {
    const { port } = await listen();
    const closed = await closedPort();
    const result = await probe([{ port }, { port: closed }], {}, { samples: 3, interval: 20 });
    expect(result.map(({ status, loss, samples }) => [status, loss, samples.length])).toEqual([
      ['open', 0, 3],
      ['error', 1, 3],
    ]);
    expect(result[0]?.latency).toBeLessThan(20);
  });
});

describe('declaration', () => {
  test('its file', () => {
    expect(tcpMonitor.output('db')).toBe('host-collectors/tcpMonitor/db.json');
  });

  test('a wrong host is told with its place', () => {
    const hosts = [
      { type: 'tcp', host: 'a', port: 80, timeout: 1 },
      { type: 'tcp', host: '', port: 80, timeout: 1 },
    ] as const;
    expect(tcpMonitor.prepare?.({ samples: 1, interval: 0, hosts })).toEqual({
      mistakes: [{ path: 'hosts/1/host', message: 'is wrong: the host is empty; write a name or an address' }],
    });
  });

  test('its deadline: the longest host, not their sum; beyond a thousand they wait for their turn', () => {
    expect(
      tcpMonitor.deadlineMs(
        prepared([
          { port: 1, timeout: 500 },
          { port: 2, timeout: 3000 },
        ]),
      ),
    ).toBe(4000);
    expect(tcpMonitor.deadlineMs(prepared(Array(2500).fill({ port: 1 })))).toBe(4000);
    expect(tcpMonitor.deadlineMs(prepared([{ port: 1 }], { samples: 3, interval: 500 }))).toBe(5000);
  });

  test('claims each port once', () => {
    expect(tcpMonitor.claims?.(prepared([{ port: 1 }, { port: 2 }, { port: 1 }]))).toEqual([
      { resource: 'port:1', alone: false },
      { resource: 'port:2', alone: false },
    ]);
  });
});
