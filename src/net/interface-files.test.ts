import { expect, test } from '@jest/globals';
import { interfaceNames, localAddresses } from './interface-files.ts';

test('every interface of /proc/net/dev', () => {
  const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 25186    228    0    0    0     0          0         0    25186    228    0    0    0     0       0          0
docker0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
eth0.100@x: 1 1
`;
  expect(interfaceNames(dev)).toEqual(['lo', 'docker0', 'eth0.100@x']);
  expect(interfaceNames('')).toEqual([]);
});

const route = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
  'vpn0\t040011AC\t00000000\t0001\t0\t0\t0\tFCFFFFFF\t0\t0\t0',
].join('\n');

const fibTrie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 172.17.0.5
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
     |-- 192.0.2.2
        /32 host LOCAL
`;

test('which address is on which interface, by the narrowest network', () => {
  expect(Object.fromEntries(localAddresses(fibTrie, route))).toEqual({
    eth0: ['192.0.2.2'],
    docker0: ['172.17.0.1'],
    vpn0: ['172.17.0.5'],
  });
  expect([...localAddresses('', '')]).toEqual([]);
});
