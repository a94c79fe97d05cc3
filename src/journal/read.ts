import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFile } from '../disk/temporary.ts';
import { unframed } from './frame.ts';
import { type Beginning, type EndedRecord, readBeginning, readEnded } from './record.ts';

export interface Journalled {
  readonly beginning: Beginning;
  /** In the order in which they ended. */
  readonly ended: readonly EndedRecord[];
  /** Whether something stands behind the last whole record: the run was cut while it wrote. */
  readonly isTorn: boolean;
}

/** What had been noted in a working folder; `empty` when not even the beginning had, `foreign` for another version's. */
export async function readJournal(folder: string): Promise<Journalled | 'empty' | 'foreign'> {
  const { payloads, isTorn } = unframed(await readFile(join(folder, journalFile)));
  const [first, ...rest] = payloads;
  if (first === undefined) return 'empty';
  const beginning = readBeginning(first);
  return beginning === undefined ? 'foreign' : { beginning, ended: rest.map(readEnded), isTorn };
}
