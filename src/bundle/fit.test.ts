import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../contract/bundle.ts';
import { shrink } from './fit.ts';

const entries = fc.array(fc.tuple(fc.nat(60_000), fc.boolean()), { minLength: 1, maxLength: 12 }).map((list) =>
  list.map(([size, isRaw], index): Entry => {
    const bytes = Buffer.alloc(size, `line of ${index}\n`);
    return isRaw ? { path: `${index}`, bytes, isRaw } : { path: `${index}`, bytes };
  }),
);
const sizeOf = (list: readonly Entry[]) => list.reduce((sum, { bytes }) => sum + bytes.length, 0);

test('only raw files are cut, the largest, to one size, and by no more than is needed', () => {
  fc.assert(
    fc.property(entries, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (list, share) => {
      const smaller = shrink(list, share);
      const largestRaw = Math.max(0, ...list.map(({ isRaw, bytes }) => (isRaw === true ? bytes.length : 0)));
      if (smaller === undefined) return expect(largestRaw).toBeLessThanOrEqual(4096);
      const cut = smaller.filter((entry, index) => entry !== list[index]);
      expect(cut.every(({ isRaw, omittedBytes }) => isRaw === true && omittedBytes !== undefined)).toBe(true);
      const uncut = smaller.filter((entry, index) => entry === list[index] && entry.isRaw === true);
      for (const { bytes } of uncut) {
        // Cut at a line's end, so not each to the very byte.
        for (const other of cut) expect(bytes.length).toBeLessThanOrEqual(other.bytes.length + 300);
      }
      // As much as was asked for, unless every raw file is as small as makes sense.
      const isAllCut = smaller.every(({ isRaw, bytes }) => isRaw !== true || bytes.length <= 4096);
      if (!isAllCut) expect(sizeOf(smaller)).toBeLessThanOrEqual(sizeOf(list) * share);
      return undefined;
    }),
    { numRuns: 300 },
  );
});

test('asked again and again, it comes to an end', () => {
  fc.assert(
    fc.property(entries, (list) => {
      let left: readonly Entry[] | undefined = list;
      let rounds = 0;
      while (left !== undefined && rounds < 200) {
        left = shrink(left, 0.9);
        rounds++;
      }
      expect(left).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});
