import { fail } from './error.ts';
import { define, defineVariadic, type GoFunctions } from './function.ts';
import { float, floatOf, isFloat, type Value } from './value.ts';

/** sprig's arithmetic: on 64-bit integers, and what is no number counts as 0. */
export const numbers: GoFunctions = {
  add: defineVariadic([], 'value', (values) => wrap(values.map(toInteger).reduce((sum, value) => sum + value, 0n))),
  add1: define(['value'], (value) => wrap(toInteger(value) + 1n)),
  sub: define(['value', 'value'], (a, b) => wrap(toInteger(a) - toInteger(b))),
  mul: defineVariadic(['value'], 'value', (first, others) => {
    return others.map(toInteger).reduce((product, value) => wrap(product * value), toInteger(first));
  }),
  div: define(['value', 'value'], (a, b) => wrap(toInteger(a) / divisor(b))),
  mod: define(['value', 'value'], (a, b) => toInteger(a) % divisor(b)),
  max: defineVariadic(['value'], 'value', (first, others) => {
    return others.map(toInteger).reduce(larger, toInteger(first));
  }),
  min: defineVariadic(['value'], 'value', (first, others) => {
    return others.map(toInteger).reduce((a, b) => -larger(-a, -b), toInteger(first));
  }),
  int: define(['value'], toInteger),
  int64: define(['value'], toInteger),
  float64: define(['value'], (value) => float(toFloat(value))),
  atoi: define(['text'], (text) => parseInteger(text) ?? 0n),
};

function toInteger(value: Value): bigint {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'string':
      return parseInteger(value) ?? 0n;
    default:
      return isFloat(value) ? truncate(floatOf(value)) : 0n;
  }
}

function toFloat(value: Value): number {
  if (isFloat(value)) {
    return floatOf(value);
  }
  if (typeof value === 'string') {
    return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) && Number.isFinite(Number(value))
      ? Number(value)
      : 0;
  }
  return Number(toInteger(value));
}

function truncate(number: number): bigint {
  return Number.isFinite(number) ? wrap(BigInt(Math.trunc(number))) : 0n;
}

/** Math.max takes no bigint. */
function larger(a: bigint, b: bigint): bigint {
  if (a > b) {
    return a;
  }
  return b;
}

function divisor(value: Value): bigint {
  const number = toInteger(value);
  return number === 0n ? fail('integer divide by zero') : number;
}

function wrap(number: bigint): bigint {
  return BigInt.asIntN(64, number);
}

function parseInteger(text: string): bigint | undefined {
  const [, sign, digits] = /^([+-]?)0*(\d{1,19})$/.exec(text) ?? [];
  if (digits === undefined) {
    return undefined;
  }
  const number = BigInt(digits) * (sign === '-' ? -1n : 1n);
  return wrap(number) === number ? number : undefined;
}
