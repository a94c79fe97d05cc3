import type { Evaluated, EvaluatedValue } from '../contract/evaluator.ts';
import { engineLimits } from './limits.ts';

/**
 * What the evaluator and its child say to each other, a line each. The child says that it is ready (or why it cannot
 * be); then for each question, which is followed by the argument on a line of its own, it gives one answer.
 */
export interface Question {
  readonly source: string;
  readonly keys: readonly string[];
  /** What the clock shows. */
  readonly createdMs: number;
  readonly limitMs: number;
}

export interface Answer {
  readonly evaluated: Evaluated;
  /** The child is not to be asked again. */
  readonly last: boolean;
}

/** A text from inside, and what we say of it. */
const longestFailure = 2 * engineLimits.textCharacters;

export const readyLine = '{"ready":true}';

export function answerLine({ evaluated, last }: Answer): string {
  if ('failure' in evaluated) return JSON.stringify({ failure: evaluated.failure, last });
  const values = Object.entries(evaluated.values).map(([key, value]) => [key, written(value)]);
  return JSON.stringify({ values, last });
}

/** Undefined for a line that is no answer to a question about these keys: the child has run hostile code. */
export function parseAnswer(line: string, keys: readonly string[]): Answer | undefined {
  const { failure, values, last } = record(line);
  if (typeof last !== 'boolean') return undefined;
  if (typeof failure === 'string') return { evaluated: { failure: failure.slice(0, longestFailure) }, last };
  if (!Array.isArray(values) || values.length !== keys.length) return undefined;
  const read = values.flatMap((pair, index) => parseValue(pair, keys[index]));
  return read.length === keys.length ? { evaluated: { values: Object.fromEntries(read) }, last } : undefined;
}

/** Why a child that is not ready cannot be; undefined for a line that says something else. */
export function parseRefusal(line: string): string | undefined {
  const { failure } = record(line);
  return typeof failure === 'string' ? failure : undefined;
}

/** Numbers travel as text, because JSON has no NaN, Infinity or -0 (rule E6). */
function written({ type, value }: EvaluatedValue): readonly [string, string] {
  return [type, Object.is(value, -0) ? '-0' : String(value)];
}

function parseValue(pair: unknown, key: string | undefined): readonly (readonly [string, EvaluatedValue])[] {
  if (key === undefined || !Array.isArray(pair) || pair[0] !== key || !Array.isArray(pair[1])) return [];
  const [type, value]: unknown[] = pair[1];
  if (typeof value !== 'string') return [];
  if (type === 'number') return [[key, { type, value: Number(value) }]];
  if (type !== 'string' && type !== 'other') return [];
  return [[key, { type, value: value.slice(0, engineLimits.textCharacters) }]];
}

function record(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
