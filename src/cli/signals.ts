/** What was asked for from outside, by signal name; undefined as long as nothing was. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly by: () => string | undefined;
}

/**
 * The first SIGINT, SIGTERM or SIGHUP stops the run, which then writes what there is (rule C5). The second finds its
 * default action again: gone at once; a partial file has a name that is never taken for a bundle.
 */
export function stopOnSignals(): Stop {
  const controller = new AbortController();
  let by: string | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      by = name;
      controller.abort(new Error(`stopped by ${name}`));
      for (const other of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(other);
    });
  }
  return { signal: controller.signal, by: () => by };
}
