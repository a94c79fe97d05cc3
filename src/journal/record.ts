import type { Entry } from '../contract/bundle.ts';
import type { Ended } from '../contract/ended.ts';
import type { Collection, Manifest } from '../contract/manifest.ts';

export const journalVersion = 'hostbundle.journal/v1';

/** The first record: all that a bundle needs besides what the collectors leave. */
export interface Beginning {
  /** Where the bundle was to go, absolute; null for standard output. */
  readonly target: string | null;
  readonly created: string;
  readonly host: Manifest['host'];
  readonly specName: string;
  readonly notes: readonly string[];
  /** Whether functions of the spec may be run over the results. */
  readonly evals: boolean;
  /** One per planned collector, as it stands in a manifest if nothing more becomes known of it. */
  readonly collections: readonly Collection[];
  /** `spec.yaml`, redacted. */
  readonly spec: Entry;
}

/** Every other record: a collector that has ended, by its place in the plan. */
export interface EndedRecord {
  readonly index: number;
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly ended: Ended<Entry>;
}

/** An entry as JSON: its bytes follow the line, in the order in which entries are named in it. */
type Listed = Omit<Entry, 'bytes'> & { readonly size: number };

export function beginningPayload({ spec, ...rest }: Beginning): Buffer {
  return payload({ version: journalVersion, ...rest, spec: listed(spec) }, [spec]);
}

export function endedPayload({ index, atMs, ended }: EndedRecord): Buffer {
  const { collection, entries, error } = ended;
  const head = {
    index,
    atMs,
    collection,
    entries: entries.map(listed),
    error: error && { title: error.title, entry: listed(error.entry) },
  };
  return payload(head, error === undefined ? entries : [...entries, error.entry]);
}

/** Undefined for a journal of another version. */
export function readBeginning(bytes: Buffer): Beginning | undefined {
  const { head, take } = parts<Omit<Beginning, 'spec'> & { version: string; spec: Listed }>(bytes);
  const { version, spec, ...rest } = head;
  return version === journalVersion ? { ...rest, spec: take(spec) } : undefined;
}

export function readEnded(bytes: Buffer): EndedRecord {
  type Head = Pick<EndedRecord, 'index' | 'atMs'> & {
    readonly collection: Collection;
    readonly entries: readonly Listed[];
    readonly error?: { readonly title: string; readonly entry: Listed };
  };
  const { head, take } = parts<Head>(bytes);
  const { index, atMs, collection } = head;
  const entries = head.entries.map(take);
  if (head.error === undefined) return { index, atMs, ended: { collection, entries } };
  const error = { title: head.error.title, entry: take(head.error.entry) };
  return { index, atMs, ended: { collection, entries, error } };
}

function listed({ bytes, ...rest }: Entry): Listed {
  return { ...rest, size: bytes.length };
}

function payload(head: unknown, entries: readonly Entry[]): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...entries.map(({ bytes }) => bytes)]);
}

function parts<T>(bytes: Buffer): { head: T; take: (listed: Listed) => Entry } {
  let at = bytes.indexOf('\n') + 1;
  // It is ours, and whole by its digest: no schema stands between.
  const head = JSON.parse(bytes.toString('utf8', 0, at)) as T;
  const take = ({ size, ...rest }: Listed): Entry => {
    const start = at;
    at += size;
    return { ...rest, bytes: bytes.subarray(start, at) };
  };
  return { head, take };
}
