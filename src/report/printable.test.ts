import { describe, expect, test } from '@jest/globals';
import { printable, printableLine } from './printable.ts';

describe('O5: what is too long', () => {
  test('is cut by characters, with how many are missing', () => {
    expect(printable('abcdef', 4)).toBe('abcd… (2 characters more)');
    expect(printable('abcd', 4)).toBe('abcd');
  });

  test('is cut between characters, never inside one', () => {
    expect(printable('😀'.repeat(5), 2)).toBe('😀😀… (3 characters more)');
    expect(printableLine('😀😀', 2)).toBe('😀😀');
  });

  test('is made harmless before it is cut, so that no half of an escape is left', () => {
    expect(printable('\u001b[31m', 6)).toBe('\\u001b… (4 characters more)');
  });
});
