import type { Collector } from '../contract/collector.ts';
import { decodeText, parseHostileJson } from '../contract/hostile-json.ts';
import type { Limits } from '../contract/limits.ts';
import type { Schema } from '../contract/schema.ts';
import { resultMismatch } from '../contract/validator.ts';

export type ResultReading =
  | { readonly result: unknown }
  /** The path of the first mismatch and what is wrong there. */
  | { readonly mismatch: string };

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
  const mismatch = resultMismatch(declaration.result, value);
  return mismatch === undefined ? { result: value } : { mismatch };
}
