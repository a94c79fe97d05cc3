import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core';
import type { EvaluatedValue } from '../contract/evaluator.ts';
import { engineLimits } from './limits.ts';
import type { Question } from './lines.ts';

const { memoryBytes, promiseJobs, textCharacters } = engineLimits;

/** Why there is no result; `last` where the engine has been at a limit. */
export class Failure extends Error {
  readonly last: boolean;
  constructor(message: string, last = false) {
    super(message);
    this.last = last;
  }
}

/**
 * What we need inside, made before any code from a spec runs, so that no prototype which that code bends is in it: parsing,
 * awaiting, reading a key, cutting and describing a value.
 */
const toolsSource = `[
  JSON.parse,
  async (run, argument) => await run(argument),
  (object, key) => object[key],
  Function.prototype.call.bind(String.prototype.slice),
  String,
]`;

/** Runs a function and reads the keys of what it gives; throws `Failure`. */
export function runFunction(
  context: QuickJSContext,
  { source, keys }: Question,
  argument: string,
  isFull: () => boolean,
): Readonly<Record<string, EvaluatedValue>> {
  const list = context.unwrapResult(context.evalCode(toolsSource, 'tools.js', globally));
  const tool = (index: number) => context.getProp(list, index);
  const [parse, settle, get, slice, describe] = [tool(0), tool(1), tool(2), tool(3), tool(4)];

  const input = call('its argument cannot be handed over', parse, context.newString(argument));
  const func = compile();
  if (context.typeof(func) !== 'function') throw new Failure('it is no function');
  // A promise of the engine's own, whatever the function gives: its state cannot be forged.
  const result = settled(call('the function threw', settle, func, input));
  if (typeOf(result) !== 'object') {
    throw new Failure(`it gave ${shown(result)}, not an object with ${keys.join(' and ')}`);
  }
  return Object.fromEntries(keys.map((key) => [key, read(result, key)]));

  /** Alone, so that no text of ours stands in it (rule E5). It may end in a comment. */
  function compile(): QuickJSHandle {
    const expression = `(${source}\n)`;
    // What closes our parenthesis does not fit into brackets.
    for (const text of [expression, `[${source}\n]`]) {
      ok('it does not parse', context.evalCode(text, 'eval.js', { ...globally, compileOnly: true }));
    }
    return ok('the function threw', context.evalCode(expression, 'eval.js', globally));
  }

  function settled(promise: QuickJSHandle): QuickJSHandle {
    for (let done = 0; ; done++) {
      const state = context.getPromiseState(promise);
      if (state.type === 'fulfilled') return state.value;
      if (state.type === 'rejected') throw thrown('the function threw', state.error);
      if (!context.runtime.hasPendingJob()) throw new Failure('it gave a promise that never settles');
      if (done === promiseJobs) throw new Failure(`its promise did not settle within ${promiseJobs} steps`, true);
      const job = context.runtime.executePendingJobs(1);
      if (job.error) throw thrown('the function threw', job.error);
    }
  }

  function read(object: QuickJSHandle, key: string): EvaluatedValue {
    const handle = call(`reading ${key} threw`, get, object, context.newString(key));
    const type = typeOf(handle);
    if (type === 'string') return { type, value: short(handle) };
    // As the engine has it: NaN and Infinity are kept (rule E6).
    if (type === 'number') return { type, value: context.getNumber(handle) };
    return { type: 'other', value: type };
  }

  function shown(handle: QuickJSHandle): string {
    const type = typeOf(handle);
    if (type === 'string') return `"${short(handle)}"`;
    if (type === 'number' || type === 'boolean') return short(call('it threw', describe, handle));
    return type === 'undefined' || type === 'null' ? type : `a ${type}`;
  }

  function typeOf(handle: QuickJSHandle): string {
    return context.sameValue(handle, context.null) ? 'null' : context.typeof(handle);
  }

  function call(what: string, callee: QuickJSHandle, ...args: QuickJSHandle[]): QuickJSHandle {
    return ok(what, context.callFunction(callee, context.undefined, ...args));
  }

  function ok(what: string, result: ReturnType<QuickJSContext['callFunction']>): QuickJSHandle {
    if (result.error) throw thrown(what, result.error);
    return result.value;
  }

  function thrown(what: string, error: QuickJSHandle): Failure {
    const described = context.callFunction(describe, context.undefined, error);
    const text = described.error ? unreadable : short(described.value);
    // By its text, because the engine gives it no other mark; null when there was no room for an error either. Code that
    // only pretends fails all the same.
    const isMemory = text.startsWith('InternalError: out of memory') || (text === 'null' && isFull());
    return isMemory ? new Failure(usedUp, true) : new Failure(`${what}: ${text}`);
  }

  /** Cut inside, because it may be as long as the memory. */
  function short(text: QuickJSHandle): string {
    const [start, end] = [context.newNumber(0), context.newNumber(textCharacters + 1)];
    const result = context.callFunction(slice, context.undefined, text, start, end);
    return result.error ? unreadable : cut(context.getString(result.value));
  }
}

export function cut(text: string): string {
  return text.length > textCharacters ? `${text.slice(0, textCharacters - 1)}…` : text;
}

const globally = { type: 'global' } as const;
const usedUp = `it used more than ${memoryBytes / 2 ** 20} MiB of memory`;
const unreadable = 'something that cannot be read';
