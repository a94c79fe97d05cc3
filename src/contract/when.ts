import { WhenError } from './analyzer.ts';
import { suggestion } from './nearest.ts';
import type { ObjectSchema } from './schema.ts';

type Scalars = Readonly<Record<string, unknown>>;
type Test = (result: Scalars) => boolean;

const comparisons: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const comparison = /^([A-Za-z_]\w*)\s*(==|!=|<=|>=|<|>)\s*(\S+)$/;
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

export const statusWhen =
  'a status word, exactly as written; or comparisons of numbers with == != < <= > >=; joined by &&, such as `connected && latencyMs > 250`';

/** What a `when` of a check may say. */
export interface Vocabulary {
  /** Each word with the states in which it holds. */
  readonly words: ReadonlyMap<string, ReadonlySet<string>>;
  /** The state of a result. */
  readonly stateOf: (result: Scalars) => unknown;
  /** Keys that may be compared with numbers. */
  readonly numbers: readonly string[];
  /** Words of which several may hold at once, beside the state. */
  readonly flags?: ReadonlySet<string>;
  /** The flags of a result. */
  readonly flagsOf?: (result: Scalars) => readonly string[];
}

/**
 * The condition that status checks share: a word of `status`, comparisons on the numbers that the result declares, and
 * `&&` between them. A number that the result does not have (null, absent) fulfils no comparison.
 */
export function statusCondition(when: string, result: ObjectSchema): Test {
  const words = result.properties['status']?.type === 'string' ? (result.properties['status'].enum ?? []) : [];
  return conditionOf(when, {
    words: new Map(words.map((word) => [word, new Set([word])])),
    stateOf: (value) => value['status'],
    numbers: numbersOf(result),
  });
}

export function numbersOf(result: ObjectSchema): readonly string[] {
  return Object.entries(result.properties)
    .filter(([, schema]) => schema.type === 'number' || schema.type === 'integer')
    .map(([key]) => key);
}

/** Parses words and comparisons joined by `&&`. Throws `WhenError` for what no result can fulfil. */
export function conditionOf(when: string, { words, stateOf, numbers, flags, flagsOf }: Vocabulary): Test {
  const tests: Test[] = [];
  let said: { readonly word: string; readonly states: ReadonlySet<string> } | undefined;
  for (const part of when.split('&&').map((text) => text.trim())) {
    const match = comparison.exec(part);
    if (match === null) {
      if (part === '') throw new WhenError(`"${when}" lacks a condition beside &&`);
      if (/[=<>!]/.test(part)) {
        throw new WhenError(`"${part}" is no comparison; write one like \`latencyMs > 250\` (== != < <= > >=)`);
      }
      if (flags?.has(part)) {
        tests.push((value) => flagsOf?.(value).includes(part) === true);
        continue;
      }
      const states = words.get(part);
      if (states === undefined) {
        throw new WhenError(
          `"${part}" is no status of this check${suggestion(part, [...words.keys(), ...(flags ?? [])])}`,
        );
      }
      const both = said === undefined ? states : new Set([...said.states].filter((state) => states.has(state)));
      if (both.size === 0) throw new WhenError(`a status is never both ${said?.word} and ${part}`);
      said = { word: part, states: both };
      tests.push((value) => states.has(stateOf(value) as string));
      continue;
    }
    const [, key = '', operator = '', literal = ''] = match;
    if (!numbers.includes(key)) throw new WhenError(`"${key}" is no number of this check${suggestion(key, numbers)}`);
    if (!decimal.test(literal)) throw new WhenError(`"${literal}" is no number; write one like 250 or 0.5`);
    const holds = comparisons[operator];
    const right = Number(literal);
    tests.push((value) => {
      const left = value[key];
      return typeof left === 'number' && Number.isFinite(left) && holds?.(left, right) === true;
    });
  }
  return (value) => tests.every((test) => test(value));
}

/** Reads a status file: a JSON object, or the bare word that the documentation of the Go tool shows. */
export function parseStatus(text: string, json: (text: string) => unknown): unknown {
  const bare = text.trim();
  return /^[a-z]+(-[a-z]+)*$/.test(bare) ? { status: bare, message: '' } : json(text);
}
