import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, watchText } from './content.ts';

const kinds = [
  ['text', Buffer.from('a line\tand another\r\n\u001b[1mbold\u001b[0m é')],
  ['text', Buffer.from('A=1\0B=2\0')],
  ['binary', Buffer.from([1, 2, 3, 4, 5])],
  ['binary', Buffer.from('a\x7f')],
  ['utf-16le', Buffer.from('plain', 'utf16le')],
  ['utf-16be', Buffer.from('plain', 'utf16le').swap16()],
  ['utf-16le', Buffer.from('\ufeffx', 'utf16le')],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0])],
  ['zip', Buffer.from('PK\x03\x04')],
] as const;

test.each(kinds)('%s', (kind, bytes) => {
  expect(contentOf(bytes)).toBe(kind);
});

/** Text with bytes at the edges of what counts as text. */
const bytes = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(9, 10, 27, 31, 32, 65, 126, 127, 128, 160)), {
  maxLength: 40,
});

test('more than one control character in a thousand is binary, wherever the bytes lie in memory', () => {
  fc.assert(
    fc.property(bytes, fc.nat(3), fc.nat(3000), (some, offset, padding) => {
      // Neither NUL, which other encodings have, nor a mark of one of these.
      const own = Buffer.from([65, ...some.map((byte) => byte || 1), ...Array<number>(padding).fill(65)]);
      const memory = Buffer.alloc(own.length + offset);
      own.copy(memory, offset);
      const controls = own.filter((byte) => (byte < 32 && !(byte >= 8 && byte <= 13) && byte !== 27) || byte === 127);
      const isText = controls.length * 1000 <= own.length;
      expect(contentOf(memory.subarray(offset))).toBe(isText ? 'text' : 'binary');
      const watch = watchText();
      watch.see(memory.subarray(offset, offset + 7));
      watch.see(memory.subarray(offset + 7));
      expect(watch.isText()).toBe(isText);
    }),
    { numRuns: 2000 },
  );
});
