import { fileURLToPath } from 'node:url';
import type { Evaluator } from '../contract/evaluator.ts';
import { createEvaluator } from '../sandbox/evaluator.ts';

/** Runs functions of a spec in a child process; they see `createdMs` as the time, so that a bundle is always judged alike. */
export function openEvaluator(createdMs: number): Evaluator & { close(): void } {
  // Beside the built program, in a file of its own: a start without functions need not read the engine.
  const script = fileURLToPath(new URL('./sandbox.cjs', import.meta.url));
  return createEvaluator({ file: process.execPath, script, createdMs });
}
