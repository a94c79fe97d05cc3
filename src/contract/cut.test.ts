import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutMiddle, shortened } from './cut.ts';

const markPattern = /\n\[hostbundle: (\d+) bytes left out here, because the file was too large\]\n/g;

/** More than any size asked for here, of every kind that a host has: short lines, lines that never end, characters of several bytes. */
const texts = fc
  .array(fc.constantFrom('a', 'ä', '漢', '😀', '\n', '\r\n', 'word ', 'x'.repeat(40), `${'x'.repeat(700)}\n`), {
    minLength: 1,
    maxLength: 300,
  })
  .map((parts) => Buffer.from(parts.join('')))
  .map((text) => Buffer.concat(Array.from({ length: Math.ceil(4001 / text.length) }, () => text)));
/** Below the first a line about the cut is all that fits. */
const sizes = fc.integer({ min: 128, max: 4000 });

/** What stands before and after the one line that tells of a cut. */
function parts(cut: Uint8Array): { head: Buffer; tail: Buffer; told: number } {
  const text = Buffer.from(cut).toString('latin1');
  const [found, ...others] = [...text.matchAll(markPattern)];
  expect(others).toEqual([]);
  const at = found?.index ?? Number.NaN;
  const head = Buffer.from(text.slice(0, at), 'latin1');
  const tail = Buffer.from(text.slice(at + (found?.[0].length ?? 0)), 'latin1');
  return { head, tail, told: Number(found?.[1]) };
}

function expectCutOf(original: Buffer, { bytes, omittedBytes }: ReturnType<typeof cutMiddle>): void {
  const { head, tail, told } = parts(bytes);
  expect({
    head: original.subarray(0, head.length).equals(head),
    tail: original.subarray(original.length - tail.length).equals(tail),
    told,
    all: head.length + omittedBytes + tail.length,
  }).toEqual({ head: true, tail: true, told: omittedBytes, all: original.length });
  expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).not.toThrow();
}

describe('S9: the middle of a large file is left out', () => {
  test('what fits is the same bytes', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(cutMiddle(text, text.length).bytes).toBe(text);
      }),
    );
  });

  test('head and tail of the original, one line that counts the rest, whole characters, never larger than asked', () => {
    fc.assert(
      fc.property(texts, sizes, (text, maxBytes) => {
        const cut = cutMiddle(text, maxBytes);
        expectCutOf(text, cut);
        expect(cut.bytes.length).toBeLessThanOrEqual(maxBytes);
        expect(cutMiddle(cut.bytes, maxBytes, cut.omittedBytes).bytes).toBe(cut.bytes);
      }),
    );
  });

  test('cut twice, it is still head and tail of the original, and one line counts all that is missing', () => {
    fc.assert(
      fc.property(texts, sizes, sizes, (text, first, second) => {
        const once = cutMiddle(text, Math.max(first, second));
        expectCutOf(text, cutMiddle(once.bytes, Math.min(first, second), once.omittedBytes));
      }),
      { numRuns: 500 },
    );
  });

  test('where lines end nearby, it is cut there', () => {
    const lines = Buffer.from(Array.from({ length: 5000 }, (_, n) => `line ${n}\n`).join(''));
    const { head, tail } = parts(cutMiddle(lines, 10_000).bytes);
    expect(head.toString()).toMatch(/^line 0\n(line \d+\n)*line \d+$/);
    expect(tail.toString()).toMatch(/^(line \d+\n)+$/);
    expect(head.length + tail.length).toBeGreaterThan(9_500);
  });

  test.each([
    ['that never ends', 'x'.repeat(100_000)],
    ['that ends with the file', `${'x'.repeat(100_000)}\n`],
    ['after one of a byte', `\n${'x'.repeat(100_000)}`],
  ])('a single line %s has a head and a tail too', (_, text) => {
    const { head, tail } = parts(cutMiddle(Buffer.from(text), 10_000).bytes);
    expect(head.length).toBeGreaterThan(4_000);
    expect(tail.length).toBeGreaterThan(4_000);
  });

  test('an entry says how much of it is missing, and one that fits is left as it is', () => {
    const entry = { path: 'log', bytes: Buffer.alloc(10_000, 'x'), redactions: 3, isRaw: true } as const;
    expect(shortened(entry, 10_000)).toBe(entry);
    const { bytes, ...rest } = shortened(entry, 1000);
    expect(rest).toEqual({ path: 'log', redactions: 3, isRaw: true, omittedBytes: parts(bytes).told });
  });
});
