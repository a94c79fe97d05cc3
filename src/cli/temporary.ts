import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { makeWorkingFolder } from '../disk/temporary.ts';

/** Files and folders of ours that must not be left behind, whoever ends us (rule S8). */
const temporary = new Set<string>();

/** At once, where nothing can be waited for any more: at the exit, or before a second signal kills. */
export function removeTemporary(): void {
  for (const path of temporary) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The next run looks for what is left.
    }
  }
}

/** Does work that makes a temporary file or folder, which is removed when the work is done, however it ended. */
export async function withTemporary<T>(path: string, work: () => Promise<T>): Promise<T> {
  claim(path);
  try {
    return await work();
  } finally {
    await discard(path);
  }
}

/** The private folder of a run below `$TMPDIR` (rule S7), made when it is first asked for. */
export interface Workspace {
  folder(): Promise<string>;
}

export async function withWorkspace<T>(work: (workspace: Workspace) => Promise<T>): Promise<T> {
  let making: Promise<string> | undefined;
  const folder = () => {
    making ??= makeWorkingFolder(tmpdir()).then(claim);
    return making;
  };
  try {
    return await work({ folder });
  } finally {
    const made = await making?.catch(() => undefined);
    if (made !== undefined) await discard(made);
  }
}

function claim(path: string): string {
  if (temporary.size === 0) process.once('exit', removeTemporary);
  temporary.add(path);
  return path;
}

/** What will not go stays noted, for one more try at the exit. */
async function discard(path: string): Promise<void> {
  const isGone = await rm(path, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
  if (isGone) temporary.delete(path);
  if (temporary.size === 0) process.removeListener('exit', removeTemporary);
}
