import { fail } from './error.ts';
import { fromItem, type Item, isList, lookUp, mapOf, sortedKeys, typeName, type Value, zero } from './value.ts';

/** Pairs of index and element. Elements are made one by one: an integer may be huge, and the steps are counted. */
export function iterate(value: Value, variables: number): Iterable<readonly [Value, Value]> {
  if (value === undefined || value === null || value === zero) {
    return [];
  }
  if (isList(value)) {
    return listEntries(value);
  }
  if (typeof value === 'bigint') {
    return variables > 1 ? fail(`can't use ${value} to iterate over more than one variable`) : countTo(value);
  }
  const map = mapOf(value);
  if (map === undefined) {
    return fail(`range can't iterate over a value of type ${typeName(value)}`);
  }
  return sortedKeys(map).map((key) => [key, lookUp(value, key)] as const);
}

function* listEntries(list: readonly Item[]): Generator<readonly [Value, Value]> {
  for (const [index, element] of list.entries()) {
    yield [BigInt(index), fromItem(element)];
  }
}

function* countTo(end: bigint): Generator<readonly [Value, Value]> {
  for (let number = 0n; number < end; number++) {
    yield [undefined, number];
  }
}
