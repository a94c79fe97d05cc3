import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAnchors } from './anchors.ts';

const letters = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'c', '_'), minLength: least, maxLength: most });

test('every place of every word is told, in any case, also where words overlap and begin alike', () => {
  fc.assert(
    fc.property(fc.uniqueArray(letters(1, 5), { maxLength: 12 }), letters(0, 60), fc.nat(20), (words, text, from) => {
      const found: string[] = [];
      const { scan, test: isIn } = createAnchors(words);
      const to = Math.max(from, text.length - 3);
      scan(Buffer.from(text), from, to, (word, start) => found.push(`${word} at ${start}`));
      const expected = words.flatMap((word, number) =>
        [...text].flatMap((_, start) =>
          start >= from && start < to && text.slice(start).toLowerCase().startsWith(word.toLowerCase())
            ? [`${number} at ${start}`]
            : [],
        ),
      );
      expect(found.toSorted()).toEqual(expected.toSorted());
      expect(isIn(text)).toBe(words.some((word) => text.toLowerCase().includes(word.toLowerCase())));
    }),
    { numRuns: 2000 },
  );
});

test('characters beyond Latin-1 are in no word, and end what began', () => {
  const { test: isIn } = createAnchors(['ab']);
  expect(['aab', 'a\u20acb', '\u20acab'].map(isIn)).toEqual([true, false, true]);
});
