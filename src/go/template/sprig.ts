import { isEqual } from './compare.ts';
import { fail } from './error.ts';
import { define, defineVariadic, type GoFunctions, type Room } from './function.ts';
import { numbers } from './numbers.ts';
import { formatValue, quoteText } from './print.ts';
import { semverCompare } from './semver.ts';
import { strings } from './strings.ts';
import {
  fromItem,
  type GoMap,
  type Item,
  isList,
  isTrue,
  kindOf,
  lookUp,
  mapOf,
  sortedKeys,
  type Value,
  zero,
} from './value.ts';

/**
 * The sprig functions that specs use and those near to them. What reads the host, the network, the clock or chance, and
 * what repeats without a bound, stays out. https://masterminds.github.io/sprig/
 */
export const sprigFunctions: GoFunctions = {
  ...strings,
  ...numbers,
  semverCompare: define(['text', 'text'], semverCompare),

  default: defineVariadic(['value'], 'value', (fallback, [given]) => (isEmpty(given) ? fallback : given)),
  empty: define(['value'], isEmpty),
  coalesce: defineVariadic([], 'value', (values) => values.find((value) => !isEmpty(value)) ?? null),
  ternary: define(['value', 'value', 'bool'], (yes, no, choice) => (choice ? yes : no)),
  fail: define(['text'], (message) => fail(message)),

  quote: defineVariadic([], 'value', (values, room) => {
    return present(values)
      .map((value) => quoteText(formatValue(value, room)))
      .join(' ');
  }),
  squote: defineVariadic([], 'value', (values, room) => {
    return present(values)
      .map((value) => `'${formatValue(value, room)}'`)
      .join(' ');
  }),
  cat: defineVariadic([], 'value', (values, room) => {
    return present(values)
      .map((value) => formatValue(value, room))
      .join(' ');
  }),
  toString: define(['value'], (value, room) => {
    const scalar = !isList(value) && mapOf(value) === undefined && kindOf(value) !== 'struct';
    return scalar ? formatValue(value, room) : fail(`toString of a ${kindOf(value)}`);
  }),
  join: define(['text', 'value'], join),

  list: defineVariadic([], 'value', (values) => values),
  first: define(['list'], (list) => fromItem(list[0])),
  last: define(['list'], (list) => fromItem(list.at(-1))),
  rest: define(['list'], (list) => list.slice(1)),
  initial: define(['list'], (list) => list.slice(0, -1)),
  has: define(['value', 'value'], (needle, haystack) => {
    if (haystack === null) {
      return false;
    }
    return isList(haystack) ? haystack.some((item) => isSame(needle, fromItem(item))) : fail('has: not a list');
  }),

  dict: defineVariadic([], 'value', (values, room) => {
    const entries: [string, Value][] = [];
    for (let at = 0; at < values.length; at += 2) {
      entries.push([formatValue(values[at], room), at + 1 < values.length ? values[at + 1] : '']);
    }
    return Object.fromEntries(entries);
  }),
  get: define(['map', 'text'], (map, key) => {
    return Object.hasOwn(mapOf(map) ?? {}, key) ? lookUp(map, key) : '';
  }),
  hasKey: define(['map', 'text'], (map, key) => Object.hasOwn(mapOf(map) ?? {}, key)),
  keys: defineVariadic([], 'map', (maps) => maps.flatMap((map) => sortedKeys(mapOf(map) ?? {}))),
  split: define(['text', 'text'], (separator, text) => {
    return Object.fromEntries(splitText(text, separator).map((part, index) => [`_${index}`, part])) satisfies GoMap;
  }),
  splitList: define(['text', 'text'], (separator, text) => splitText(text, separator)),
};

/** sprig's notion: a struct is never empty. */
function isEmpty(value: Value): boolean {
  return !isTrue(value);
}

function present(values: readonly Value[]): readonly Value[] {
  return values.filter((value) => value !== null && value !== undefined);
}

function join(separator: string, value: Value, room: Room): string {
  if (value === null || value === zero) {
    return '';
  }
  const items: readonly Item[] = isList(value) ? value : [value];
  const texts = present(items.map(fromItem)).map((item) => formatValue(item, room));
  room(separator.length * texts.length);
  return texts.join(separator);
}

function splitText(text: string, separator: string): string[] {
  return separator === '' ? [...text] : text.split(separator);
}

function isSame(first: Value, second: Value): boolean {
  return kindOf(first) === kindOf(second) && !isList(first) && mapOf(first) === undefined && isEqual(first, second);
}
