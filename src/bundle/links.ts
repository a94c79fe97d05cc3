import type { ContentEntry, FileEntry, LinkEntry } from './contents.ts';

const maxHops = 8;

export interface Resolution {
  /** Where a file or link leads to; undefined when that is no file of this bundle. */
  readonly place?: string;
  readonly file?: FileEntry;
  readonly reason?: string;
}

/** Follows a link inside the index and nowhere else. */
export function resolveLink(start: string, entries: ReadonlyMap<string, ContentEntry>): Resolution {
  let path = start;
  for (let hops = 0; hops <= maxHops; hops++) {
    const entry = entries.get(path);
    if (!entry) return { reason: 'it leads to nothing in the bundle' };
    if (entry.kind === 'file') return { place: path, file: entry };
    if (entry.kind === 'folder') return { reason: 'it leads to a folder' };
    const next = targetPath(path, entry);
    if (next === undefined) return { reason: 'it leads out of the bundle' };
    path = next;
  }
  return { reason: `it leads over more than ${maxHops} links or in a circle` };
}

/** From the top: a symbolic link counts from its own folder, a hard link from the top. */
function targetPath(path: string, { kind, target }: LinkEntry): string | undefined {
  if (target === undefined || /^\/|^[A-Za-z]:|\\/.test(target)) return undefined;
  const segments = kind === 'hardlink' ? [] : path.split('/').slice(0, -1);
  for (const segment of target.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  return segments.join('/').normalize('NFC');
}
