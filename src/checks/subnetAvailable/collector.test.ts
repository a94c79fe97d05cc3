import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatNetwork, type Network, overlap, readCIDR } from '../../go/net-ip.ts';
import { cleanUp, collectorScript, createNamespace, misfits, testAsRoot } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { subnetAvailable } from './collector.ts';
import { findFree } from './search.ts';

afterAll(cleanUp);

const network = (text: string): Network => {
  const read = readCIDR(text);
  if ('mistake' in read) throw new Error(read.mistake);
  return read.network;
};

function find(range: string, prefix: number, taken: readonly string[]): string | undefined {
  const { found } = findFree(
    network(range),
    prefix,
    taken.map((what) => ({ network: network(what), what })),
  );
  return found && formatNetwork(found);
}

describe('as the Go tool finds', () => {
  const routes = ['172.17.0.0/16', '172.16.0.0/16', '192.168.5.0/24', '192.168.107.0/24'];

  test.each([
    [24, '172.17.0.0/20', undefined],
    [27, '192.168.5.0/24', undefined],
    [23, '172.20.0.0/16', '172.20.0.0/23'],
    [24, '10.0.0.0/8', '10.0.0.0/24'],
    [24, '172.16.0.0/12', '172.18.0.0/24'],
  ])('a /%i in %s', (prefix, range, found) => {
    expect(find(range, prefix, routes)).toBe(found);
  });

  test.each([
    ['10.5.0.0/8', 22, [], '10.0.0.0/22'],
    ['10.0.0.0/8', 8, [], '10.0.0.0/8'],
    ['10.0.0.0/8', 8, ['10.1.0.0/24'], undefined],
    ['0.0.0.0/0', 8, ['0.0.0.0/1'], '128.0.0.0/8'],
    ['0.0.0.0/0', 8, ['0.0.0.0/1', '128.0.0.0/1'], undefined],
    ['255.255.255.0/24', 32, ['255.255.255.0/25'], '255.255.255.128/32'],
    ['fd00::/8', 64, ['fd00::/64', 'fd00:0:0:1::/64'], 'fd00:0:0:2::/64'],
    ['::/0', 128, ['::/1', '8000::/1'], undefined],
  ] as const)('in %s a /%i beside %j is %s', (range, prefix, taken, found) => {
    expect(find(range, prefix, taken)).toBe(found);
  });
});

test('what is found is the first of its size that overlaps nothing', () => {
  const word = fc.integer({ min: 0, max: 255 });
  const route = fc.tuple(word, fc.integer({ min: 24, max: 32 })).map(([last, prefix]) => `10.0.0.${last}/${prefix}`);
  fc.assert(
    fc.property(fc.array(route, { maxLength: 8 }), fc.integer({ min: 24, max: 32 }), (taken, prefix) => {
      const networks = taken.map(network);
      const size = 2 ** (32 - prefix);
      const all = Array.from({ length: 256 / size }, (_, index) => network(`10.0.0.${index * size}/${prefix}`));
      const first = all.find((candidate) => networks.every((one) => !overlap(one, candidate)));
      expect(find('10.0.0.0/24', prefix, taken)).toBe(first && formatNetwork(first));
    }),
  );
});

test.each([
  [{ CIDRRangeAlloc: '10.0.0.0/24', desiredCIDR: 22 }, 'desiredCIDR', 'write 24 to 32'],
  [{ CIDRRangeAlloc: '10.0.0.0/8', desiredCIDR: 64 }, 'desiredCIDR', '32 at most'],
  [{ CIDRRangeAlloc: '300.0.0.0/8', desiredCIDR: 22 }, 'CIDRRangeAlloc', 'is no IP address'],
  [{ CIDRRangeAlloc: '10.0.0.0', desiredCIDR: 22 }, 'CIDRRangeAlloc', 'lacks a prefix length'],
  [{ CIDRRangeAlloc: '10.0.0.0/8/8', desiredCIDR: 22 }, 'CIDRRangeAlloc', 'is no prefix length'],
  [{ CIDRRangeAlloc: '10.0.0.0/x', desiredCIDR: 22 }, 'CIDRRangeAlloc', 'is no prefix length'],
  [{ CIDRRangeAlloc: '10.0.0.0/255.0.0.0', desiredCIDR: 22 }, 'CIDRRangeAlloc', 'write the prefix length: 10.0.0.0/8'],
])('%j is a mistake', (written, path, message) => {
  expect(subnetAvailable.prepare?.(written)).toEqual({
    mistakes: [{ path, message: expect.stringContaining(message) }],
  });
});

async function inNamespace(written: object, ...lines: readonly string[]) {
  const namespace = await createNamespace();
  await namespace.ip(...lines);
  const found = await namespace.json(
    process.execPath,
    await collectorScript('subnetAvailable'),
    JSON.stringify(written),
  );
  const { result } = found as { result: object };
  expect(misfits(subnetAvailable.result, result)).toEqual([]);
  return result;
}

describe('in a namespace', () => {
  const link = ['link add one type veth peer name one-end', 'link set one up', 'link set one-end up'];

  testAsRoot('routes take addresses, a default route takes none', async () => {
    const result = await inNamespace(
      { CIDRRangeAlloc: '10.5.0.0/8', desiredCIDR: 22 },
      ...link,
      'addr add 10.0.0.1/16 dev one',
      'route add default dev one',
      'route add blackhole 10.1.0.0/16',
      'route add 10.2.0.0/23 dev one',
    );
    expect(JSON.stringify(result)).toMatch(
      /^\{"CIDRRangeAlloc":"10\.5\.0\.0\/8","desiredCIDR":22,"status":"a-subnet-is-available",/,
    );
    expect(result).toMatchObject({
      subnet: '10.2.4.0/22',
      routes: 4,
      blockers: ['route 10.0.0.0/16 (one)', 'route 10.1.0.0/16 (*)', 'route 10.2.0.0/23 (one)'],
    });
  });

  testAsRoot('an address without a route is taken too', async () => {
    const result = await inNamespace(
      { CIDRRangeAlloc: '10.9.0.0/24', desiredCIDR: 24 },
      ...link,
      'addr add 10.9.0.1/24 dev one noprefixroute',
    );
    expect(result).toMatchObject({ status: 'no-subnet-available', blockers: ['address 10.9.0.1 (one)'], subnet: null });
  });

  testAsRoot('IPv6', async () => {
    const result = await inNamespace(
      { CIDRRangeAlloc: 'fd00::/48', desiredCIDR: 64 },
      ...link,
      'addr add fd00::1/64 dev one nodad',
      'route add default dev one',
    );
    expect(result).toMatchObject({ status: 'a-subnet-is-available', subnet: 'fd00:0:0:1::/64' });
  });
});

test.each(['eth0', 'eth0\t0000000A\t0\t0001\t0\t0\t0\t000000FF\t0\t0\t0'])(
  'a table that cannot be read is an error, not a free subnet: %j',
  async (table) => {
    const readText = async (path: string) => (path === '/proc/net/route' ? table : '');
    const prepared = subnetAvailable.prepare?.({ CIDRRangeAlloc: '10.0.0.0/8', desiredCIDR: 22 });
    if (prepared === undefined || 'mistakes' in prepared) throw new Error('it is right');
    const { result, complaint } = await subnetAvailable.collect(prepared.params, { ...labHost(), readText });
    expect(misfits(subnetAvailable.result, result)).toEqual([]);
    expect(result).toMatchObject({ status: 'error', subnet: null });
    expect(complaint).toBe('the routes of this host cannot be read: line 1 of /proc/net/route is no route');
  },
);
