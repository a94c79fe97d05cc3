import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawEntry } from '../contract/bundle.ts';
import type { Claim, Collected, Collector, Host } from '../contract/collector.ts';
import type { Collection } from '../contract/manifest.ts';
import { errorPath, numbered } from '../contract/path.ts';
import type { SpecCollector } from '../contract/spec.ts';
import { createLocks, createSlots } from './locks.ts';

/** One collector of the plan: to run, or left out with the reason. */
export type PlanItem =
  | { readonly item: SpecCollector; readonly skip: string }
  | { readonly item: SpecCollector; readonly collector: Collector; readonly title: string; readonly path: string };

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
  readonly host: (signal: AbortSignal) => Host;
  readonly onProgress: (progress: Progress) => void;
}

export interface Run {
  readonly created: string;
  readonly durationMs: number;
  readonly clockStepMs: number | null;
  readonly complete: boolean;
  readonly incompleteReason: string | null;
  /** One per planned collector, in the order of the plan. */
  readonly collections: readonly Collection[];
  readonly entries: readonly RawEntry[];
}

/**
 * Starts per turn of the event loop. It limits nothing that is under way, but a thousand handshakes begun in one turn
 * would all be measured as slow, because their answers lie unread until the last of them has begun.
 */
const startsPerTurn = 16;

/** Runs a plan side by side. Never rejects: what goes wrong becomes the state of the collector that it happened to. */
export async function runCollection(plan: readonly PlanItem[], options: RunOptions): Promise<Run> {
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

  async function runOne(planned: PlanItem, index: number): Promise<Outcome> {
    if ('skip' in planned) return { collection: skipped(planned.item, planned.skip), files: [] };
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
    report('finished', title, outcome.collection.state);
    return outcome;
  }

  const pending: Promise<Outcome>[] = [];
  for (const [index, planned] of plan.entries()) {
    pending.push(runOne(planned, index));
    if (index % startsPerTurn === startsPerTurn - 1) await nextTurn();
  }
  const outcomes = await Promise.all(pending);
  clearTimeout(timer);
  options.signal.removeEventListener('abort', onUserStop);

  const durationMs = elapsed(base);
  const { collections, entries } = inFiles(outcomes);
  const step = Math.round(Date.now() - createdMs - durationMs);
  const unfinished = collections.filter(({ state }) => state === 'timedOut' || state === 'failed').length;
  const stopped = stop.signal.aborted ? errorText(stop.signal.reason) : null;
  return {
    created: new Date(createdMs).toISOString(),
    durationMs,
    clockStepMs: Math.abs(step) > 1000 ? step : null,
    complete: stopped === null && !collections.some(({ state }) => state === 'timedOut'),
    incompleteReason:
      stopped ??
      (collections.some(({ state }) => state === 'timedOut')
        ? `${unfinished} of ${collections.length} collectors did not come to their end`
        : null),
    collections,
    entries,
  };
}

/** What setTimeout can hold; beyond it would fire at once. The run's own limit comes long before. */
const longestTimerMs = 2 ** 31 - 1;

