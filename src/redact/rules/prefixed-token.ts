import { isWithoutOrder } from '../keys/opaque.ts';
import type { Found, Rule } from '../rule.ts';

const run = /(?:[A-Za-z][A-Za-z0-9]{1,11}[_-]){1,4}(?<opaque>[A-Za-z0-9]{20,255})(?![A-Za-z0-9/.+=])/dy;

/** Newer tokens are made so: who gave it, what kind it is, and then letters of both cases and digits without any order. */
export const prefixedToken: Rule = {
  id: 'prefixed-token',
  title: 'tokens of any vendor that begin with words, as most do today: abc_live_…, abc-…',
  anchors: [],
  run: 19,
  find({ text }, at): readonly Found[] {
    // The letter of an escape, in a string of JSON.
    const start = text[at - 1] === '\\' ? at + 1 : at;
    if (/[/.+]/.test(text[start - 1] ?? '')) return [];
    let isFirst = true;
    for (let sign = start + 1; sign - start <= 64; sign++) {
      const code = text.charCodeAt(sign);
      if (code !== 45 && code !== 95) {
        if (isWord(code)) continue;
        break;
      }
      const found = behind(text, start, sign, isFirst);
      if (found !== undefined) return found;
      isFirst = false;
    }
    return [];
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

/** Behind one of the signs that divide a run. */
function behind(text: string, start: number, sign: number, isFirst: boolean): readonly Found[] | undefined {
  let next = sign + 1;
  while (next <= sign + 20 && isWord(text.charCodeAt(next))) next++;
  const length = next - sign - 1;
  return (
    (length >= 20 ? ofOnePiece(text, start, sign) : undefined) ??
    (length >= 16 ? told(text, start, sign) : undefined) ??
    (isFirst ? ofManyPieces(text, start, sign) : undefined)
  );
}

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
  if (!kinds.test(text.slice(start, at + 1))) return undefined;
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

function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90);
}

const hex = /^(?:[0-9a-f]{32,}|[0-9a-z]{36,})$/;

/** Behind a dash, hexadecimal digits are as often the name of a container. */
function isToken(word: string, separator: string | undefined): boolean {
  return (/[A-Z]/.test(word) && isWithoutOrder(word)) || (separator === '_' && hex.test(word) && /\d.*\d/.test(word));
}
