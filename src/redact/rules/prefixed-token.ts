import { isWithoutOrder } from '../keys/opaque.ts';
import type { Found, Rule } from '../rule.ts';

const run = /(?:[A-Za-z][A-Za-z0-9]{1,11}[_-]){1,4}(?<opaque>[A-Za-z0-9]{20,255})(?![A-Za-z0-9/.+=])/dy;

/** Newer tokens are made so: who gave it, what kind it is, and then letters of both cases and digits without any order. */
export const prefixedToken: Rule = {
  id: 'prefixed-token',
  title: 'tokens of any vendor that begin with words, as most do today: abc_live_…, abc-…',
  anchors: ['_', '-'],
  find({ text }, at): readonly Found[] {
    // Cheap first: most of these characters stand in names.
    let next = at + 1;
    while (next <= at + 20 && isWord(text.charCodeAt(next))) next++;
    const first = next - at - 1;
    const isTold = first >= 16 && kinds.test(text.slice(Math.max(0, at - 8), at + 1));
    if (first < 20 && !isTold && !isLong(text, at)) return [];
    let start = at;
    while (start > 0 && at - start < 64 && isJoined(text.charCodeAt(start - 1))) start--;
    if (text[start - 1] === '\\') start++;
    if (/[A-Za-z0-9_/.+-]/.test(text[start - 1] ?? '') && !/\\[nrtbf]$/.test(text.slice(start - 2, start))) return [];
    return (
      (first >= 20 ? ofOnePiece(text, start, at) : undefined) ??
      (isTold ? told(text, start, at) : undefined) ??
      ofManyPieces(text, start, at) ??
      []
    );
  },
  hits: [
    'got «abc_live_a8Xk29QmZ71pLw03TyBn» today',
    'key «tvxy-M5gj3Jev9qI3hv2KuTOrvF0gVrBq5Usi»',
    '{"a":"b\\n«abc_a8Xk29QmZ71pLw03TyBn»"}',
    'A=«abc_a8Xk29QmZ71pLw03TyBn»',
    'with «acme_Zk2-9xQ4b_T7mW0e-Ls8Rj3Vn1» in it',
    'with «acme_live_0a9b8c7d6e5f4a3b» in it',
    'with «sk-0a9b8c7d6e5f4a3b2c1d» in it',
  ],
  misses: [
    'systemd-private-0123456789abcdef0123456789abcdef-a.service',
    'my-very-LongCamelCaseNameOfAClass2',
    'pod-7d9f8b6c5d4e3f2a1b0c9d8e7f6a5b4c',
    'test_ThisIsAnExampleOfCode2',
    'app-7d9f8b6c5d4e3f2a1b0c',
    'integrity sha512-Zk29xQ4bT7mW0eLs8Rj3Vn1Zk29xQ4bT7mW0eLs8Rj3Vn1==',
    'live_migration_of_2_hosts_1',
  ],
};

function ofOnePiece(text: string, start: number, at: number): readonly Found[] | undefined {
  run.lastIndex = start;
  const match = run.exec(text);
  const [from, to] = match?.indices?.groups?.['opaque'] ?? [];
  if (match === null || from !== at + 1 || to === undefined || !isToken(text.slice(from, to), text[at]))
    return undefined;
  return [{ start, end: to }];
}

/** What kind of token it is, right before it; behind a dash fewer of these tell it from a name. */
const kinds =
  /(?:^|[^A-Za-z0-9])(?:(?:sk|pk|rk|pat|tok|token|secret|apikey)[_-]|(?:key|api|live|test|prod|auth|oauth|access|refresh|sess)_)$/i;
const short = /[A-Za-z0-9]{16,255}(?![A-Za-z0-9/.+-])/y;

function told(text: string, start: number, at: number): readonly Found[] | undefined {
  short.lastIndex = at + 1;
  const body = short.exec(text)?.[0];
  if (body === undefined || !/(?:\d.*){3}/.test(body) || !/[A-Za-z].*[A-Za-z]/.test(body)) return undefined;
  return [{ start, end: at + 1 + body.length }];
}

const pieces = /[A-Za-z]{2,10}[_-](?<body>[A-Za-z0-9_-]{24,255})(?![A-Za-z0-9/.+=])/y;

/** With dashes and underscores in it, as base64 for URLs has them. */
function ofManyPieces(text: string, start: number, at: number): readonly Found[] | undefined {
  pieces.lastIndex = start;
  const match = pieces.exec(text);
  const body = match?.groups?.['body'];
  if (body === undefined || start + (match?.[0].length ?? 0) - body.length !== at + 1) return undefined;
  const plain = body.replace(/[_-]/g, '');
  const isMixed = /[A-Z]/.test(plain) && /[a-z]/.test(plain) && plain.length >= 22 && isWithoutOrder(plain);
  return isMixed ? [{ start, end: at + 1 + body.length }] : undefined;
}

/** Whether it is the first of its kind in a word, behind letters alone, and enough follows in that word. */
function isLong(text: string, at: number): boolean {
  if (!isJoined(text.charCodeAt(at + 24)) || !isJoined(text.charCodeAt(at + 12))) return false;
  let before = at - 1;
  while (at - before <= 10 && isLetter(text.charCodeAt(before))) before--;
  if (at - before < 3 || isJoined(text.charCodeAt(before))) return false;
  for (let next = at + 1; next <= at + 24; next++) if (!isJoined(text.charCodeAt(next))) return false;
  return true;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Letters, digits, `-`, `_`. */
function isJoined(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45 || code === 95;
}

function isWord(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57);
}

const hex = /^(?:[0-9a-f]{32,}|[0-9a-z]{36,})$/;

/** Behind a dash, hexadecimal digits are as often the name of a container. */
function isToken(word: string, separator: string | undefined): boolean {
  return (/[A-Z]/.test(word) && isWithoutOrder(word)) || (separator === '_' && hex.test(word) && /\d.*\d/.test(word));
}
