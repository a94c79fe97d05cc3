import { getPriority, setPriority, tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { roomIn } from '../disk/failure.ts';
import { removeDeadFolders, removePartials } from '../disk/temporary.ts';
import { renderSize } from '../report/findings.ts';
import { printableLine } from '../report/printable.ts';
import { writeErr } from './output.ts';

/** What the work of a troubled host comes before (rule C6); children inherit it. */
const courtesy = 10;

export function lowerPriority(): void {
  try {
    if (getPriority() < courtesy) setPriority(courtesy);
  } catch {
    // Some sandboxes forbid even this; then it is not ours to insist.
  }
}

/** Removes what killed runs left in the folder of the bundle and in `$TMPDIR` (rule S8), and tells of what `recover` can use. */
export async function tidyUp(target: string | undefined, quiet: boolean): Promise<void> {
  if (target !== undefined) await removePartials(dirname(resolve(target)));
  const recoverable = await removeDeadFolders(tmpdir());
  if (quiet) return;
  for (const { path } of recoverable) {
    await writeErr(
      `note: an earlier run was killed; hostbundle recover ${printableLine(path)} makes a bundle of its results\n`,
    );
  }
}

/** More than a result of a network check ever took, with its lines in the manifest and in the journal. */
const bytesPerCollector = 16 * 1024;

/** A disk that is nearly full is a warning, and no reason not to try (rule C6). */
export async function warnOfLittleRoom(collectors: number, target: string | undefined): Promise<void> {
  const wanted = 1024 * 1024 + collectors * bytesPerCollector;
  const folders = new Set([target === undefined ? tmpdir() : dirname(resolve(target)), tmpdir()]);
  for (const folder of folders) {
    const room = await roomIn(folder);
    if (room === undefined || (room.freeBytes >= wanted && !room.isOutOfFiles)) continue;
    const left = room.isOutOfFiles
      ? 'no more files can be made'
      : `${renderSize(room.freeBytes)} are free, and this run may need ${renderSize(wanted)}`;
    await writeErr(`warning: ${printableLine(folder)}: ${left}\n`);
  }
}
