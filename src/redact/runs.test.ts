import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasRun, scanRuns } from './runs.ts';

function runsIn(text: string, from: number, to: number, least: number): readonly number[] {
  const starts: number[] = [];
  scanRuns(Buffer.from(text, 'latin1'), from, to, least, (start) => starts.push(start));
  return starts;
}

test('where each run begins that is long enough, as an expression finds them', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'B', '7', '-', '_', ' ', '.', '\xe4'), maxLength: 80 });
  fc.assert(
    fc.property(text, fc.nat(80), fc.nat(80), fc.integer({ min: 1, max: 12 }), (text, from, to, least) => {
      const all = [...text.matchAll(/[\w-]+/g)].filter(([run]) => run.length >= least);
      const expected = all.map(({ index }) => index).filter((index) => index >= from && index < to);
      expect(runsIn(text, from, to, least)).toEqual(expected);
      expect(hasRun(text, least)).toBe(all.length > 0);
    }),
    { numRuns: 2000 },
  );
});
