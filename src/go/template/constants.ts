import { fail } from './error.ts';
import { float, type Value } from './value.ts';

// Go's literals as text/template takes them: https://go.dev/ref/spec#Lexical_elements

const maxInt = 2n ** 63n - 1n;
const minInt = -(2n ** 63n);

export function numberConstant(text: string): Value {
  if (text.endsWith('i') && !/^[+-]?0[xX]/.test(text)) {
    return fail(`imaginary numbers are not supported: ${text}`);
  }
  const integer = parseInteger(text);
  if (integer !== undefined) {
    return integer;
  }
  const plain = text.replaceAll('_', '');
  const decimal = /^[+-]?(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?$/.test(text);
  if (!decimal || !/[.eE]/.test(text) || !Number.isFinite(Number(plain))) {
    return fail(`illegal number syntax: "${text}"`);
  }
  return float(Number(plain));
}

const shapes = {
  2: /^[+-]?0[bB](_?[01])+$/,
  8: /^[+-]?0([oO])?(_?[0-7])+$/,
  10: /^[+-]?(0|[1-9](_?[0-9])*)$/,
  16: /^[+-]?0[xX](_?[0-9a-fA-F])+$/,
} as const;

/** Undefined when the text is no integer or does not fit 64 bits. */
function parseInteger(text: string): bigint | undefined {
  const radix = ([2, 8, 10, 16] as const).find((base) => shapes[base].test(text));
  if (radix === undefined) {
    return undefined;
  }
  const digits = text
    .replace(/^[+-]/, '')
    .replaceAll('_', '')
    .replace(/^0[xXoObB]/, '')
    .replace(/^0+(?=.)/, '');
  if (digits.length > 64) {
    return undefined;
  }
  const prefix = { 2: '0b', 8: '0o', 10: '', 16: '0x' }[radix];
  const value = BigInt(prefix + digits) * (text.startsWith('-') ? -1n : 1n);
  return value > maxInt || value < minInt ? undefined : value;
}

/** `'x'` is the number of its character. */
export function characterConstant(text: string): Value {
  const characters = [...unescaped(text.slice(1, -1), "'")];
  const only = characters[0];
  if (characters.length !== 1 || only === undefined) {
    return fail(`malformed character constant: ${text}`);
  }
  return BigInt(typeof only === 'number' ? only : (only.codePointAt(0) ?? 0));
}

export function stringConstant(text: string): string {
  if (!text.includes('\\')) {
    return text.slice(1, -1);
  }
  const parts = [...unescaped(text.slice(1, -1), '"')];
  if (!parts.some((part) => typeof part === 'number')) {
    return parts.join('');
  }
  const encoder = new TextEncoder();
  const bytes = parts.flatMap((part) => (typeof part === 'number' ? [part] : [...encoder.encode(part)]));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
}

/** Go drops carriage returns from raw strings. */
export function rawConstant(text: string): string {
  return text.slice(1, -1).replaceAll('\r', '');
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** Characters, and as numbers the bytes that `\xff` and `\377` write, which are not characters yet. */
function* unescaped(body: string, quote: string): Generator<string | number> {
  let at = 0;
  while (at < body.length) {
    const character = String.fromCodePoint(body.codePointAt(at) ?? 0);
    if (character !== '\\') {
      at += character.length;
      yield character;
      continue;
    }
    const { value, length } = escapeAt(body, at + 1, quote);
    at += 1 + length;
    yield value;
  }
}

function escapeAt(
  body: string,
  at: number,
  quote: string,
): { readonly value: string | number; readonly length: number } {
  const letter = body[at] ?? '';
  if (letter === quote) {
    return { value: letter, length: 1 };
  }
  if (Object.hasOwn(simpleEscapes, letter)) {
    return { value: simpleEscapes[letter] ?? '', length: 1 };
  }
  const [, digits, octal] = /^(?:x([\da-fA-F]{2})|([0-7]{3}))/.exec(body.slice(at, at + 3)) ?? [];
  const byte = digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16);
  if (byte <= 255) {
    return { value: byte < 0x80 ? String.fromCharCode(byte) : byte, length: 3 };
  }
  const unicode = /^(?:u([\da-fA-F]{4})|U([\da-fA-F]{8}))/.exec(body.slice(at, at + 9));
  const code = Number.parseInt(unicode?.[1] ?? unicode?.[2] ?? '', 16);
  if (unicode === null || code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff)) {
    return fail('invalid syntax in a quoted constant');
  }
  return { value: String.fromCodePoint(code), length: unicode[0].length };
}
