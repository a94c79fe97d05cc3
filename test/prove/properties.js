/** P1, P3, P4, P5: what holds for any input at all: the properties of `test/prove/invariants.ts`, each as many times as the count says. */
import fc from 'fast-check';
import { bundled } from './bundled.js';

export const tiers = { ci: 1000, full: 100_000 };
export const faults = ['identity', 'prefix', 'names', 'printer'];

const planted = {
  identity: ['src/bundle/contents.ts', 'bytes?.set(piece, filled);', 'bytes?.set(piece.subarray(0, 100), filled);'],
  prefix: ['src/bundle/tar-reader.ts', 'hasEndMark: zeroBlocks === 2', 'hasEndMark: true'],
  names: ['src/contract/path.ts', ".replace(unfit, '_')", ''],
  printer: ['src/report/printable.ts', '\\u202a-\\u202e', ''],
};

export async function prove({ count, seed, fault, folder, log }) {
  const { properties } = await bundled('test/prove/invariants.ts', folder, planted[fault]);
  const failures = [];
  for (const { name, make } of properties) {
    const { failed, counterexample, numRuns, errorInstance } = await fc.check(make(fc), {
      numRuns: count,
      seed: seed | 0,
    });
    log(`${name}: ${numRuns} runs`);
    if (failed)
      failures.push(`${name}: ${JSON.stringify(counterexample)} ${errorInstance?.message ?? ''}`.slice(0, 1000));
  }
  return failures;
}