/** Wall time as text, from one reading of the wall clock and a monotonic one (rule C1). Many ask within one millisecond. */
function clockFrom(createdMs: number, base: number): () => string {
  let lastMs = 0;
  let text = '';
  return () => {
    const nowMs = Math.floor(createdMs + performance.now() - base);
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = new Date(nowMs).toISOString();
    }
    return text;
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

/** Marks a deadline, so that it can be told from a failure. */
class TimeLimit extends Error {}

interface Outcome {
  readonly collection: Collection;
  /** Its result, as data: made into text when all have ended, because meanwhile others wait for their answers. */
  readonly result?: { readonly path: string; readonly value: unknown };
  readonly files: readonly RawEntry[];
  /** What goes to `host-collectors/errors/`, in the shape of the Go tool. */
  readonly error?: { readonly title: string; readonly text: string; readonly timestamp: string };
}

/** What is under way: its signal, and the way to end the wait for it. */
interface Active {
  end(reason: unknown): void;
}

/** A collector that ignores its signal is left behind: its late result goes nowhere. */
function withDeadline(
  collector: Collector,
  params: unknown,
  host: RunOptions['host'],
  active: Set<Active>,
): Promise<Collected<unknown>> {
  return new Promise((resolve, reject) => {
    const own = new AbortController();
    const deadlineMs = Math.min(collector.deadlineMs(params as never), longestTimerMs);
    const timer = setTimeout(() => waiting.end(new TimeLimit(`no result within ${seconds(deadlineMs)}`)), deadlineMs);
    const settle = () => {
      clearTimeout(timer);
      active.delete(waiting);
    };
    const waiting: Active = {
      end(reason) {
        settle();
        own.abort(reason);
        reject(reason);
      },
    };
    active.add(waiting);
    // Called within a promise, so that what it throws at once is a rejection like any other.
    new Promise<Collected<unknown>>((begun) => begun(collector.collect(params as never, host(own.signal)))).then(
      (collected) => {
        settle();
        resolve(collected);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}

function finished(
  planned: Extract<PlanItem, { collector: Collector }>,
  { result, files, complaint }: Collected<unknown>,
  startedAt: string | null,
  durationMs: number,
  now: () => string,
): Outcome {
  const raw = files === undefined ? [] : [...files].map(([path, content]): RawEntry => ({ path, content }));
  const { type, name, source } = planned.item;
  const collection: Collection = {
    type,
    name,
    source: `${source.file}:${source.line}`,
    state: 'collected',
    reason: null,
    errorCode: null,
    startedAt,
    durationMs,
    paths: [planned.path, ...raw.map(({ path }) => path)],
  };
  const kept = { path: planned.path, value: result };
  if (complaint === undefined) return { collection, result: kept, files: raw };
  return { collection, result: kept, files: raw, error: { title: planned.title, text: complaint, timestamp: now() } };
}

function broken(
  item: SpecCollector,
  title: string,
  error: unknown,
  startedAt: string | null,
  durationMs: number | null,
  timestamp: string,
  when = '',
): Outcome {
  const text = [errorText(error), when].filter((part) => part !== '').join(' ');
  return {
    collection: {
      ...identity(item),
      state: error instanceof TimeLimit ? 'timedOut' : 'failed',
      reason: text,
      errorCode: error instanceof TimeLimit ? 'TIMEOUT' : errorCode(error),
      startedAt,
      durationMs,
      paths: [],
    },
    files: [],
    error: { title, text, timestamp },
  };
}

function skipped(item: SpecCollector, reason: string): Collection {
  return { ...identity(item), state: 'skipped', reason, errorCode: null, startedAt: null, durationMs: null, paths: [] };
}

function identity({ type, name, source }: SpecCollector): Pick<Collection, 'type' | 'name' | 'source'> {
  return { type, name, source: `${source.file}:${source.line}` };
}

/** Results as text, and the error files: in the order of the plan, so that equal titles always get the same numbers. */
function inFiles(outcomes: readonly Outcome[]): Pick<Run, 'collections' | 'entries'> {
  const taken = new Map<string, number>();
  const entries: RawEntry[] = [];
  const collections = outcomes.map(({ collection, result, files, error }) => {
    if (result !== undefined) entries.push({ path: result.path, content: JSON.stringify(result.value) });
    entries.push(...files);
    if (error === undefined) return collection;
    const wanted = errorPath(error.title);
    const number = (taken.get(wanted.toLowerCase()) ?? 0) + 1;
    taken.set(wanted.toLowerCase(), number);
    const path = number === 1 ? wanted : numbered(wanted, number);
    const content = { collector: error.title, error: error.text, timestamp: error.timestamp };
    entries.push({ path, content: JSON.stringify(content) });
    return { ...collection, paths: [...collection.paths, path] };
  });
  return { collections, entries };
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'ERROR';
}

function elapsed(start: number): number {
  return Math.round((performance.now() - start) * 1000) / 1000;
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
