import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatIP, parseIP } from '../../go/net-ip.ts';
import { createAddressMap } from './addresses.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const four = fc.bigInt({ min: 0n, max: 0xffff_ffffn });
const six = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

/** How many leading bits two addresses share. */
function shared(one: bigint, other: bigint, width: number): number {
  return width - (one ^ other).toString(2).replace(/^0$/, '').length;
}

/** An address that shares some bits with another: two drawn by themselves hardly do. */
const neighbours = (address: fc.Arbitrary<bigint>, width: number) =>
  fc
    .tuple(address, address, fc.integer({ min: 0, max: width }))
    .map(
      ([one, other, bits]) =>
        [
          one,
          ((one >> BigInt(width - bits)) << BigInt(width - bits)) | (other & ((1n << BigInt(width - bits)) - 1n)),
        ] as const,
    );

function standIn(bytes: Uint8Array, family: 4 | 6) {
  const map = createAddressMap(bytes);
  return (value: bigint) => map.ip({ family, value })?.standIn.value ?? value;
}

describe('a network stays one', () => {
  test('IPv4: from 8 bits on as many leading bits are shared as before, and no two become one', () => {
    fc.assert(
      fc.property(key, neighbours(four, 32), (bytes, [one, other]) => {
        const of = standIn(bytes, 4);
        const before = shared(one, other, 32);
        const after = shared(of(one), of(other), 32);
        if (before >= 8) expect(after).toBe(before);
        else expect(after).toBeLessThan(8);
      }),
      { numRuns: 500 },
    );
  });

  test('IPv6: from 16 bits on', () => {
    fc.assert(
      fc.property(
        key,
        neighbours(
          six.map((value) => (value >> 3n) | (1n << 125n)),
          128,
        ),
        (bytes, [one, other]) => {
          const of = standIn(bytes, 6);
          fc.pre(shared(one, other, 128) >= 16);
          expect(shared(of(one), of(other), 128)).toBe(shared(one, other, 128));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('Ethernet: no two become one, and what kind it is stays', () => {
    fc.assert(
      fc.property(
        key,
        fc.bigInt({ min: 1n, max: 0xffff_ffff_fffen }),
        fc.bigInt({ min: 1n, max: 0xffff_ffff_fffen }),
        (bytes, one, other) => {
          const { mac } = createAddressMap(bytes);
          const of = (value: bigint) => mac(value) ?? value;
          expect(of(one) === of(other)).toBe(one === other);
          expect((of(one) >> 40n) & 3n).toBe((one >> 40n) & 3n);
        },
      ),
    );
  });
});

const fixed = createAddressMap(Buffer.alloc(32, 7));
const shown = (text: string) => {
  const found = fixed.ip(parseIP(text) ?? { family: 4, value: 0n });
  return found === undefined ? 'kept' : formatIP(found.standIn);
};

test.each([
  '0.0.0.0',
  '127.0.0.1',
  '127.1.2.3',
  '224.0.0.1',
  '255.255.255.0',
  '255.255.255.255',
  '::',
  '::1',
  'ff02::1',
  '::ffff:127.0.0.1',
])('%s tells nobody and stays', (text) => expect(shown(text)).toBe('kept'));

test.each([
  ['10.1.2.3', /^10\./],
  ['172.20.1.1', /^172\.(1[6-9]|2\d|3[01])\./],
  ['192.168.1.1', /^192\.168\./],
  ['169.254.9.9', /^169\.254\./],
  ['100.64.1.1', /^100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\./],
  ['fe80::1:2', /^fe80::/],
  ['fd00:1::5', /^fd/],
  ['2a00:1450::5', /^[67]/],
  ['ff02::1:ff12:3456', /^ff02::1:ff/],
])('%s becomes %s', (text, expected) => {
  expect(shown(text)).toMatch(expected);
  expect(shown(text)).not.toBe(text);
});

test('what is embedded is mapped as by itself', () => {
  const [a, b, c, d] = shown('203.0.113.9').split('.').map(Number) as [number, number, number, number];
  const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  expect(shown('::ffff:203.0.113.9')).toBe(`::ffff:${hex}`);
  expect(shown('64:ff9b::203.0.113.9')).toBe(`64:ff9b::${hex}`);
});

test('another key, other stand-ins', () => {
  const other = createAddressMap(Buffer.alloc(32, 8));
  expect(other.ip({ family: 4, value: 0x08080808n })).not.toEqual(fixed.ip({ family: 4, value: 0x08080808n }));
});
