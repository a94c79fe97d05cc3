import { fail } from './error.ts';
import {
  type Float,
  floatOf,
  type GoMap,
  type Item,
  isFloat,
  isList,
  mapOf,
  typeName,
  type Value,
  zero,
} from './value.ts';

/** What each kind of parameter hands to the function. `text` is Go's string, `count` its int. */
interface Parameters {
  readonly value: Value;
  readonly text: string;
  readonly count: number;
  readonly bool: boolean;
  readonly list: readonly Item[];
  readonly map: Exclude<Value, undefined | null | boolean | bigint | string | Float>;
}

type ParameterKind = keyof Parameters;
type Arguments<Kinds extends readonly ParameterKind[]> = { [Index in keyof Kinds]: Parameters[Kinds[Index]] };

/** Called with the number of bytes that are about to be made; fails when there is no room for them. */
export type Room = (bytes: number) => void;

export interface GoFunction {
  readonly fixed: readonly ParameterKind[];
  /** The kind of each further argument, if there may be any. */
  readonly variadic: ParameterKind | undefined;
  readonly call: (fixed: readonly unknown[], rest: readonly unknown[], room: Room) => Value;
}

export type GoFunctions = Readonly<Record<string, GoFunction>>;

export function define<const Kinds extends readonly ParameterKind[]>(
  fixed: Kinds,
  call: (...values: [...Arguments<Kinds>, Room]) => Value,
): GoFunction {
  return {
    fixed,
    variadic: undefined,
    // callFunction has converted each argument to its kind.
    call: (values, _rest, room) => call(...(values as Arguments<Kinds>), room),
  };
}

export function defineVariadic<const Kinds extends readonly ParameterKind[], Rest extends ParameterKind>(
  fixed: Kinds,
  variadic: Rest,
  call: (...values: [...Arguments<Kinds>, readonly Parameters[Rest][], Room]) => Value,
): GoFunction {
  return {
    fixed,
    variadic,
    // As above.
    call: (values, rest, room) => call(...(values as Arguments<Kinds>), rest as readonly Parameters[Rest][], room),
  };
}

/** Calls a function whose number of arguments has been checked. */
export function callFunction(name: string, goFunction: GoFunction, values: readonly Value[], room: Room): Value {
  const { fixed, variadic, call } = goFunction;
  room(workOf(values));
  const converted = values.map((value, index) => convert(name, value ?? null, fixed[index] ?? variadic ?? 'value'));
  const result = call(converted.slice(0, fixed.length), converted.slice(fixed.length), room);
  room(sizeOf(result));
  return result;
}

/** Searching one text in another may cost the product of their lengths. */
function workOf(values: readonly Value[]): number {
  const lengths = values.map(sizeOf).sort((a, b) => b - a);
  const [longest = 0, second = 0] = lengths;
  return Math.floor(longest / 16 + (longest * second) / 1024);
}

function sizeOf(value: Value): number {
  if (typeof value === 'string') {
    return value.length;
  }
  return isList(value) ? value.length * 8 : 0;
}

function convert(name: string, value: Value, kind: ParameterKind): Parameters[ParameterKind] {
  const converted = convertTo[kind](value);
  return converted === undefined
    ? fail(`wrong type for an argument of ${name}: expected ${kindNames[kind]}; got ${typeName(value)}`)
    : converted;
}

const kindNames: Readonly<Record<ParameterKind, string>> = {
  value: 'a value',
  text: 'string',
  count: 'int',
  bool: 'bool',
  list: 'list',
  map: 'map',
};

const convertTo: { readonly [Kind in ParameterKind]: (value: Value) => Parameters[Kind] | undefined } = {
  value: (value) => value,
  text: (value) => (typeof value === 'string' ? value : value === zero ? '' : undefined),
  count: (value) => {
    if (typeof value === 'bigint') {
      return Number(value);
    }
    if (isFloat(value)) {
      return Number.isInteger(floatOf(value)) ? floatOf(value) : undefined;
    }
    return value === zero ? 0 : undefined;
  },
  bool: (value) => (typeof value === 'boolean' ? value : value === zero ? false : undefined),
  list: (value) => (isList(value) ? value : value === zero ? [] : undefined),
  map: (value) => (mapOf(value) === undefined ? (value === zero ? emptyMap : undefined) : (value as GoMap)),
};

const emptyMap: GoMap = {};
