import { Ajv, type ValidateFunction } from 'ajv';
import { toJsonSchema } from './json-schema.ts';
import type { Schema } from './schema.ts';

/**
 * `spec`: what a user wrote. All mistakes, unknown keys included; defaults are filled in.
 * `result`: what some version of some tool wrote. The first mismatch; unknown keys and words are fine.
 */
export type Purpose = 'spec' | 'result';

const compilers: Partial<Record<Purpose, Ajv>> = {};
const compiled: Readonly<Record<Purpose, WeakMap<Schema, ValidateFunction>>> = {
  spec: new WeakMap(),
  result: new WeakMap(),
};

/** Compiled once per schema: one of ours, never one from outside. */
export function validatorOf(schema: Schema, purpose: Purpose): ValidateFunction {
  const known = compiled[purpose].get(schema);
  if (known !== undefined) return known;
  const isSpec = purpose === 'spec';
  // A million bad values must not become a million error objects (rule T7): all errors only for specs, which are small.
  // Our schemas are themselves checked by the tests; checking them at each start would cost a fifth of it.
  // Its optimizer takes longer than it could save on what is validated once or twice.
  const code = { optimize: false } as const;
  const own = { strict: true, allowUnionTypes: true, meta: false, validateSchema: false, code } as const;
  compilers[purpose] ??= new Ajv({ ...own, allErrors: isSpec, useDefaults: isSpec });
  const validate = compilers[purpose].compile(toJsonSchema(schema, { open: !isSpec }));
  compiled[purpose].set(schema, validate);
  return validate;
}

/** The first mismatch of a result, with its place; undefined when it fits. */
export function resultMismatch(schema: Schema, value: unknown): string | undefined {
  const validate = validatorOf(schema, 'result');
  if (validate(value)) return undefined;
  const [error] = validate.errors ?? [];
  return `${error?.instancePath || 'the document'} ${error?.message ?? 'does not fit'}`;
}
