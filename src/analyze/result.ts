import { Ajv, type ValidateFunction } from 'ajv';
import type { Collector } from '../contract/collector.ts';
import { decodeText, parseHostileJson } from '../contract/hostile-json.ts';
import { toJsonSchema } from '../contract/json-schema.ts';
import type { Limits } from '../contract/limits.ts';
import type { Schema } from '../contract/schema.ts';

export type ResultReading =
  | { readonly result: Readonly<Record<string, unknown>> }
  /** The path of the first mismatch and what is wrong there. */
  | { readonly mismatch: string };

const compiled = new WeakMap<Schema, ValidateFunction>();
let ajv: Ajv | undefined;

/** A result file as data that fits its declaration, loosely: other writers have fewer keys and may know other words. */
export function readResult(
  bytes: Uint8Array,
  declaration: { readonly result: Schema; parse?: Collector['parse'] },
  limits: Limits,
): ResultReading {
  let value: unknown;
  try {
    const text = decodeText(bytes);
    const json = (source: string) => parseHostileJson(source, { maxDepth: limits.depth });
    value = declaration.parse === undefined ? json(text) : declaration.parse(text, json);
  } catch (error) {
    return { mismatch: (error as Error).message };
  }
  const validate = validatorOf(declaration.result);
  if (validate(value)) return { result: value as Readonly<Record<string, unknown>> };
  const [error] = validate.errors ?? [];
  return { mismatch: `${error?.instancePath || 'the file'} ${error?.message ?? 'is not as declared'}` };
}

function validatorOf(schema: Schema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  ajv ??= new Ajv({ strict: true, allErrors: false, allowUnionTypes: true });
  const validate = ajv.compile(toJsonSchema(schema, { open: true }));
  compiled.set(schema, validate);
  return validate;
}
