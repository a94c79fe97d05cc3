import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRouteFinder, parseRoutes4, parseRoutes6 } from './routes.ts';

const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const four = [
  head,
  'ens33\t00000000\t016BA8C0\t0003\t0\t0\t202\t00000000\t0\t0\t0',
  'ens38\t00000000\t0205A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0',
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'ens38\t0005A8C0\t00000000\t0001\t0\t0\t200\t00FFFFFF\t0\t0\t0',
  'ens33\t006BA8C0\t00000000\t0001\t0\t0\t202\t00FFFFFF\t0\t0\t0',
  '*\t0002010A\t00000000\t0200\t0\t0\t0\t00FFFFFF\t0\t0\t0   ',
].join('\n');
const six = [
  `fd${'0'.repeat(30)} 40 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001     eth0`,
  `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd${'0'.repeat(29)}1 00000400 00000002 00000000 00000003     eth0`,
  `fd${'0'.repeat(29)}2 80 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000000 00000004 00000000 80200001     eth0`,
  `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo`,
].join('\n');

describe('tables of the kernel', () => {
  test('IPv4', () => {
    expect(parseRoutes4(four)).toMatchObject([
      { destination: '0.0.0.0/0', gateway: '192.168.107.1', interface: 'ens33', metric: 202, type: 'unicast' },
      { destination: '0.0.0.0/0', gateway: '192.168.5.2', metric: 200 },
      { destination: '172.17.0.0/16', gateway: null, interface: 'docker0' },
      { destination: '192.168.5.0/24', gateway: null },
      { destination: '192.168.107.0/24', gateway: null, interface: 'ens33' },
      { destination: '10.1.2.0/24', type: 'reject' },
    ]);
  });

  test('IPv6', () => {
    expect(parseRoutes6(six)).toMatchObject([
      { destination: 'fd00::/64', gateway: null, interface: 'eth0', metric: 256, type: 'unicast' },
      { destination: '::/0', gateway: 'fd00::1', metric: 1024 },
      { destination: 'fd00::2/128', type: 'local' },
      { destination: '::/0', interface: 'lo', type: 'reject' },
    ]);
  });

  test.each(['eth', 'eth0', 'eth0\t00000000', `${head}\neth0\t0000000G\t0\t0\t0\t0\t0\t0\t0\t0\t0`, 'a b c d e f g h'])(
    'a line that is no route is told, not left out: %j',
    (text) => {
      expect(() => parseRoutes4(text)).toThrow('of /proc/net/route is no route');
      expect(() => parseRoutes6(text)).toThrow('line 1 of /proc/net/ipv6_route is no route');
    },
  );

  test('a netmask with a hole is no route', () => {
    expect(() => parseRoutes4('eth0\t00000000\t00000000\t0001\t0\t0\t0\t00FF00FF\t0\t0\t0')).toThrow('is no route');
  });

  test('any text is a table or an error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const parse of [parseRoutes4, parseRoutes6]) {
          try {
            parse(text);
          } catch (error) {
            expect((error as Error).message).toMatch(/is no route$/);
          }
        }
      }),
    );
  });
});

test.each([
  ['192.168.5.77', 4, '192.168.5.0/24', 'ens38'],
  ['10.1.2.3', 4, '10.1.2.0/24', '*'],
  ['8.8.8.8', 4, '0.0.0.0/0', 'ens38'],
  ['fd00::77', 6, 'fd00::/64', 'eth0'],
  ['fd00::2', 6, 'fd00::2/128', 'eth0'],
  ['2001:db8::1', 6, '::/0', 'eth0'],
] as const)('%s goes by the longest prefix, then the smallest metric', (address, family, destination, name) => {
  const find = createRouteFinder([...parseRoutes4(four), ...parseRoutes6(six)]);
  expect(find(address, family)).toMatchObject({ destination, interface: name });
  expect(createRouteFinder([])(address, family)).toBeUndefined();
});
