import { isAssigned, isOpaque, isOpaqueValue } from '../keys/opaque.ts';
import type { Found, Rule } from '../rule.ts';

interface ContextRule extends Omit<Rule, 'find'> {
  /** How many characters may stand between a word and the value that it tells of. */
  readonly farthest: number;
  /** Whether any value that may be a secret is one there; else only what can hardly be anything else. */
  readonly isTelling: boolean;
  /** Words behind which only `=`, `:` and the like may stand. */
  readonly assigned?: readonly string[];
}

/** Not within a longer word, a path, or a digest that says so. */
const value = /(?<!sha\d{1,3}[:-])[A-Za-z0-9_+/=~-]{2,512}(?:\.[A-Za-z0-9_+/=~-]{2,512}){0,4}(?!\.?[\w+/~-])/y;

/** Of a word that alone says nothing: it and an opaque value behind it. */
export function contextRule({ farthest, isTelling, assigned = [], ...rest }: ContextRule): Rule {
  return {
    ...rest,
    find({ text }, at, anchor): readonly Found[] {
      const from = at + anchor.length;
      if (isTelling && isWord(text.charCodeAt(at - 1)) && text[at - 1] !== '_') return [];
      for (let start = from; start <= from + farthest && start < text.length; start++) {
        const code = text.charCodeAt(start);
        if (code === 10) return [];
        const before = text.charCodeAt(start - 1);
        // An equals sign belongs to a value only at its end.
        if (!isWord(code) || isWord(before) || (isJoint(before) && before !== 61)) continue;
        // The letter of an escape, in a string of JSON.
        if (before === 92) start += code === 117 ? 5 : 1;
        const wordEnd = endOf(text, start);
        value.lastIndex = start;
        const match = wordEnd - start < 16 ? null : value.exec(text);
        if (match === null) {
          start = Math.max(start, wordEnd - 1);
          continue;
        }
        const [word] = match;
        const isValue = isAssigned(text.slice(from, start));
        const mayBe = isTelling || isValue ? isOpaqueValue(word) : isOpaque(word);
        if (mayBe && (isValue || !assigned.includes(anchor))) return [{ start, end: start + word.length }];
        start += word.length - 1;
      }
      return [];
    },
  };
}

/** Of all that may be in a value. */
function endOf(text: string, start: number): number {
  let end = start;
  for (let code = text.charCodeAt(end); isWord(code) || isJoint(code); code = text.charCodeAt(end)) {
    if (++end - start > 512) break;
  }
  return end;
}

/** `+ - . / = ~` */
function isJoint(code: number): boolean {
  return code === 43 || (code >= 45 && code <= 47) || code === 61 || code === 126;
}

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}
