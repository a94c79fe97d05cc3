import { describe, expect, test } from '@jest/globals';
import type { Schema } from './schema.ts';
import { resultMismatch, validatorOf } from './validator.ts';

const list: Schema = {
  type: 'object',
  description: 'x',
  properties: { sizes: { type: 'array', description: 'x', items: { type: 'number', description: 'x' } } },
};

describe('data from outside', () => {
  test('T1: the place of the first mismatch is told', () => {
    expect(resultMismatch(list, { sizes: [1, 'two', 'three'] })).toBe('/sizes/1 must be number');
    expect(resultMismatch(list, [])).toBe('the document must be object');
    expect(resultMismatch(list, { sizes: [1], more: {} })).toBeUndefined();
  });

  test('T7: a million bad items are one error', () => {
    const sizes = Array.from({ length: 1_000_000 }, () => 'x');
    expect(resultMismatch(list, { sizes })).toBe('/sizes/0 must be number');
    expect(validatorOf(list, 'result').errors).toHaveLength(1);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('T3, T7: %s is no number', (value) => {
    expect(resultMismatch(list, { sizes: [value] })).toBe('/sizes/0 must be number');
  });

  test('T3: what overflows to Infinity does not fit', () => {
    expect(resultMismatch(list, JSON.parse('{"sizes":[1e999]}'))).toBe('/sizes/0 must be number');
  });
});
