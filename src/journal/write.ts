import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFile, nextJournalFile } from '../disk/temporary.ts';
import { framed } from './frame.ts';
import { type Beginning, beginningPayload, type EndedRecord, endedPayload } from './record.ts';

export interface Journal {
  /** Adds records; rejects with a system error. Of two records of one collector the later counts. */
  add(records: readonly EndedRecord[]): Promise<void>;
  /**
   * Makes the file anew of this beginning and of the records that count, so that nothing of the others is left in the folder;
   * unless there are none, and it begins so already.
   */
  renew(beginning: Beginning): Promise<void>;
  close(): Promise<void>;
}

/**
 * A kill loses nothing that was handed to the kernel; only a power cut loses what is not flushed, and this much of it. A flush
 * runs beside the collecting, which never waits for it.
 */
const flushEveryMs = 5000;
const copyBytes = 256 * 1024;

export async function beginJournal(folder: string, beginning: Beginning): Promise<Journal> {
  const path = join(folder, journalFile);
  let handle = await open(path, 'wx+', 0o600);
  /** Where each record that counts stands, by its collector. */
  let places = new Map<number, Place>();
  let length = 0;
  let isOld = false;
  let head = framed(beginningPayload(beginning));
  let flushing: Promise<unknown> = Promise.resolve();
  let flushedMs = Number.NEGATIVE_INFINITY;
  const write = async (bytes: Buffer) => {
    await handle.writeFile(bytes);
    length += bytes.length;
    if (performance.now() - flushedMs < flushEveryMs) return;
    flushedMs = performance.now();
    // A disk that cannot flush says so again at the next write.
    const current = handle;
    flushing = flushing.then(() => current.datasync()).catch(() => undefined);
  };
  const close = async () => {
    await flushing;
    await handle.close();
  };
  try {
    await write(head);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return {
    async add(records) {
      const frames = records.map((record) => framed(endedPayload(record)));
      let at = length;
      await write(Buffer.concat(frames));
      for (const [number, { index }] of records.entries()) {
        const bytes = frames[number]?.length ?? 0;
        isOld ||= places.has(index);
        places.set(index, { at, bytes });
        at += bytes;
      }
    },
    async renew(anew) {
      const anewHead = framed(beginningPayload(anew));
      if (!isOld && anewHead.equals(head)) return;
      const next = join(folder, nextJournalFile);
      const copy = await open(next, 'wx+', 0o600);
      const copied = new Map<number, Place>();
      let at = anewHead.length;
      try {
        await copy.writeFile(anewHead);
        // A kill before the rename leaves the old one, which says the same.
        for (const [index, place] of places) {
          await copyPart(handle, copy, place);
          copied.set(index, { at, bytes: place.bytes });
          at += place.bytes;
        }
        await copy.datasync();
        await rename(next, path);
      } catch (error) {
        await copy.close();
        await rm(next, { force: true });
        throw error;
      }
      await close();
      handle = copy;
      head = anewHead;
      isOld = false;
      places = copied;
      length = at;
    },
    close,
  };
}

interface Place {
  readonly at: number;
  readonly bytes: number;
}

async function copyPart(from: FileHandle, to: FileHandle, { at, bytes }: Place): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(bytes, copyBytes));
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, bytes - done), at + done);
    if (bytesRead === 0) throw new Error('a journal that has become shorter');
    await to.writeFile(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
}
