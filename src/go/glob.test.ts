import { expect, test } from '@jest/globals';
import { parseGlob } from './glob.ts';

test.each([
  ['a/*.json', 'a/b.json', true],
  ['a/*.json', 'a/b/c.json', false],
  ['a/**', 'a/b/c.json', true],
  ['**/c.json', 'a/b/c.json', true],
  ['*', 'a/b', false],
  ['?.txt', 'a.txt', true],
  ['?.txt', '/.txt', false],
  ['[a-c].txt', 'b.txt', true],
  ['[!a-c].txt', 'b.txt', false],
  ['[!a].txt', 'b.txt', true],
  ['{a,b/*,c{d,e}}.x', 'b/q.x', true],
  ['{a,b/*,c{d,e}}.x', 'ce.x', true],
  ['{a,b/*,c{d,e}}.x', 'c.x', false],
  ['a\\*', 'a*', true],
  ['a\\*', 'ab', false],
  ['A', 'a', false],
  ['a,b', 'a,b', true],
] as const)('%s against %s: %s', (glob, path, expected) => {
  expect(parseGlob(glob).matches(path)).toBe(expected);
});

test.each(['', '[a', '{a', 'a}', 'a\\', 'x'.repeat(2000)])('refuses %s', (glob) => {
  expect(() => parseGlob(glob)).toThrow();
});

test('X6: a pattern made to be slow is not', () => {
  const start = performance.now();
  expect(parseGlob(`${'*a'.repeat(400)}b`).matches('a'.repeat(1000))).toBe(false);
  expect(performance.now() - start).toBeLessThan(5000);
});
