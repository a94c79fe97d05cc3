import type { KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { OpenedBundle } from '../contract/bundle.ts';
import { type ArchiveKeeping, readArchive } from './archive.ts';
import { assemble } from './assemble.ts';
import type { Keeping } from './contents.ts';
import { readFolder } from './folder.ts';
import { type Refuse, refuser } from './refusal.ts';
import { filePieces, openFile, statSource, streamPieces } from './source.ts';

export interface OpenOptions extends ArchiveKeeping {
  /** What `-` stands for. */
  readonly stdin?: NodeJS.ReadableStream;
  /** Public keys, one of which must have signed the manifest for the bundle to be sound; absent: nobody has to. */
  readonly keys?: readonly KeyObject[];
}

/**
 * Opens a bundle that nobody vouches for: an archive, told by its content and never by its name, a folder, or `-`.
 * Nothing is extracted. Throws BundleError for what is refused, SystemError for what cannot be read.
 */
export async function openBundle(source: string, options: OpenOptions): Promise<OpenedBundle> {
  const refuse = refuser(source);
  if (source === '-') return openStream(source, options, refuse);
  const stats = await statSource(source, refuse);
  return stats.isDirectory() ? openFolder(source, options, refuse) : openArchive(source, options, refuse);
}

async function openStream(source: string, options: OpenOptions, refuse: Refuse): Promise<OpenedBundle> {
  const stdin = options.stdin ?? process.stdin;
  try {
    const archive = await readArchive(streamPieces(stdin), options, refuse);
    return await assemble({ source, ...archive }, options, refuse);
  } finally {
    // A refused stream may have more to say, and would keep the program waiting for it.
    if ('destroy' in stdin && typeof stdin.destroy === 'function') stdin.destroy();
  }
}

async function openArchive(source: string, options: OpenOptions, refuse: Refuse): Promise<OpenedBundle> {
  const handle = await openFile(source, refuse);
  const read = (from: FileHandle, own: Partial<Keeping>) =>
    readArchive(filePieces(source, from), { ...options, ...own }, refuse);
  try {
    const again = async (keep: OpenOptions['keep']) => (await read(handle, { keep })).contents;
    const pass = async (visiting: Partial<Keeping>) => {
      const other = await openFile(source, refuse);
      return read(other, visiting)
        .then(({ contents }) => contents)
        .finally(() => other.close());
    };
    return await assemble({ source, ...(await read(handle, {})), again, pass }, options, refuse);
  } finally {
    await handle.close();
  }
}

async function openFolder(source: string, options: OpenOptions, refuse: Refuse): Promise<OpenedBundle> {
  const read = (own: Partial<Keeping>) => readFolder(source, { ...options, ...own }, refuse);
  const pass = async (visiting: Partial<Keeping>) => (await read(visiting)).contents;
  const again = (keep: OpenOptions['keep']) => pass({ keep });
  const whole = { sizeBytes: null, hasEndMark: true, isUntouched: true };
  return assemble({ source, ...(await read({})), ...whole, again, pass }, options, refuse);
}
