import { inText, type Outcome } from '../collect/outcome.ts';
import type { Entry } from '../contract/bundle.ts';
import { shortened } from '../contract/cut.ts';
import type { Ended } from '../contract/ended.ts';
import type { Collection } from '../contract/manifest.ts';
import type { Beginning, EndedRecord } from '../journal/record.ts';
import type { Journal } from '../journal/write.ts';
import type { Redaction } from '../redact/redaction.ts';

export interface KeeperOptions {
  readonly redaction: Redaction;
  /** For a run that lasts; undefined: no journal is kept. */
  readonly journal:
    | {
        /** Called once. */
        readonly begin: (beginning: Beginning) => Promise<Journal>;
        /** What it begins with, by all that is known to be secret when it is called. */
        readonly beginning: () => Beginning;
      }
    | undefined;
  readonly maxFileBytes: number;
  /** Told once, when the journal cannot be kept; the run goes on without. */
  readonly onFailure: (error: unknown) => void;
}

export interface Keeper {
  /**
   * A collector has ended, by its place in the plan. Costs nothing here and now: others wait for their answers. Nobody else may
   * hold on to it: it is let go of as soon as its text is there.
   */
  note(outcome: Outcome, index: number): void;
  /** All have: what they leave, redacted, in the order of the plan; noted in the journal if there is one. */
  finish(): Promise<readonly Ended<Entry>[]>;
}

/** Whoever kills a run in its first seconds starts it again: nothing is lost that is worth a file. */
const quietMs = 3000;
const betweenMs = 250;
const betweenRenewalsMs = 5000;
/** Few enough that the event loop is held for a fraction of a millisecond. */
const batch = 32;

/**
 * Makes each outcome into redacted files once: when the run is over, or, in a run that lasts, a moment after it came, for the
 * journal. What others measure meanwhile is not disturbed: batches are small, and between them their answers are read.
 */
export function createKeeper({ redaction, journal, maxFileBytes, onFailure }: KeeperOptions): Keeper {
  const start = performance.now();
  /** By their places in the plan: what came, until it is settled. */
  const outcomes = new Map<number, EndedOutcome>();
  const settled = new Map<number, Ended<Entry>>();
  /** How many secrets were known when it was last searched for them. */
  const searched = new Map<number, number>();
  /** Places of those that the journal has not got yet. */
  const waiting: number[] = [];
  let isOver = false;
  let wake = () => {};
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (isOver) return resolve();
      const timer = setTimeout(resolve, ms).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function keep({ begin, beginning }: NonNullable<KeeperOptions['journal']>): Promise<void> {
    await pause(quietMs);
    if (isOver) return;
    let known = redaction.known;
    const journal = await begin(beginning());
    try {
      let renewedMs = Number.NEGATIVE_INFINITY;
      for (let isLast = false; !isLast; await pause(betweenMs)) {
        isLast = isOver;
        while (waiting.length > 0) await journal.add(await inTurn(waiting.splice(0, batch), record));
        if (isLast) continue;
        const { changed, isThrough } = again();
        if (changed.length > 0) await journal.add(changed);
        if (!isThrough || known === redaction.known || performance.now() - renewedMs < betweenRenewalsMs) continue;
        // What was noted before must not stay on the disk; and the beginning, too, may say what was found to be secret since.
        known = redaction.known;
        await journal.renew(beginning());
        renewedMs = performance.now();
      }
    } finally {
      await journal.close();
    }
  }

  async function record(index: number): Promise<EndedRecord> {
    const atMs = outcomes.get(index)?.atMs ?? 0;
    return { index, atMs, ended: await settle(index) };
  }

  /** A few of those that were noted before secrets were found that may stand in them too. */
  function again(): { readonly changed: readonly EndedRecord[]; readonly isThrough: boolean } {
    const { known } = redaction;
    const changed: EndedRecord[] = [];
    let looks = 0;
    for (const [index, count] of searched) {
      if (count === known) continue;
      if (looks++ === batch) return { changed, isThrough: false };
      searched.set(index, known);
      const before = settled.get(index);
      const ended = before && sweptOnce(before, redaction);
      if (ended === undefined || ended === before) continue;
      settled.set(index, ended);
      changed.push({ index, atMs: Math.round(performance.now() - start), ended });
    }
    return { changed, isThrough: true };
  }

  async function settle(index: number): Promise<Ended<Entry>> {
    const before = settled.get(index);
    if (before !== undefined) return before;
    const one = outcomes.get(index);
    if (one === undefined) throw new Error('a collector that was never noted');
    const ended = await textOf(one.outcome, redaction, maxFileBytes);
    outcomes.delete(index);
    settled.set(index, ended);
    if (journal !== undefined) searched.set(index, redaction.known);
    return ended;
  }

  const kept = journal === undefined ? Promise.resolve() : keep(journal).catch(onFailure);
  return {
    note(outcome, index) {
      outcomes.set(index, { outcome, atMs: Math.round(performance.now() - start) });
      if (journal !== undefined) waiting.push(index);
    },
    async finish() {
      isOver = true;
      wake();
      await kept;
      const places = [...outcomes.keys(), ...settled.keys()].sort((a, b) => a - b);
      return inTurn(places, settle);
    },
  };
}

interface EndedOutcome {
  readonly outcome: Outcome;
  readonly atMs: number;
}

/** Redacted first and cut then: a secret of many lines is still whole when it is looked for. */
async function textOf(outcome: Outcome, redaction: Redaction, maxFileBytes: number): Promise<Ended<Entry>> {
  const { collection, entries: raw, error } = inText(outcome);
  const entries = await inTurn(raw, async (one) => {
    const entry = named(await redaction.redact(one), redaction);
    return entry.isRaw === true ? shortened(entry, maxFileBytes) : entry;
  });
  const ended = { collection: namedCollection(collection, redaction), entries };
  if (error === undefined) return ended;
  const entry = named(await redaction.redact(error.entry), redaction);
  return { ...ended, error: { title: redaction.text(error.title), entry } };
}

/** The same where there is nothing new to mask in it. */
function sweptOnce(ended: Ended<Entry>, redaction: Redaction): Ended<Entry> {
  const { entries, error, collection } = ended;
  const swept = redaction.sweep(error === undefined ? entries : [...entries, error.entry]);
  const own = swept.slice(0, entries.length);
  const last = error && swept.at(-1);
  if (own.every((entry, index) => entry === entries[index]) && last === error?.entry) return ended;
  return {
    collection: namedCollection(collection, redaction),
    entries: own,
    ...(error && last && { error: { title: redaction.text(error.title), entry: last } }),
  };
}

function named(entry: Entry, { path }: Redaction): Entry {
  const name = path(entry.path);
  return name === entry.path ? entry : { ...entry, path: name };
}

/** What a manifest says of a collector, without secrets. */
export function namedCollection(collection: Collection, { text, path }: Pick<Redaction, 'text' | 'path'>): Collection {
  const { name, source, reason, paths } = collection;
  return {
    ...collection,
    name: text(name),
    ...(source !== undefined && { source: text(source) }),
    ...(typeof reason === 'string' && { reason: text(reason) }),
    paths: paths.map(path),
  };
}

/** One after the other: what is found in one is known in the next. */
async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}
