import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createNeedles, headBytes } from './needles.ts';

/** Few letters, so that heads overlap, repeat and nearly match; and bytes whose blocks share a number. */
const letters = fc.constantFrom('a', 'b', 'ab', 'ba', '\0', '@', 'é', 'aaaaaaaa', 'abababab');
const text = (most: number) => fc.array(letters, { maxLength: most }).map((parts) => parts.join(''));

test('finds at each place the longest of all that stand there, as a search one by one does', () => {
  fc.assert(
    fc.property(text(40), fc.array(text(12), { maxLength: 8 }), fc.nat(20), (before, needles, from) => {
      const haystack = Buffer.from([before, ...needles, before].join(''), 'latin1');
      const plain = haystack.toString('latin1');
      const many = createNeedles<string>({ budgetMs: 60_000 });
      const wanted = new Set(needles.filter(({ length }) => length >= headBytes));
      for (const needle of wanted) many.add(needle, needle);
      const to = Math.max(from, haystack.length - 3);
      const found: [number, string][] = [];
      many.find(haystack, from, to, (start, end, tag) => {
        expect(plain.slice(start, end)).toBe(tag);
        found.push([start, tag]);
      });
      const expected: [number, string][] = [];
      for (let at = from; at < to; at++) {
        const [longest] = [...wanted]
          .filter((needle) => plain.startsWith(needle, at))
          .sort((a, b) => b.length - a.length);
        if (longest !== undefined) expected.push([at, longest]);
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});
