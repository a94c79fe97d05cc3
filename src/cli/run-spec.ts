import { resolve } from 'node:path';
import type { Spec } from '../contract/spec.ts';
import { signalExitCode } from './exit.ts';
import type { Gathered } from './gathered.ts';
import { lowerPriority, tidyUp, warnOfLittleRoom } from './housekeeping.ts';
import type { Seal } from './key-files.ts';
import { type MaskOptions, openMask } from './mask-options.ts';
import { loadRedactors, type RedactionArguments, redactionFor } from './redaction-options.ts';
import { stopOnSignals } from './signals.ts';
import type { SpecOptions } from './spec-options.ts';
import { gather } from './stages.ts';
import { type Workspace, withWorkspace } from './temporary.ts';

export interface RunOptions extends SpecOptions, RedactionArguments, MaskOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly evals: boolean;
  readonly maxFileBytes: number;
  /** Whether other work of the host comes first. */
  readonly nice: boolean;
}

/** Where a run's bundle goes. */
export interface Destination {
  /** Undefined: to stdout, or nowhere. */
  readonly target: string | undefined;
  /** Whether there is to be a bundle at all. */
  readonly isKept: boolean;
  readonly seal: Seal;
}

export interface Ran {
  readonly gathered: Gathered;
  /** The run's private folder. */
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  /** Writes the bundle, with the map of stand-ins beside it if one is wanted: both or neither. */
  keep<T>(write: () => Promise<T>): Promise<T>;
}

/** One run of a loaded spec; `finish` keeps and reports it, and says with what exit code it ends unless a signal came. */
export async function runSpec(
  spec: Spec,
  destination: Destination,
  options: RunOptions,
  finish: (ran: Ran) => Promise<number>,
): Promise<number> {
  const { target } = destination;
  const mask = await openMask(options, spec);
  const redactors = [...spec.redactors, ...(await loadRedactors(options))];
  const redaction = redactionFor(options, options.set, redactors, mask?.masking);
  const stop = stopOnSignals();
  await prepareHost(spec, target, options);
  const take = handedOver(spec);
  return withWorkspace(async (workspace) => {
    const { signal } = stop;
    const journal = journalFor(destination, workspace, options);
    const gathered = await gather(take(), { ...options, redaction, journal, signal }).finally(redaction.close);
    const code = await finish({
      gathered,
      workspace,
      signal,
      keep: (write) => (mask === undefined ? write() : mask.withMap(write)),
    });
    const by = stop.by();
    return by === undefined ? code : signalExitCode(by);
  });
}

/** To be taken once: ten thousand targets of a spec are megabytes, which nobody needs while the bundle is written. */
function handedOver<T>(value: T): () => T {
  let held: T | undefined = value;
  return () => {
    const given = held as T;
    held = undefined;
    return given;
  };
}

/** What there is to do before anything is collected, so that the host and the next run are well. */
async function prepareHost(
  { collectors }: Spec,
  target: string | undefined,
  { nice, quiet }: RunOptions,
): Promise<void> {
  if (nice) lowerPriority();
  await tidyUp(target, quiet);
  await warnOfLittleRoom(collectors.length, target);
}

/**
 * Where only some may read the bundle, or secrets or identities are in it until it is written, nothing of it stands on the disk in
 * plain: no journal is kept. Without a bundle there is nothing to recover.
 */
function journalFor({ target, isKept, seal }: Destination, workspace: Workspace, { redact, mask }: RunOptions) {
  return !isKept || seal.recipients.length > 0 || !redact || mask !== 'off'
    ? undefined
    : { workspace, target: target === undefined ? null : resolve(target) };
}
