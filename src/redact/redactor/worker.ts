/** The whole life of the thread in which patterns of a spec run: one file in, the same file masked out, until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SpecRedactor } from '../../contract/spec.ts';
import { createRedactors } from './apply.ts';

export interface Question {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Undefined bytes: nothing was masked. `failed`: it could not be done; what went wrong may quote the file, and is not told. */
export interface Answer {
  readonly bytes?: Uint8Array;
  readonly masked: readonly { readonly rule: string; readonly found: string; readonly line: number }[];
  readonly failed: boolean;
}

const redactors = createRedactors(workerData as readonly SpecRedactor[]);

parentPort?.on('message', ({ path, bytes }: Question) => {
  const masked: { rule: string; found: string; line: number }[] = [];
  try {
    const result = redactors.apply(path, bytes, (rule, found, line) => masked.push({ rule, found, line }));
    parentPort?.postMessage({ masked, failed: false, ...(result !== bytes && { bytes: result }) } satisfies Answer);
  } catch {
    parentPort?.postMessage({ masked: [], failed: true } satisfies Answer);
  }
});
