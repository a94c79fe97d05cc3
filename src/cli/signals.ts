import { rmSync } from 'node:fs';

/** What was asked for from outside, by signal name; undefined as long as nothing was. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly by: () => string | undefined;
}

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Files and folders of ours that must not be left behind, whoever ends us. */
const temporary = new Set<string>();

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
      for (const path of temporary) rmSync(path, { recursive: true, force: true });
      for (const other of signals) process.removeAllListeners(other);
      process.kill(process.pid, name);
    });
  }
  return { signal: controller.signal, by: () => by };
}

/** Does work that makes a temporary file or folder, which is removed even if a second signal cuts it short. */
export async function withTemporary<T>(path: string, work: () => Promise<T>): Promise<T> {
  temporary.add(path);
  try {
    return await work();
  } finally {
    temporary.delete(path);
  }
}
