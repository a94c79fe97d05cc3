import { isWithoutOrder } from '../keys/opaque.ts';
import type { Found, Rule } from '../rule.ts';

const run =
  /(?:(?<![A-Za-z0-9_/.+=-])|(?<=\\[nrtbf]))(?:[A-Za-z][A-Za-z0-9]{1,11}[_-]){1,4}(?<opaque>[A-Za-z0-9]{20,255})(?![A-Za-z0-9/.+=])/dy;

/** Newer tokens are made so: who gave it, what kind it is, and then letters of both cases and digits without any order. */
export const prefixedToken: Rule = {
  id: 'prefixed-token',
  title: 'tokens of any vendor that begin with words, as most do today: abc_live_…, abc-…',
  anchors: ['_', '-'],
  find({ text }, at): readonly Found[] {
    // Cheap first: most of these characters stand in names.
    for (let next = at + 1; next <= at + 20; next++) if (!isWord(text.charCodeAt(next))) return [];
    let start = at;
    while (start > 0 && at - start < 64 && /[A-Za-z0-9_-]/.test(text[start - 1] as string)) start--;
    if (text[start - 1] === '\\') start++;
    run.lastIndex = start;
    const match = run.exec(text);
    const [from, to] = match?.indices?.groups?.['opaque'] ?? [];
    if (match === null || from !== at + 1 || to === undefined || !isToken(text.slice(from, to), text[at])) return [];
    return [{ start, end: to }];
  },
  hits: [
    'got «abc_live_a8Xk29QmZ71pLw03TyBn» today',
    'key «tvxy-M5gj3Jev9qI3hv2KuTOrvF0gVrBq5Usi»',
    '{"a":"b\\n«abc_a8Xk29QmZ71pLw03TyBn»"}',
  ],
  misses: [
    'systemd-private-0123456789abcdef0123456789abcdef-a.service',
    'my-very-LongCamelCaseNameOfAClass2',
    'pod-7d9f8b6c5d4e3f2a1b0c9d8e7f6a5b4c',
    'test_ThisIsAnExampleOfCode2',
  ],
};

function isWord(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

const hex = /^(?:[0-9a-f]{32,}|[0-9a-z]{36,})$/;

/** Behind a dash, hexadecimal digits are as often the name of a container. */
function isToken(word: string, separator: string | undefined): boolean {
  return (/[A-Z]/.test(word) && isWithoutOrder(word)) || (separator === '_' && hex.test(word) && /\d.*\d/.test(word));
}
