import { comparisons } from './compare.ts';
import { fail } from './error.ts';
import { define, defineVariadic, type GoFunction, type GoFunctions, type Room } from './function.ts';
import { formatValue, isPrintable, printAll } from './print.ts';
import { formatText } from './printf.ts';
import { byteLength, sliceBytes } from './text.ts';
import { fromItem, isList, lookUp, mapOf, typeName, type Value, zero } from './value.ts';

/** The functions that text/template itself has. https://pkg.go.dev/text/template#hdr-Functions */
export const builtins: GoFunctions = {
  ...comparisons,
  call: defineVariadic(['value'], 'value', () => fail('call: no value of a template is a function')),
  index: defineVariadic(['value'], 'value', (value, keys) => {
    if (value === null) {
      return fail('index of untyped nil');
    }
    return keys.reduce<Value>(elementAt, value);
  }),
  slice: defineVariadic(['value'], 'value', slice),
  len: define(['value'], (value) => {
    if (typeof value === 'string') {
      return BigInt(byteLength(value));
    }
    const map = mapOf(value);
    if (isList(value) || value === zero) {
      return BigInt(isList(value) ? value.length : 0);
    }
    return map === undefined ? fail(`len of type ${typeName(value)}`) : BigInt(Object.keys(map).length);
  }),
  print: defineVariadic([], 'value', printAll),
  println: defineVariadic([], 'value', (values, room) => {
    return `${values.map((value) => formatValue(value, room)).join(' ')}\n`;
  }),
  printf: defineVariadic(['text'], 'value', formatText),
  html: escaping(htmlCharacter),
  js: escaping(jsCharacter),
  urlquery: escaping(queryCharacter),
};

function elementAt(value: Value, key: Value): Value {
  if (isList(value)) {
    const at = position(key, value.length);
    return at < value.length ? fromItem(value[at]) : fail(`index out of range: ${at}`);
  }
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    const byte = bytes[position(key, bytes.length)];
    return byte === undefined ? fail('index out of range') : BigInt(byte);
  }
  if (value === zero && typeof key === 'string') {
    return zero;
  }
  if (mapOf(value) === undefined) {
    return fail(`can't index item of type ${typeName(value)}`);
  }
  return typeof key === 'string' ? lookUp(value, key) : fail(`value has type ${typeName(key)}; should be string`);
}

function slice(value: Value, bounds: readonly Value[]): Value {
  const length = typeof value === 'string' ? byteLength(value) : isList(value) ? value.length : value === zero ? 0 : -1;
  if (length < 0 || bounds.length > (typeof value === 'string' ? 2 : 3)) {
    return fail(
      length < 0 ? `can't slice item of type ${typeName(value)}` : `too many slice indexes: ${bounds.length}`,
    );
  }
  const [from = 0, to = length, end = length] = bounds.map((bound) => position(bound, length));
  if (from > to || to > end) {
    return fail(`invalid slice index: ${from} > ${to}`);
  }
  return typeof value === 'string' ? sliceBytes(value, from, to) : isList(value) ? value.slice(from, to) : value;
}

function position(key: Value, length: number): number {
  const at = key === zero ? 0n : key;
  if (typeof at !== 'bigint') {
    return fail(`cannot index slice/array with type ${typeName(at)}`);
  }
  return at < 0n || at > length ? fail(`index out of range: ${at}`) : Number(at);
}

function escaping(escapeOne: (character: string) => string): GoFunction {
  return defineVariadic([], 'value', (values, room: Room) => {
    let text = '';
    const shown = values.map((value) => (value === null ? '<no value>' : value));
    for (const character of printAll(shown, room)) {
      const escaped = escapeOne(character);
      room(escaped.length - 1);
      text += escaped;
    }
    return text;
  });
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

function htmlCharacter(character: string): string {
  return htmlEscapes[character] ?? character;
}

function jsCharacter(character: string): string {
  if (character === '\\' || character === "'" || character === '"') {
    return `\\${character}`;
  }
  const code = character.codePointAt(0) ?? 0;
  const plain = code >= 0x20 && !'<>&='.includes(character) && (code < 0x80 || isPrintable(character));
  return plain ? character : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function queryCharacter(character: string): string {
  if (/^[A-Za-z0-9\-_.~]$/.test(character)) {
    return character;
  }
  if (character === ' ') {
    return '+';
  }
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
