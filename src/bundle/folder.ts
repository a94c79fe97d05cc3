import { constants, type Stats } from 'node:fs';
import { lstat, open, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentSink, Refusal } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import type { Limits } from '../contract/limits.ts';
import { type Contents, collectContents, type Keeping } from './contents.ts';
import { requirePath } from './names.ts';
import { quoted, type Refusals, type Refuse, refusals, theLimit } from './refusal.ts';
import { cannotRead, isFromSystem } from './system-errors.ts';

interface Found {
  /** From the top, as the folder spells it. */
  readonly name: string;
  readonly stats: Stats;
}

export interface ReadFolder {
  readonly contents: Contents;
  readonly refused: readonly Refusal[];
}

/** An unpacked bundle: its links and FIFOs are real, so nothing but regular files and folders is ever opened. */
export async function readFolder(folder: string, keeping: Keeping, refuse: Refuse): Promise<ReadFolder> {
  try {
    return await readEntries(folder, keeping, refuse);
  } catch (error) {
    throw isFromSystem(error) ? cannotRead(folder, error) : error;
  }
}

async function readEntries(folder: string, keeping: Keeping, refuse: Refuse): Promise<ReadFolder> {
  const contents = collectContents(keeping, refuse);
  const refused = refusals(keeping.keepGoing ?? false);
  const found = await walk(folder, await findTop(folder, refuse), keeping, refuse, refused);
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  let totalBytes = 0;
  for (const { name, stats } of found) {
    try {
      if (stats.isDirectory()) contents.addFolder(name);
      else if (stats.isSymbolicLink()) contents.addLink(name, 'symlink', await readlink(join(folder, name)));
      else {
        const sink = contents.addFile(name, stats.size);
        totalBytes += stats.size;
        if (totalBytes > keeping.limits.unpackedBytes) {
          throw refuse('too-large', `the folder holds more than allowed: ${theLimit('unpackedBytes', keeping.limits)}`);
        }
        await readInto(sink, join(folder, name), stats, keeping, refuse);
      }
    } catch (error) {
      contents.breakOff();
      refused.passOver(error, name);
    }
  }
  return { contents, refused: refused.list };
}

/** Looked at before anything is walked, so that a wrong argument such as a home folder is told at once. */
async function findTop(folder: string, refuse: Refuse): Promise<string> {
  if (await exists(join(folder, layout.version))) return '';
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    names.push(name);
    if (names.length > 1) {
      const message = `the folder holds no version.yaml, and more than one other name: ${names.map(quoted).join(', ')}`;
      throw refuse('several-roots', message);
    }
  }
  const top = names[0];
  if (top === undefined) throw refuse('no-version', 'the folder is empty');
  const stats = await lstat(join(folder, top));
  if (stats.isDirectory() && (await exists(join(folder, top, layout.version)))) return top;
  throw refuse('no-version', `there is no version.yaml in the folder, nor in ${quoted(top)}: it is no bundle`);
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

async function walk(
  folder: string,
  top: string,
  { limits }: Keeping,
  refuse: Refuse,
  refused: Refusals,
): Promise<Found[]> {
  const found: Found[] = [];
  const folders = [top];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const entry of await opendir(join(folder, next))) {
      const name = next === '' ? entry.name : `${next}/${entry.name}`;
      if (found.length === limits.entries) {
        throw refuse('too-many-entries', `the folder holds too many entries; ${theLimit('entries', limits)}`);
      }
      try {
        const stats = await look(folder, name, limits, refuse);
        found.push({ name, stats });
        if (stats.isDirectory()) folders.push(name);
      } catch (error) {
        refused.passOver(error, name);
      }
    }
  }
  return found;
}

async function look(folder: string, name: string, limits: Limits, refuse: Refuse): Promise<Stats> {
  // What is not UTF-8 comes with replacement characters, and then names nothing.
  if (name.includes('\ufffd')) throw refuse('bad-name', `the name ${quoted(name)} is not UTF-8`);
  const stats = await lstat(join(folder, name));
  requirePath(name, stats.isDirectory(), limits, refuse);
  if (stats.isDirectory() || stats.isSymbolicLink() || stats.isFile()) return stats;
  throw refuse('forbidden-type', `${quoted(name)} is neither a file nor a folder nor a link`);
}

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** What was opened must be what was looked at: a link or FIFO may have taken its place. */
async function readInto(
  sink: ContentSink,
  file: string,
  seen: Stats,
  { between }: Keeping,
  refuse: Refuse,
): Promise<void> {
  const handle = await open(file, openFlags);
  try {
    const stats = await handle.stat();
    const isSame = stats.isFile() && stats.ino === seen.ino && stats.dev === seen.dev && stats.size === seen.size;
    const buffer = Buffer.allocUnsafeSlow(64 * 1024);
    let left = isSame ? seen.size : -1;
    while (left > 0) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, left));
      if (bytesRead === 0) break;
      sink.write(buffer.subarray(0, bytesRead));
      left -= bytesRead;
      await between?.();
    }
    if (left !== 0) throw refuse('changed', `${file} changed while it was read`);
    sink.end();
  } finally {
    await handle.close();
  }
}
