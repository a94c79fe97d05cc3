import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Claim, Collector, Host } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import type { Collection } from '../contract/manifest.ts';
import type { Planned } from '../contract/plan.ts';
import { clockFrom, elapsed, seconds } from './clock.ts';
import { type Active, TimeLimit, withDeadline } from './deadline.ts';
import { createLocks, createSlots } from './locks.ts';
import { broken, errorText, finished, type Outcome, skipped } from './outcome.ts';

/** What a progress display is told. */
export interface Progress {
  readonly event: 'started' | 'finished';
  readonly title: string;
  readonly state: Collection['state'] | undefined;
  readonly done: number;
  readonly total: number;
  readonly running: number;
  /** Title of what has been running longest: what a person waits for. */
  readonly oldest: string | undefined;
}

export interface RunOptions {
  /** The run's time limit in milliseconds. */
  readonly timeoutMs: number;
  /** How many that use CPU, disk or children run at once. */
  readonly concurrency: number;
  /** How many that only wait for the network run at once. */
  readonly networkConcurrency: number;
  /** Aborts when the user stops the run; its `reason` is an Error that says how. */
  readonly signal: AbortSignal;
  readonly host: (signal: Ending) => Host;
  readonly onProgress: (progress: Progress) => void;
  /**
   * Gets what came of each planned collector, by its place in the plan, while others still run. Nothing of it is held here: ten
   * thousand results need the memory of a troubled host once, not twice.
   */
  readonly onEnded: (outcome: Outcome, index: number) => void;
}

export interface Run {
  readonly created: string;
  readonly durationMs: number;
  readonly clockStepMs: number | null;
  readonly complete: boolean;
  readonly incompleteReason: string | null;
}

/**
 * Starts per turn of the event loop. It limits nothing that is under way, but a thousand handshakes begun in one turn
 * would all be measured as slow, because their answers lie unread until the last of them has begun.
 */
const startsPerTurn = 16;

/** Runs a plan side by side. Never rejects: what goes wrong becomes the state of the collector that it happened to. */
export async function runCollection(plan: readonly Planned[], options: RunOptions): Promise<Run> {
  const createdMs = Date.now();
  const base = performance.now();
  const wall = clockFrom(createdMs, base);
  const locks = createLocks();
  const slots = { host: createSlots(options.concurrency), network: createSlots(options.networkConcurrency) };
  const stop = new AbortController();
  // Not one listener each on `stop`: adding one to an EventTarget looks at all that are there.
  const active = new Set<Active>();
  stop.signal.addEventListener('abort', () => {
    for (const waiting of active) waiting.end(stop.signal.reason);
  });
  const timer = setTimeout(
    () => stop.abort(new TimeLimit(`the run's time limit of ${seconds(options.timeoutMs)} was over`)),
    options.timeoutMs,
  );
  const onUserStop = () => stop.abort(options.signal.reason);
  options.signal.addEventListener('abort', onUserStop, { once: true });
  if (options.signal.aborted) onUserStop();

  const running = new Map<number, string>();
  const toRun = plan.filter((planned) => 'collector' in planned).length;
  let done = 0;
  const report = (event: Progress['event'], title: string, state?: Collection['state']) =>
    options.onProgress({
      event,
      title,
      state,
      done,
      total: toRun,
      running: running.size,
      oldest: running.values().next().value,
    });

  async function runOne(planned: Planned, index: number): Promise<Collection['state']> {
    if ('skip' in planned) {
      const collection = skipped(planned.item, planned.skip);
      options.onEnded({ collection, files: [] }, index);
      return collection.state;
    }
    const { item, collector, title } = planned;
    const heldClaims = locks.acquire(claimsOf(collector, item.params));
    const releaseClaims = typeof heldClaims === 'function' ? heldClaims : await heldClaims;
    const heldSlot = slots[collector.load].acquire();
    const releaseSlot = typeof heldSlot === 'function' ? heldSlot : await heldSlot;
    const startedAt = stop.signal.aborted ? null : wall();
    const start = performance.now();
    let outcome: Outcome;
    if (stop.signal.aborted) {
      outcome = broken(item, title, stop.signal.reason, null, null, wall(), 'before it could start');
    } else {
      running.set(index, title);
      report('started', title);
      try {
        const collected = await withDeadline(collector, item.params, options.host, active);
        outcome = finished(planned, collected, startedAt, elapsed(start), wall);
      } catch (error) {
        outcome = broken(item, title, error, startedAt, elapsed(start), wall());
      }
      running.delete(index);
    }
    releaseSlot();
    releaseClaims();
    done++;
    const { state } = outcome.collection;
    report('finished', title, state);
    options.onEnded(outcome, index);
    return state;
  }

  const pending: Promise<Collection['state']>[] = [];
  for (const [index, planned] of plan.entries()) {
    pending.push(runOne(planned, index));
    if (index % startsPerTurn === startsPerTurn - 1) await nextTurn();
  }
  const states = await Promise.all(pending);
  clearTimeout(timer);
  options.signal.removeEventListener('abort', onUserStop);

  const durationMs = elapsed(base);
  const step = Math.round(Date.now() - createdMs - durationMs);
  const unfinished = states.filter((state) => state === 'timedOut' || state === 'failed').length;
  const isAnyLate = states.includes('timedOut');
  const stopped = stop.signal.aborted ? errorText(stop.signal.reason) : null;
  return {
    created: new Date(createdMs).toISOString(),
    durationMs,
    clockStepMs: Math.abs(step) > 1000 ? step : null,
    complete: stopped === null && !isAnyLate,
    incompleteReason:
      stopped ?? (isAnyLate ? `${unfinished} of ${states.length} collectors did not come to their end` : null),
  };
}

/** A collector that cannot even say what it claims will say why when it runs. */
function claimsOf(collector: Collector, params: unknown): readonly Claim[] {
  try {
    return collector.claims?.(params as never) ?? [];
  } catch {
    return [];
  }
}
