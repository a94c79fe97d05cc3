import { Parser, type ReadEntry } from 'tar';
import type { ContentSink } from '../contract/bundle.ts';
import type { Limits } from '../contract/limits.ts';
import type { Refuse } from './refusal.ts';
import { errorMessage } from './system-errors.ts';

export interface GuardedParser {
  /** Throws what the parser complains of, and unless exactly the announced entry came out. */
  feed(bytes: Buffer, onEntry?: (entry: ReadEntry) => ContentSink): void;
  end(): void;
}

export function guardedParser({ metaBytes }: Limits, refuse: Refuse): GuardedParser {
  const parser = new Parser({ strict: true, brotli: false, zstd: false, maxMetaEntrySize: metaBytes });
  let failure: { readonly error: unknown } | undefined;
  let arrived: ReadEntry | undefined;
  parser.on('error', (error: unknown) => {
    failure ??= { error };
  });
  parser.on('ignoredEntry', (entry: ReadEntry) => {
    failure ??= { error: new Error(`an entry of type ${entry.type} would be dropped`) };
  });
  parser.on('entry', (entry: ReadEntry) => {
    arrived = entry;
  });

  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      failure ??= { error };
    }
    if (!failure) return;
    const { error } = failure;
    throw refuse('damaged', `the tar archive is damaged: ${errorMessage(error)}`, error);
  }

  function feed(bytes: Buffer, onEntry?: (entry: ReadEntry) => ContentSink): void {
    guarded(() => parser.write(bytes));
    const entry = takeArrived();
    if (Boolean(entry) !== Boolean(onEntry)) throw refuse('damaged', 'the tar archive is damaged: its blocks are off');
    if (entry && onEntry) flow(entry, onEntry(entry));
  }

  function takeArrived(): ReadEntry | undefined {
    const entry = arrived;
    arrived = undefined;
    return entry;
  }

  return { feed, end: () => guarded(() => parser.end()) };
}

function flow(entry: ReadEntry, sink: ContentSink): void {
  if (entry.size === 0) {
    entry.resume();
    sink.end();
    return;
  }
  entry.on('end', () => sink.end());
  entry.on('data', (piece) => sink.write(piece));
}
