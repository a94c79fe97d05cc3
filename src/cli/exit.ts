import { isFromSystem } from '../bundle/system-errors.ts';
import type { Analysis } from '../contract/finding.ts';
import { SystemError, UserError } from '../contract/problem.ts';
import { printable, printableLine } from '../report/printable.ts';
import { renderProblems } from '../report/problems.ts';
import { writeErr } from './output.ts';

/** The only place that knows exit codes. 0 to 4 are those of troubleshoot.sh's `preflight`. */
export const exitCodes = {
  done: 0,
  broken: 1,
  userMistake: 2,
  fail: 3,
  warn: 4,
  unknown: 5,
} as const;

const bySignal: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

export function signalExitCode(signal: string): number {
  return bySignal[signal] ?? exitCodes.broken;
}

export function verdictExitCode(verdict: Analysis['verdict']): number {
  return verdict === 'pass' ? exitCodes.done : exitCodes[verdict];
}

/** Worst first: what broke, what could not be read, then the verdicts. */
const byWeight: readonly number[] = [1, 2, 3, 4, 5, 0];

export function worstExitCode(codes: readonly number[]): number {
  return byWeight.find((code) => codes.includes(code)) ?? exitCodes.done;
}

/**
 * Tells an error on stderr and gives its exit code. Known ones get a line; ours keeps its stack with `--debug`. `what`: the bundle
 * or the like that was at work, where the error does not say.
 */
export async function reportError(error: unknown, debug: boolean, what?: string): Promise<number> {
  if (error instanceof UserError) {
    await writeErr(renderProblems(error.problems));
    return exitCodes.userMistake;
  }
  if (error instanceof SystemError) {
    await writeErr(`error: ${printable(error.message)}\n`);
    return exitCodes.broken;
  }
  if (isFromSystem(error)) {
    await writeErr(`error: ${printable(String((error as Error).message))}\n`);
    return exitCodes.broken;
  }
  const text = error instanceof Error ? (debug ? (error.stack ?? error.message) : error.message) : String(error);
  const place = what === undefined ? '' : `${printableLine(what)}: `;
  const hint = debug ? '' : ' (run again with --debug for its trace)';
  await writeErr(`${place}error: this is a bug in hostbundle, please report it: ${printable(text)}${hint}\n`);
  return exitCodes.broken;
}
