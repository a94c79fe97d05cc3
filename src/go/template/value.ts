import { suggestion } from '../../contract/nearest.ts';
import { fail } from './error.ts';

const structMark = Symbol('struct');
const floatMark = Symbol('float');

/** What an absent part of an open struct reads as: empty, false and 0 at once, and so are all its fields. */
export const zero: unique symbol = Symbol('zero');

/** Plain JSON, in which a Go struct and an absent part are marked. An own key of an object is a key of a Go map. */
export type TemplateData =
  | null
  | boolean
  | number
  | string
  | Struct
  | typeof zero
  | readonly TemplateData[]
  | { readonly [key: string]: TemplateData };

/** A Go struct: unlike a map's missing key, an unknown field is an error, or the zero value when it is open. */
export interface Struct {
  readonly [structMark]: { readonly fields: GoMap; readonly open: boolean; readonly absent: Value };
}

/** Go's float64; an integer is a bigint, so that the two stay apart as they do in Go. */
export interface Float {
  readonly [floatMark]: number;
}

export interface GoMap {
  readonly [key: string]: Item;
}

/** `undefined` is what a missing key gives, `null` a nil that stands in the data. */
export type Value =
  | undefined
  | null
  | boolean
  | bigint
  | string
  | Float
  | Struct
  | typeof zero
  | readonly Item[]
  | GoMap;

/** What lists and maps hold: JSON's numbers become integers or floats when they are read. */
export type Item = Value | number;

export type Kind = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'list' | 'map' | 'struct' | 'zero';

export function struct(fields: { readonly [key: string]: TemplateData }): Struct {
  return { [structMark]: { fields, open: false, absent: undefined } };
}

/**
 * A struct whose Go type we do not carry: a field is found by its Go name or its JSON name, in any case of letters, and
 * an unknown one reads as `absent`. What is below it is open too.
 */
export function openStruct(
  fields: { readonly [key: string]: TemplateData },
  absent: Struct | typeof zero = zero,
): Struct {
  return { [structMark]: { fields, open: true, absent } };
}

export function float(number: number): Float {
  return { [floatMark]: number };
}

export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'string':
      return 'string';
    case 'symbol':
      return 'zero';
    case 'object':
      break;
  }
  if (value === null) {
    return 'nil';
  }
  if (isList(value)) {
    return 'list';
  }
  if (isFloat(value)) {
    return 'float';
  }
  return isStruct(value) ? 'struct' : 'map';
}

export function isList(value: Value): value is readonly Item[] {
  return Array.isArray(value);
}

export function isFloat(value: Value): value is Float {
  return typeof value === 'object' && value !== null && floatMark in value;
}

export function isStruct(value: Value): value is Struct {
  return typeof value === 'object' && value !== null && structMark in value;
}

export function floatOf(value: Float): number {
  return value[floatMark];
}

export function fromItem(item: Item): Value {
  if (typeof item !== 'number') {
    return item;
  }
  return Number.isSafeInteger(item) ? BigInt(item) : float(item);
}

/** The entries of a map, or of an open struct, which may stand for one; undefined for all else. */
export function mapOf(value: Value): GoMap | undefined {
  if (typeof value !== 'object' || value === null || isList(value) || isFloat(value)) {
    return undefined;
  }
  if (!isStruct(value)) {
    return value;
  }
  return value[structMark].open ? value[structMark].fields : undefined;
}

/** The fields of a struct in the order of its declaration. */
export function fieldsOf(value: Struct): readonly (readonly [string, Value])[] {
  const { fields } = value[structMark];
  return Object.keys(fields).map((name) => [name, fromItem(fields[name])]);
}

/** What `map.key` holds; inherited names such as `constructor` are absent. */
export function lookUp(map: Value, key: string): Value {
  const entries = mapOf(map);
  if (entries === undefined || !Object.hasOwn(entries, key)) {
    return undefined;
  }
  return isStruct(map) ? opened(entries[key]) : fromItem(entries[key]);
}

/** The keys of a map in the order in which Go ranges over them. */
export function sortedKeys(map: GoMap): readonly string[] {
  return Object.keys(map).sort(compareText);
}

/** As Go compares text: by code point, not by UTF-16 unit. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(at) !== b.charCodeAt(at)) {
      return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0);
    }
  }
  return a.length - b.length;
}

export function fieldOf(receiver: Value, name: string): Value {
  if (receiver === undefined || receiver === zero) {
    return receiver;
  }
  if (receiver === null) {
    return fail(`nil pointer evaluating .${name}`);
  }
  if (isStruct(receiver)) {
    return structField(receiver, name);
  }
  if (mapOf(receiver) !== undefined) {
    return lookUp(receiver, name);
  }
  return fail(`can't evaluate field ${name} in a value of type ${typeName(receiver)}`);
}

function structField(value: Struct, name: string): Value {
  const { fields, open, absent } = value[structMark];
  if (!open) {
    return Object.hasOwn(fields, name)
      ? fromItem(fields[name])
      : fail(`can't evaluate field ${name}${suggestion(name, Object.keys(fields))}`);
  }
  if (!/^\p{Lu}/u.test(name)) {
    return fail(`can't evaluate field ${name}: the fields of the Installer begin with a capital letter`);
  }
  const key = foldedKeys(fields).get(name.toLowerCase());
  return (key === undefined ? undefined : opened(fields[key])) ?? absent;
}

const folded = new WeakMap<GoMap, ReadonlyMap<string, string>>();

function foldedKeys(fields: GoMap): ReadonlyMap<string, string> {
  let keys = folded.get(fields);
  if (keys === undefined) {
    keys = new Map(Object.keys(fields).map((key) => [key.toLowerCase(), key]));
    folded.set(fields, keys);
  }
  return keys;
}

const openCopies = new WeakMap<object, Value>();

function opened(item: Item): Value {
  const value = fromItem(item);
  if (typeof value !== 'object' || value === null || isFloat(value) || isStruct(value)) {
    return value;
  }
  const known = openCopies.get(value);
  if (known !== undefined) {
    return known;
  }
  if (!isList(value)) {
    const copy = { [structMark]: { fields: value, open: true, absent: zero } };
    openCopies.set(value, copy);
    return copy;
  }
  const copy: Value[] = [];
  // Before it is filled: an anchor of YAML can put a list into itself.
  openCopies.set(value, copy);
  copy.push(...value.map(opened));
  return copy;
}

export function typeName(value: Value): string {
  return kindOf(value) === 'float' ? 'float64' : kindOf(value);
}

export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'bigint':
      return value !== 0n;
    case 'string':
      return value !== '';
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) {
    return false;
  }
  if (isList(value)) {
    return value.length > 0;
  }
  if (isFloat(value)) {
    return floatOf(value) !== 0;
  }
  const entries = mapOf(value);
  return entries === undefined || Object.keys(entries).length > 0 || isStruct(value);
}
