import { createHash } from 'node:crypto';
import type { ContentSink } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import type { Limits } from '../contract/limits.ts';
import { sha256 } from './manifest.ts';
import { requirePath } from './names.ts';
import { inBytes, quoted, type Refusals, type Refuse, theLimit } from './refusal.ts';

export interface FileEntry {
  readonly kind: 'file';
  readonly size: number;
  readonly sha256: string;
}

export interface LinkEntry {
  readonly kind: 'symlink' | 'hardlink';
  /** Undefined when it is longer than any path can be. */
  readonly target: string | undefined;
}

export type ContentEntry = FileEntry | LinkEntry | { readonly kind: 'folder' };

/** What stands in a bundle, by path from its top (the root folder's name still in it), in the order it stood there. */
export interface Contents {
  readonly entries: ReadonlyMap<string, ContentEntry>;
  readonly held: ReadonlyMap<string, Uint8Array>;
  /** Paths that were to be kept, with the limit for which they were not. */
  readonly unheld: ReadonlyMap<string, HoldingLimit>;
}

export type HoldingLimit = 'documentBytes' | 'heldBytes';

export interface Collecting extends Contents {
  addFolder(name: string): void;
  addLink(name: string, kind: LinkEntry['kind'], target: string): void;
  addFile(name: string, size: number): ContentSink;
  /** Nothing more will come: takes back the file whose content did not come to its end, and gives its path. */
  breakOff(): string | undefined;
}

export interface Keeping {
  readonly limits: Limits;
  /** Whether entries that are refused are passed over, and what stands before a break is taken; absent: nothing is. */
  readonly keepGoing?: boolean;
  /** How large a file may be whose content is held; absent: documentBytes. */
  readonly largestHeldBytes?: number;
  /** Whether a file's content is to be held for `read`, by its path from the root; asked more than once. */
  readonly keep: (path: string) => boolean;
  /** Takes what each file holds as it comes by, named from the top; absent: nobody does. */
  readonly visit?: (path: string, size: number) => ContentSink;
  /** Waited for between pieces, so that a visitor can do what takes its time. */
  readonly between?: () => Promise<void>;
  /** Sees all of the unpacked archive, headers too. */
  readonly observe?: (piece: Buffer) => void;
}

const vouching: ReadonlySet<string> = new Set([layout.manifest, layout.signature]);

/** Shared by all, for a bomb may hold a hundred thousand of them. */
const emptyFile: FileEntry = { kind: 'file', size: 0, sha256: sha256(new Uint8Array()) };

export const noContent: ContentSink = { write() {}, end() {} };

export function collectContents({ limits, keep, largestHeldBytes, visit }: Keeping, refuse: Refuse): Collecting {
  const entries = new Map<string, ContentEntry>();
  const held = new Map<string, Uint8Array>();
  const unheld = new Map<string, HoldingLimit>();
  let heldBytes = 0;
  let unfinished: string | undefined;
  let top: string | undefined;
  let hasSeveralTops = false;

  function claim(name: string, isFolder: boolean): string {
    const path = requirePath(name, isFolder, limits, refuse);
    if (path === '') return path;
    if (entries.has(path)) throw refuse('duplicate-name', `the bundle holds ${quoted(path)} twice`);
    const first = firstSegment(path);
    hasSeveralTops ||= (top ?? first) !== first || (first === path && !isFolder);
    top ??= first;
    return path;
  }

  /** By the path as it will be from the root; which root that is may not be known before the last entry. */
  function isWanted(path: string): boolean {
    return isVouching(path) || keep(path) || (!hasSeveralTops && keep(withoutFirst(path)));
  }

  /** The manifest and its signature, which are read of every bundle. */
  function isVouching(path: string): boolean {
    return vouching.has(path) || (!hasSeveralTops && vouching.has(withoutFirst(path)));
  }

  function room(path: string, size: number): Buffer | undefined {
    if (!isWanted(path)) return undefined;
    const limit = noRoom(path, size);
    if (limit === undefined) return Buffer.allocUnsafeSlow(size);
    unheld.set(path, limit);
    return undefined;
  }

  function noRoom(path: string, size: number): HoldingLimit | undefined {
    if (size > (isVouching(path) ? limits.documentBytes : (largestHeldBytes ?? limits.documentBytes))) {
      return 'documentBytes';
    }
    // They come last, when others may have filled the room.
    if (isVouching(path)) return undefined;
    if (heldBytes + size > limits.heldBytes) return 'heldBytes';
    heldBytes += size;
    return undefined;
  }

  function addFile(name: string, size: number): ContentSink {
    if (size > limits.entryBytes) {
      throw refuse('too-large', `the entry ${quoted(name)} holds ${inBytes(size)}; ${theLimit('entryBytes', limits)}`);
    }
    const path = claim(name, false);
    const bytes = room(path, size);
    const visitor = visit?.(path, size);
    if (size === 0) {
      visitor?.end();
      entries.set(path, emptyFile);
      if (bytes) held.set(path, bytes);
      return noContent;
    }
    const hash = createHash('sha256');
    // Claims the path and its place in the order at once; the digest follows.
    entries.set(path, { kind: 'file', size, sha256: '' });
    unfinished = path;
    let filled = 0;
    return {
      write(piece) {
        hash.update(piece);
        bytes?.set(piece, filled);
        visitor?.write(piece);
        filled += piece.length;
      },
      end() {
        unfinished = undefined;
        visitor?.end();
        entries.set(path, { kind: 'file', size, sha256: hash.digest('hex') });
        if (bytes) held.set(path, bytes);
      },
    };
  }

  function addFolder(name: string): void {
    const path = claim(name, true);
    if (path !== '') entries.set(path, { kind: 'folder' });
  }

  function addLink(name: string, kind: LinkEntry['kind'], target: string): void {
    const path = claim(name, false);
    entries.set(path, { kind, target: Buffer.byteLength(target) > limits.pathBytes ? undefined : target });
  }

  function breakOff(): string | undefined {
    if (unfinished !== undefined) entries.delete(unfinished);
    return unfinished;
  }

  return { entries, held, unheld, addFile, addFolder, addLink, breakOff };
}

/** Refuses each path that is a file or link, and a folder of another entry too. */
export function refuseFilesAsFolders(
  entries: ReadonlyMap<string, ContentEntry>,
  refuse: Refuse,
  refusals: Refusals,
): void {
  // With the slash below every other character, what is in a folder follows right after its name.
  const sorted = [...entries].map(([path, { kind }]) => ({ path, kind, key: path.replaceAll('/', '\0') }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const [index, { path, kind }] of sorted.entries()) {
    if (kind !== 'folder' && sorted[index + 1]?.path.startsWith(`${path}/`)) {
      const message = `the bundle holds ${quoted(path)} as a file and as a folder`;
      refusals.passOver(refuse('duplicate-name', message), path);
    }
  }
}

export function firstSegment(path: string): string {
  const slash = path.indexOf('/');
  return slash === -1 ? path : path.slice(0, slash);
}

export function withoutFirst(path: string): string {
  return path.slice(firstSegment(path).length + 1);
}
