import { type Line, lineOf } from './line.ts';

/** A key in a text, and the line that it stands in. */
export interface Key {
  readonly start: number;
  readonly end: number;
  readonly line: Line;
  /** Whether `\\n` of a string of JSON stands before it. */
  readonly isAfterEscape: boolean;
}

/** A key may hold these; longer ones are cut, which changes nothing at their end. */
const characters = /[\w.-]/;
const longest = 128;

/** The whole of a key in which a word stands. */
export function keyAround(text: string, at: number, word: string): Key {
  let start = at;
  while (start > 0 && at - start < longest && characters.test(text[start - 1] as string)) start--;
  let end = at + word.length;
  while (end < text.length && end - at < longest && characters.test(text[end] as string)) end++;
  const line = lineOf(text, start);
  // The letter of the escape is not the key's first.
  const isAfterEscape = line.inJson && text[start - 1] === '\\' && /[nrt]/.test(text[start] as string);
  return { start: isAfterEscape ? start + 1 : start, end, line, isAfterEscape };
}
