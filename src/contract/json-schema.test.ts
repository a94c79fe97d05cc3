import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parseBoolTexts, toJsonSchema } from './json-schema.ts';
import { manifestSchema } from './manifest.ts';
import type { ObjectSchema } from './schema.ts';

const schema = {
  type: 'object',
  description: 'Everything',
  required: ['name'],
  properties: {
    name: { type: 'string', description: 'Name', minLength: 1 },
    state: { type: 'string', description: 'State', enum: ['up', 'down'], nullable: true },
    timeout: { type: 'string', description: 'Timeout', format: 'go-duration', default: '10s' },
    port: { type: 'integer', description: 'Port', minimum: 0, maximum: 65535, default: 80, nullable: true },
    exclude: { type: 'boolean', description: 'Exclude', parseBool: true, default: false },
    strict: { type: 'boolean', description: 'Strict', nullable: true },
    list: { type: 'array', description: 'List', items: { type: 'number', description: 'Number' } },
    headers: {
      type: 'object',
      description: 'Headers',
      properties: {},
      values: { type: 'string', description: 'Value' },
    },
  },
} as const satisfies ObjectSchema;

describe('toJsonSchema', () => {
  test('keeps what it says', () => {
    expect(toJsonSchema(schema)).toMatchObject({
      type: 'object',
      description: 'Everything',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', description: 'Name', minLength: 1 },
        state: { type: ['string', 'null'], enum: ['up', 'down', null] },
        timeout: { type: 'string', default: '10s', pattern: expect.any(String) },
        port: { type: ['integer', 'null'], minimum: 0, maximum: 65535, default: 80 },
        exclude: {
          anyOf: [{ type: 'boolean' }, { type: 'string', enum: parseBoolTexts }],
          description: 'Exclude',
          default: false,
        },
        strict: { type: ['boolean', 'null'] },
        list: { type: 'array', items: { type: 'number', description: 'Number' } },
        headers: { type: 'object', additionalProperties: { type: 'string', description: 'Value' } },
      },
    });
  });

  test('open, it knows neither all keys nor all words', () => {
    const open = toJsonSchema(schema, { open: true });
    expect(open).not.toHaveProperty('additionalProperties');
    expect(open).not.toHaveProperty('properties.state.enum');
    const validate = new Ajv({ strict: true }).compile(open);
    expect(validate({ name: 'a', state: 'sideways', more: 1 })).toBe(true);
    expect(validate({ name: 'a', headers: { a: 1 } })).toBe(false);
  });

  const validate = new Ajv({ strict: true, useDefaults: true }).compile(toJsonSchema(schema));

  test('ajv compiles it strictly and fills in defaults', () => {
    const value = { name: 'a' };
    expect(validate(value)).toBe(true);
    expect(value).toEqual({ name: 'a', timeout: '10s', port: 80, exclude: false });
  });

  test.each([
    [{ name: 'a', more: 1 }, false],
    [{}, false],
    [{ name: '' }, false],
    [{ name: 'a', state: null }, true],
    [{ name: 'a', state: 'sideways' }, false],
    [{ name: 'a', port: 70_000 }, false],
    [{ name: 'a', port: 1.5 }, false],
    [{ name: 'a', exclude: 'TRUE' }, true],
    [{ name: 'a', exclude: 'yes' }, false],
    [{ name: 'a', exclude: 1 }, false],
    [{ name: 'a', headers: { x: 'y' } }, true],
    [{ name: 'a', list: [1, Number.NaN] }, false],
  ])('T1: %j: %s', (value, isValid) => {
    expect(validate(structuredClone(value))).toBe(isValid);
  });

  test.each(['10s', '1m30s', '1.5h', '.5s', '0', '+0', '-1h', '1us', '1µs', '1μs', '100ns', '1.s'])(
    'the duration %s is one, as in Go',
    (timeout) => {
      expect(validate({ name: 'a', timeout })).toBe(true);
    },
  );

  test.each(['', '10', '5 s', '1d', '5S', ' 5s', '5s ', '.s', 's', '-', '0x1s', '1e3s'])(
    'the duration %j is none, as in Go',
    (timeout) => {
      expect(validate({ name: 'a', timeout })).toBe(false);
    },
  );

  test.each(['1'.repeat(1_048_576), '1h'.repeat(500_000), `${'1'.repeat(500_000)}.`, '1.'.repeat(500_000)])(
    'X1: a duration of a megabyte is judged in no time',
    (timeout) => {
      const start = performance.now();
      validate({ name: 'a', timeout });
      expect(performance.now() - start).toBeLessThan(50);
    },
  );

  test('the manifest’s own schema compiles', () => {
    expect(() => new Ajv({ strict: true }).compile(toJsonSchema(manifestSchema))).not.toThrow();
  });
});
