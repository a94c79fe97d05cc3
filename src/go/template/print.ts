import { fail } from './error.ts';
import { shortestFloat } from './float.ts';
import type { Room } from './function.ts';
import {
  fieldsOf,
  floatOf,
  fromItem,
  isFloat,
  isList,
  isStruct,
  lookUp,
  mapOf,
  sortedKeys,
  type Value,
} from './value.ts';

const maxDepth = 100;

/** What an action writes for a value. */
export function printValue(value: Value, room: Room): string {
  return value === undefined || value === null ? '<no value>' : formatValue(value, room);
}

/** Go's `%v`. */
export function formatValue(value: Value, room: Room): string {
  return formatWith(value, (leaf) => scalarText(leaf), room, 0);
}

/** Writes lists and maps as Go does, with each scalar in them as `leaf` gives it. */
export function formatWith(value: Value, leaf: (value: Value) => string, room: Room, depth: number): string {
  if (depth > maxDepth) {
    return fail(`cannot print a value nested more than ${maxDepth} levels deep`);
  }
  const inner = (element: Value): string => formatWith(element, leaf, room, depth + 1);
  if (isList(value)) {
    room(value.length + 2);
    return `[${value.map((item) => inner(fromItem(item))).join(' ')}]`;
  }
  const map = mapOf(value);
  if (map !== undefined) {
    room(5);
    return `map[${sortedKeys(map)
      .map((key) => `${leaf(key)}:${inner(lookUp(value, key))}`)
      .join(' ')}]`;
  }
  if (isStruct(value)) {
    room(2);
    return `{${fieldsOf(value)
      .map(([, field]) => inner(field))
      .join(' ')}}`;
  }
  const text = leaf(value);
  room(text.length);
  return text;
}

/** Go's fmt.Sprint: a space between two operands when neither is a string. */
export function printAll(values: readonly Value[], room: Room): string {
  return values
    .map((value, index) => {
      const before = values[index - 1];
      const spaced = index > 0 && typeof value !== 'string' && typeof before !== 'string';
      return (spaced ? ' ' : '') + formatValue(value, room);
    })
    .join('');
}

export function scalarText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'symbol':
      return '';
    default:
      return isFloat(value) ? shortestFloat(floatOf(value)) : '<nil>';
  }
}

/** Go's strconv.Quote. */
export function quoteText(text: string): string {
  let quoted = '"';
  for (const character of text) {
    quoted += escaped(character);
  }
  return `${quoted}"`;
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function escaped(character: string): string {
  if (Object.hasOwn(escapes, character)) {
    return escapes[character] ?? character;
  }
  if (isPrintable(character)) {
    return character;
  }
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) {
    return `\\x${hex.padStart(2, '0')}`;
  }
  return code < 0x1_00_00 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Go's unicode.IsPrint. */
export function isPrintable(character: string): boolean {
  return character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);
}
