import { removeTemporary } from './temporary.ts';

/** What was asked for from outside, by signal name; undefined as long as nothing was. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly by: () => string | undefined;
}

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/**
 * The first SIGINT, SIGTERM or SIGHUP stops the run, which then writes what there is (rule C5). The second removes what is
 * half done and ends at once.
 */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let by: string | undefined;
  for (const name of signals) {
    process.on(name, () => {
      if (by === undefined) {
        by = name;
        controller.abort(new Error(`stopped by ${name}`));
        return;
      }
      removeTemporary();
      for (const other of signals) process.removeAllListeners(other);
      process.kill(process.pid, name);
    });
  }
  return { signal: controller.signal, by: () => by };
}
