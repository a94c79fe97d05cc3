import variant from '@jitl/quickjs-wasmfile-release-sync';
import wasm from '@jitl/quickjs-wasmfile-release-sync/wasm';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';
import { cut, Failure, runFunction } from './inside.ts';
import { engineLimits, pageBytes } from './limits.ts';
import type { Answer, Question } from './lines.ts';

/** An engine that has run nothing yet, for one evaluation. */
export interface Engine {
  evaluate(question: Question, argument: string): Answer;
}

const { memoryBytes, stackBytes } = engineLimits;
const pages = memoryBytes / pageBytes;
const compiled = new WebAssembly.Module(wasm);

const loading: object = {
  // At once: the asynchronous way waited 0.1 s for a compiler in the background.
  instantiateWasm(imports: object, done: (instance: WebAssembly.Instance) => void) {
    done(new WebAssembly.Instance(compiled, imports));
  },
  // What the C code would print.
  print() {},
  printErr() {},
};

// The engine's clocks all end in this one (rule E4): frozen here, nothing inside can find another. Random numbers are
// seeded from it as well, while an engine is made.
let clockMs = 0;
Date.now = () => clockMs;
// And its time zone in this one, so that it is the same for every reader of a bundle (rule A3).
process.env['TZ'] = 'UTC';

/**
 * A whole new instance, because one that has run hostile code may be damaged in ways that its functions do not tell (rule E4).
 * It is never freed, only let go: freeing deep results aborts.
 */
export async function createEngine(): Promise<Engine> {
  clockMs = 0;
  const wasmMemory = new WebAssembly.Memory({ initial: pages / 2, maximum: pages });
  const module = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory, emscriptenModule: loading }));
  const runtime = module.newRuntime({ memoryLimitBytes: memoryBytes, maxStackSizeBytes: stackBytes });
  const context = runtime.newContext();
  const isFull = () => wasmMemory.buffer.byteLength > 0.75 * memoryBytes;

  return {
    evaluate(question, argument) {
      clockMs = question.createdMs;
      const deadlineMs = performance.now() + question.limitMs;
      const isLate = () => performance.now() > deadlineMs;
      runtime.setInterruptHandler(isLate);
      const answer = answerOf(() => runFunction(context, question, argument, isFull));
      // Whatever came of it: code that was interrupted may have hidden that.
      return isLate() ? failed(`the function did not end within ${question.limitMs / 1000} s`, true) : answer;
    },
  };
}

function answerOf(run: () => ReturnType<typeof runFunction>): Answer {
  try {
    return { evaluated: { values: run() }, last: false };
  } catch (error) {
    if (error instanceof Failure) return failed(error.message, error.last);
    // Of this process' own stack, which the engine does not count.
    if (error instanceof RangeError) return failed('it nests too deeply', true);
    return failed(`the engine broke: ${cut(String(error))}`, true);
  }
}

function failed(failure: string, last: boolean): Answer {
  return { evaluated: { failure }, last };
}
