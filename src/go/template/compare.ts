import { fail } from './error.ts';
import { define, defineVariadic, type GoFunctions } from './function.ts';
import { compareText, float, floatOf, isFloat, isTrue, kindOf, type Value, zero } from './value.ts';

type Comparable = boolean | bigint | number | string;

/** `and` and `or` are not here: they do not evaluate all their arguments. */
export const comparisons: GoFunctions = {
  not: define(['value'], (value) => !isTrue(value)),
  eq: defineVariadic(['value'], 'value', (first, others) => {
    if (others.length === 0) {
      return fail('missing argument for comparison');
    }
    return others.some((other) => isEqual(first, other));
  }),
  ne: define(['value', 'value'], (first, second) => !isEqual(first, second)),
  lt: define(['value', 'value'], (first, second) => order(first, second) < 0),
  le: define(['value', 'value'], (first, second) => order(first, second) <= 0),
  gt: define(['value', 'value'], (first, second) => order(first, second) > 0),
  ge: define(['value', 'value'], (first, second) => order(first, second) >= 0),
};

export function isEqual(first: Value, second: Value): boolean {
  const [a, b] = alike(first, second);
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind === 'nil' || other === 'nil') {
    return kind === other;
  }
  if (kind !== other) {
    return fail(`incompatible types for comparison: ${kind} and ${other}`);
  }
  if (kind === 'zero') {
    return true;
  }
  const left = comparable(a);
  return left === undefined ? fail(`non-comparable type ${kind}`) : left === comparable(b);
}

/** Below 0, 0 or above 0, as the first value stands to the second; NaN when they have no order. */
function order(first: Value, second: Value): number {
  const [a, b] = alike(first, second);
  const left = comparable(a);
  const right = comparable(b);
  if (left === undefined || right === undefined) {
    return fail('invalid type for comparison');
  }
  if (kindOf(a) !== kindOf(b)) {
    return fail(`incompatible types for comparison: ${kindOf(a)} and ${kindOf(b)}`);
  }
  if (typeof left === 'boolean') {
    return fail('invalid type for comparison');
  }
  if (typeof left === 'string' && typeof right === 'string') {
    return compareText(left, right);
  }
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The zero value takes the type of what it is compared with. */
function alike(first: Value, second: Value): readonly [Value, Value] {
  if (first === zero) {
    return [zeroOf(second), second === zero ? zeroOf(second) : second];
  }
  return [first, second === zero ? zeroOf(first) : second];
}

function zeroOf(other: Value): Value {
  switch (kindOf(other)) {
    case 'bool':
      return false;
    case 'int':
      return 0n;
    case 'float':
      return float(0);
    case 'nil':
      return null;
    case 'string':
    case 'zero':
      return '';
    default:
      return zero;
  }
}

function comparable(value: Value): Comparable | undefined {
  if (typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'string') {
    return value;
  }
  return isFloat(value) ? floatOf(value) : undefined;
}
