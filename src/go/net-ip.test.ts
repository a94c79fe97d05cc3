import { BlockList, isIP } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contains, formatIP, formatNetwork, ipOfBytes, networkOf, overlap, readCIDR, readIP } from './net-ip.ts';

function ip(text: string) {
  const read = readIP(text);
  if ('mistake' in read) throw new Error(read.mistake);
  return read.ip;
}

function network(text: string) {
  const read = readCIDR(text);
  if ('mistake' in read) throw new Error(read.mistake);
  return read.network;
}

/** What Go 1.26 prints for net.ParseIP, net.ParseCIDR and IPNet.Contains. */
describe('as Go reads', () => {
  test.each([
    ['10.0.0.5', '10.0.0.5'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['0:0:1::', '0:0:1::'],
    ['10:0:0:10:0:0:0:0', '10:0:0:10::'],
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['::ffff:a00:5', '10.0.0.5'],
    ['::10.0.0.5', '::a00:5'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('the address %s is %s', (text, printed) => {
    expect(formatIP(ip(text))).toBe(printed);
  });

  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.0/08', '10.0.0.0/8'],
    ['1.2.3.4/0', '0.0.0.0/0'],
    ['1.2.3.4/32', '1.2.3.4/32'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['fe80::1/128', 'fe80::1/128'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:10.1.2.3/95', '::fffe:0:0/95'],
  ])('the network %s is %s', (text, printed) => {
    expect(formatNetwork(network(text))).toBe(printed);
  });

  test.each([
    ['10.0.0.0/8', '10.0.0.5', true],
    ['10.0.0.0/8', '192.168.1.1', false],
    ['10.0.0.0/8', '::ffff:10.0.0.5', true],
    ['10.0.0.0/8', '::10.0.0.5', false],
    ['::/0', '10.0.0.5', false],
    ['::/0', '::ffff:10.0.0.5', false],
    ['::ffff:0:0/96', '10.0.0.5', true],
    ['::ffff:0:0/95', '10.0.0.5', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
  ])('%s contains %s: %j', (cidr, address, holds) => {
    expect(contains(network(cidr), ip(address))).toBe(holds);
  });
});

test.each([
  ['', 'is empty; write an address such as 10.0.0.5 or 2001:db8::5'],
  ['10.0.0', 'is wrong: "10.0.0" is no IP address; write one such as 10.0.0.5 or 2001:db8::5'],
  ['010.0.0.08', 'has leading zeros, which some read as octal; write 10.0.0.8'],
  [' 10.0.0.5\n', 'has blanks around it; write 10.0.0.5'],
  ['fe80::1%eth0', 'has a zone, which no network has; write fe80::1'],
  ['[::1]', 'has brackets; write ::1'],
  ['10.0.0.5/8', 'has a prefix length; write the address alone: 10.0.0.5'],
  ['{{kurl .IP }}', 'has template text left in it; write 10.0.0.5 or 2001:db8::5'],
])('the address %j is told what to write', (text, mistake) => {
  expect(readIP(text)).toEqual({ mistake });
});

test.each([
  ['10.0.0.0', 'lacks a prefix length; write 10.0.0.0/32 for this address alone, or such as 10.0.0.0/24'],
  ['10.0.0.0/33', 'ends in "33", which is no prefix length; write a number from 0 to 32: 10.0.0.0/24'],
  ['10.0.0.0/', 'ends in "", which is no prefix length; write a number from 0 to 32: 10.0.0.0/24'],
  ['10.0.0.0/+8', 'ends in "+8", which is no prefix length; write a number from 0 to 32: 10.0.0.0/24'],
  ['10.0.0.0/8/9', 'ends in "8/9", which is no prefix length; write a number from 0 to 32: 10.0.0.0/24'],
  ['10.0.0.0/255.0.0.0', 'has a netmask; write the prefix length: 10.0.0.0/8'],
  [
    '10.0.0.0/255.0.255.0',
    'ends in "255.0.255.0", which is no prefix length; write a number from 0 to 32: 10.0.0.0/24',
  ],
  ['300.0.0.0/8', 'is wrong: "300.0.0.0" is no IP address; write one such as 10.0.0.0/8'],
  ['invalid', 'is wrong: "invalid" is no IP address; write one such as 10.0.0.0/8 or 2001:db8::/32'],
  ['/8', 'is empty; write an address such as 10.0.0.0/8'],
])('the network %j is told what to write', (text, mistake) => {
  expect(readCIDR(text)).toEqual({ mistake });
});

const v4 = fc.record({ family: fc.constant(4 as const), value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) });
/** With runs of zeros, as real addresses have. */
const v6 = fc
  .array(fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn })), { minLength: 8, maxLength: 8 })
  .map((groups) => ({ family: 6 as const, value: groups.reduce((sum, group) => (sum << 16n) | group, 0n) }))
  .filter(({ value }) => value >> 32n !== 0xffffn);

test('what is printed is read as the same, in the shortest form that Node knows too', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (address) => {
      const text = formatIP(address);
      expect(readIP(text)).toEqual({ ip: address });
      if (address.family === 6 && !/^::[0-9a-f]+:?[0-9a-f]*$/.test(text)) {
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }
    }),
  );
});

test("containment agrees with Node's BlockList", () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), fc.nat(128), fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), (address, bits, change) => {
      const prefix = address.family === 4 ? bits % 33 : bits;
      const near = { ...address, value: address.value ^ change };
      const family = `ipv${address.family}` as const;
      const list = new BlockList();
      // It refuses a prefix of 0.
      if (prefix === 0) return;
      list.addSubnet(formatIP(address), prefix, family);
      const own = networkOf(address, prefix);
      expect(contains(own, near)).toBe(list.check(formatIP(near), family));
      expect(overlap(own, networkOf(near, 32))).toBe(contains(own, near) || contains(networkOf(near, 32), address));
    }),
  );
});

test('any text is read or told, and only what Node calls an address is read', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%[\]/]{1,40}$/));
  fc.assert(
    fc.property(text, (any) => {
      expect('ip' in readIP(any)).toBe(isIP(any) !== 0 && !any.includes('%'));
      expect(Object.keys(readCIDR(any))).toHaveLength(1);
    }),
  );
});

test('bytes', () => {
  expect(ipOfBytes(Uint8Array.of(10, 0, 0, 5))).toEqual(ip('10.0.0.5'));
  expect(ipOfBytes(Buffer.from('20010db8000000000000000000000001', 'hex'))).toEqual(ip('2001:db8::1'));
  expect(ipOfBytes(new Uint8Array(5))).toBeUndefined();
});
