import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFile } from '../disk/temporary.ts';
import { framed } from './frame.ts';
import { type Beginning, beginningPayload, type EndedRecord, endedPayload } from './record.ts';

export interface Journal {
  /** Adds records; rejects with a system error. */
  add(records: readonly EndedRecord[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * A kill loses nothing that was handed to the kernel; only a power cut loses what is not flushed, and this much of it. A flush
 * runs beside the collecting, which never waits for it.
 */
const flushEveryMs = 5000;

export async function beginJournal(folder: string, beginning: Beginning): Promise<Journal> {
  const handle = await open(join(folder, journalFile), 'wx', 0o600);
  let flushing: Promise<unknown> = Promise.resolve();
  let flushedMs = Number.NEGATIVE_INFINITY;
  const write = async (bytes: Buffer) => {
    await handle.writeFile(bytes);
    if (performance.now() - flushedMs < flushEveryMs) return;
    flushedMs = performance.now();
    // A disk that cannot flush says so again at the next write.
    flushing = flushing.then(() => handle.datasync()).catch(() => undefined);
  };
  const close = async () => {
    await flushing;
    await handle.close();
  };
  try {
    await write(framed(beginningPayload(beginning)));
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return { add: (records) => write(Buffer.concat(records.map((record) => framed(endedPayload(record))))), close };
}
