import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outOfPlace } from './order.ts';

describe('R6: what stands out of place', () => {
  test.each([
    ['nothing', 'abcd', 'abcd', ''],
    ['one moved to the front', 'dabc', 'abcd', 'd'],
    ['one moved to the end', 'bcda', 'abcd', 'a'],
    ['two that changed places, of which either may be named', 'acbd', 'abcd', 'c'],
    ['what is not listed is passed over', 'xaybz', 'ab', ''],
    ['what is missing is passed over', 'ad', 'abcd', ''],
    ['listed twice, its first place counts', 'ab', 'aba', ''],
    ['nothing at all', '', 'ab', ''],
  ])('%s', (_, actual, listed, moved) => {
    expect(outOfPlace([...actual], [...listed]).join('')).toBe(moved);
  });

  test('without it the rest is in order, and no fewer would do', () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { maxLength: 8 });
    fc.assert(
      fc.property(places, (order) => {
        const listed = Array.from({ length: 9 }, (_, place) => String(place));
        const moved = outOfPlace(order.map(String), listed);
        const rest = order.map(String).filter((path) => !moved.includes(path));
        expect(rest).toEqual([...rest].sort());
        expect(rest).toHaveLength(longestRun(order));
      }),
      { numRuns: 1000 },
    );
  });
});

/** Of all subsets. */
function longestRun(order: readonly number[]): number {
  let longest = 0;
  for (let subset = 0; subset < 2 ** order.length; subset++) {
    const chosen = order.filter((_, index) => (subset >> index) & 1);
    if (chosen.every((place, index) => index === 0 || (chosen[index - 1] ?? 0) < place))
      longest = Math.max(longest, chosen.length);
  }
  return longest;
}
