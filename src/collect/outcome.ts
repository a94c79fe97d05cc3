import type { RawEntry } from '../contract/bundle.ts';
import type { Collected, Collector } from '../contract/collector.ts';
import type { Ended } from '../contract/ended.ts';
import type { Collection } from '../contract/manifest.ts';
import { errorPath, numbered, resultPath } from '../contract/path.ts';
import type { PlannedRun } from '../contract/plan.ts';
import type { SpecCollector } from '../contract/spec.ts';
import { TimeLimit } from './deadline.ts';

/** What became of one planned collector. */
export interface Outcome {
  readonly collection: Collection;
  /** Its result, as data: made into text as late as can be, because meanwhile others wait for their answers. */
  readonly result?: { readonly path: string; readonly value: unknown; readonly render: Collector['render'] };
  readonly files: readonly RawEntry[];
  /** What goes to `host-collectors/errors/`, in the shape of the Go tool. */
  readonly error?: { readonly title: string; readonly text: string; readonly timestamp: string };
}

export function finished(
  planned: PlannedRun,
  { result, files, evidence, complaint, partial }: Collected<unknown>,
  startedAt: string | null,
  durationMs: number,
  now: () => string,
): Outcome {
  const raw: RawEntry[] =
    files === undefined
      ? []
      : [...files].map(([file, content]): RawEntry => ({ path: besides(planned, file), content, isRaw: true }));
  if (evidence !== undefined) {
    raw.push({ path: planned.path.replace(/(\.json)?$/, '-evidence.json'), content: JSON.stringify(evidence) });
  }
  const { type, name, source } = planned.item;
  const collection: Collection = {
    type,
    name,
    source: `${source.file}:${source.line}`,
    state: partial === undefined ? 'collected' : 'timedOut',
    reason: partial ?? null,
    errorCode: partial === undefined ? null : 'TIMEOUT',
    startedAt,
    durationMs,
    paths: raw.length === 0 ? [planned.path] : [planned.path, ...raw.map(({ path }) => path)],
  };
  const kept = { path: planned.path, value: result, render: planned.collector.render };
  if (complaint === undefined) return { collection, result: kept, files: raw };
  return { collection, result: kept, files: raw, error: { title: planned.title, text: complaint, timestamp: now() } };
}

/** In the folder of the result; of a result that got a number, with that number. */
function besides({ path, collector, item }: PlannedRun, file: string): string {
  const beside = path.slice(0, path.lastIndexOf('/') + 1) + file;
  if (path === resultPath(collector, item.name)) return beside;
  return numbered(beside, Number(/-(\d+)(\.[^./]*)?$/.exec(path)?.[1]));
}

export function broken(
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

/** As it stands in a plan that nothing more is known of: no result of it was ever noted. */
export function unheard(item: SpecCollector): Collection {
  const reason = 'the run was killed before this collector had ended, or before its result was noted';
  const nothing = { startedAt: null, durationMs: null, paths: [] };
  return { ...identity(item), state: 'failed', reason, errorCode: 'KILLED', ...nothing };
}

export function skipped(item: SpecCollector, reason: string): Collection {
  return { ...identity(item), state: 'skipped', reason, errorCode: null, startedAt: null, durationMs: null, paths: [] };
}

function identity({ type, name, source }: SpecCollector): Pick<Collection, 'type' | 'name' | 'source'> {
  return { type, name, source: `${source.file}:${source.line}` };
}

/** What a collector leaves, as text. */
export function inText({ collection, result, files, error }: Outcome): Ended<RawEntry> {
  const entries = [...files];
  if (result !== undefined) {
    const content = result.render?.(result.value as never) ?? JSON.stringify(result.value);
    entries.unshift({ path: result.path, content });
  }
  if (error === undefined) return { collection, entries };
  const { title, text, timestamp } = error;
  const content = JSON.stringify({ collector: title, error: text, timestamp });
  return { collection, entries, error: { title, entry: { path: errorPath(title), content } } };
}

/** All that was left, in the order of the plan, so that equal titles of error files always get the same numbers. */
export function inOrder<E extends { readonly path: string }>(
  ended: readonly Ended<E>[],
): { readonly collections: readonly Collection[]; readonly entries: readonly E[] } {
  const taken = new Map<string, number>();
  const entries: E[] = [];
  const collections = ended.map(({ collection, entries: own, error }) => {
    entries.push(...own);
    if (error === undefined) return collection;
    const wanted = errorPath(error.title);
    const number = (taken.get(wanted.toLowerCase()) ?? 0) + 1;
    taken.set(wanted.toLowerCase(), number);
    const path = number === 1 ? wanted : numbered(wanted, number);
    entries.push({ ...error.entry, path });
    return { ...collection, paths: [...collection.paths, path] };
  });
  return { collections, entries };
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'ERROR';
}
