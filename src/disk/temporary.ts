import { randomBytes } from 'node:crypto';
import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isGone, ownerPattern, ownTag } from './owner.ts';

/** The journal of a run, in its working folder. */
export const journalFile = 'journal';
/** The same while it is made anew. */
export const nextJournalFile = 'journal.next';

/** A new private folder (0700, a name that nobody can guess: rule S7) that says whose it is. */
export function makeWorkingFolder(parent: string): Promise<string> {
  return mkdtemp(join(parent, `hostbundle-${ownTag()}-`));
}

/** A bundle until it is whole: hidden, in the same folder, and never taken for a bundle. */
export function partialName(file: string): string {
  return join(dirname(file), `.${basename(file)}.partial-${ownTag()}-${randomBytes(6).toString('hex')}`);
}

const workingFolderName = new RegExp(`^hostbundle-(${ownerPattern})-[A-Za-z0-9]{6}$`);
const partialFileName = new RegExp(`^\\..+\\.partial-(${ownerPattern})-[0-9a-f]{12}$`);

export interface WorkingFolder {
  readonly path: string;
  readonly isGone: boolean;
  /** When something in it was last made or removed, or its journal grew. */
  readonly touchedMs: number;
  readonly hasJournal: boolean;
}

/** The working folder at a path; undefined when there is none, or it belongs to another user. */
export function workingFolderAt(path: string): WorkingFolder | undefined {
  const tag = workingFolderName.exec(basename(path))?.[1];
  const folder = tag === undefined ? undefined : ownStats(path);
  if (tag === undefined || folder?.isDirectory() !== true) return undefined;
  const journal = ownStats(join(path, journalFile));
  const touchedMs = Math.max(folder.mtimeMs, journal?.mtimeMs ?? 0);
  return { path, isGone: isGone(tag, touchedMs), touchedMs, hasJournal: journal?.isFile() === true };
}

/** Rejects with a system error where the folder cannot be read. */
export async function workingFoldersIn(parent: string): Promise<readonly WorkingFolder[]> {
  const entries = await readdir(parent, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.sort().flatMap((name) => workingFolderAt(join(parent, name)) ?? []);
}

/** Removes what runs that are gone left of bundles in this folder: nothing can be made of half an archive. */
export async function removePartials(folder: string): Promise<void> {
  const entries: readonly Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of entries) {
    const tag = partialFileName.exec(name)?.[1];
    if (tag !== undefined && isGoneFile(join(folder, name), tag)) await remove(join(folder, name));
  }
}

function isGoneFile(path: string, tag: string): boolean {
  try {
    const file = ownStats(path);
    return file?.isFile() === true && isGone(tag, file.mtimeMs);
  } catch {
    return false;
  }
}

/** For a person who still wants to make a bundle of it (rule S8). */
const keptMs = 24 * 60 * 60 * 1000;

/** Removes what runs that are gone left behind; gives those that are kept for now, because `recover` can make a bundle of them. */
export async function removeDeadFolders(parent: string): Promise<readonly WorkingFolder[]> {
  const found: readonly WorkingFolder[] = await workingFoldersIn(parent).catch(() => []);
  const dead = found.filter(({ isGone }) => isGone);
  const isKept = ({ hasJournal, touchedMs }: WorkingFolder) => hasJournal && Date.now() - touchedMs < keptMs;
  for (const folder of dead) if (!isKept(folder)) await removeWorkingFolder(folder);
  return dead.filter(isKept);
}

export function removeWorkingFolder({ path }: WorkingFolder): Promise<void> {
  return remove(path);
}

/** A leftover that will not go is the next run's again. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/**
 * Never followed where it is a link, and never anything of another user: in /tmp everybody makes what they like. Undefined when
 * there is none; throws where the system cannot say.
 */
function ownStats(path: string): Stats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined || process.getuid === undefined || found.uid === process.getuid() ? found : undefined;
}
