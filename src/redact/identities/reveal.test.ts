import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatIP } from '../../go/net-ip.ts';
import { createMasking } from './masking.ts';
import { createReveal, isStandIn } from './reveal.ts';

function masking() {
  const own = createMasking({ level: 'all', key: Buffer.alloc(32, 3), vocabulary: new Set(), remembers: true });
  own.know({ hosts: ['zeus', 'bücher.intern'], users: ['bob'], machines: ['0123456789abcdef0123456789abcdef'] });
  return own;
}

function revealed(text: string, { standIns }: ReturnType<typeof masking>): string {
  const passage = createReveal(standIns());
  const bytes = Buffer.from(text);
  const half = bytes.length >> 1;
  return Buffer.concat([
    ...passage.write(bytes.subarray(0, half)),
    ...passage.write(bytes.subarray(half)),
    ...passage.end(),
  ]).toString();
}

describe('what was masked is what is revealed', () => {
  test.each([
    'to 10.0.0.5:80 and 2a00:1450::5 by 52:54:00:12:34:56',
    '{"address":"zeus:80","ip":"::ffff:10.0.0.5","user":"bob"}',
    'ip-10-0-0-5 5.0.0.10.in-addr.arpa 52-54-00-12-34-56 5254.0012.3456',
    'bob.smith@db1.acme.com, root@db1.acme.com, DB1.ACME.COM',
    'x?ip=2a00%3A1450%3A%3A5&h=db1.acme.com',
    'machine 01234567-89ab-cdef-0123-456789abcdef 0123456789abcdef0123456789abcdef',
    'at bücher.intern',
    'nothing of the kind h-abcdefghijklm 8.8.8 127.0.0.1',
  ])('%s', (text) => {
    const own = masking();
    const masked = own.text(text);
    if (!text.startsWith('nothing')) expect(masked).not.toBe(text);
    expect(revealed(masked, own)).toBe(text);
  });

  test('any addresses and names', () => {
    const ip = fc.oneof(
      fc.bigInt({ min: 0n, max: 0xffff_ffffn }).map((value) => formatIP({ family: 4, value })),
      fc.bigInt({ min: 1n << 125n, max: (1n << 126n) - 1n }).map((value) => formatIP({ family: 6, value: value | 1n })),
    );
    const host = fc.stringMatching(/^[a-z][a-z0-9]{2,12}$/).map((name) => `${name}.acme.org`);
    fc.assert(
      fc.property(fc.array(fc.oneof(ip, host), { minLength: 1, maxLength: 20 }), (identities) => {
        const own = masking();
        const text = identities.join(' ');
        const masked = own.text(text);
        expect(revealed(masked, own)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});

test.each([
  [{ kind: 'host-name', standIn: 'h-a', is: 'db1' }, true],
  [{ kind: 'host-name', standIn: 'h-a', is: 'a"b' }, false],
  [{ kind: 'user-name', standIn: 'u-a', is: 'a\u001b[31m' }, false],
  [{ kind: 'other', standIn: 'u-a', is: 'a' }, false],
  [{ kind: 'ip-address', standIn: '10.0.0.1' }, false],
  [null, false],
  ['x', false],
])('of a map: %j', (value, isOne) => {
  expect(isStandIn(value)).toBe(isOne);
});
