import { gunzipSync, gzipSync } from 'node:zlib';
import type { Limits } from '../../contract/limits.ts';
import type { Content } from '../content.ts';
import { Withheld } from '../withheld.ts';
import { readTar, writeTar } from './tar.ts';
import { readZip, writeZip } from './zip.ts';

/** A file in an archive. What is made anew is made of this alone, so that nothing passes which nobody looked at. */
export interface Member {
  readonly path: string;
  /** Undefined for a folder or a link, which have none. */
  readonly bytes: Buffer | undefined;
  readonly mtime: Date;
  readonly mode: number;
  /** Where a link leads. */
  readonly target?: string;
}

export type ArchiveKind = Extract<Content, 'gzip' | 'tar' | 'zip'>;

export function isArchive(content: Content): content is ArchiveKind {
  return content === 'gzip' || content === 'tar' || content === 'zip';
}

/** What all archives in one file may unpack to, however they are nested. */
export interface Budget {
  takeBytes(count: number): void;
  takeMember(): void;
  readonly bytesLeft: number;
  readonly maxDepth: number;
}

export function createBudget({ archiveBytes, archiveMembers, archiveDepth }: Limits): Budget {
  let bytesLeft = archiveBytes;
  let membersLeft = archiveMembers;
  return {
    maxDepth: archiveDepth,
    get bytesLeft() {
      return bytesLeft;
    },
    takeBytes(count) {
      bytesLeft -= count;
      if (bytesLeft < 0) throw new Withheld(`it is an archive of more than ${archiveBytes} bytes`);
    },
    takeMember() {
      membersLeft--;
      if (membersLeft < 0) throw new Withheld(`it is an archive of more than ${archiveMembers} files`);
    },
  };
}

/** Throws `Withheld` where it cannot be read to its end, or is more than it may be. */
export function openArchive(kind: ArchiveKind, path: string, bytes: Buffer, budget: Budget): readonly Member[] {
  try {
    if (kind === 'tar') return readTar(bytes, budget);
    if (kind === 'zip') return readZip(bytes, budget);
    const inside = unpacked(bytes, budget);
    budget.takeMember();
    budget.takeBytes(inside.length);
    return [{ path: nameInside(path), bytes: inside, mtime: new Date(0), mode: 0o600 }];
  } catch (error) {
    if (error instanceof Withheld) throw error;
    throw new Withheld(`it is an archive (${kind}) that is damaged`);
  }
}

function unpacked(bytes: Buffer, budget: Budget): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, budget.bytesLeft) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') budget.takeBytes(Number.POSITIVE_INFINITY);
    throw error;
  }
}

export function packArchive(kind: ArchiveKind, members: readonly Member[]): Buffer {
  if (kind === 'tar') return writeTar(members);
  if (kind === 'zip') return writeZip(members);
  return gzipSync(members[0]?.bytes ?? Buffer.alloc(0));
}

/** `messages.1.gz` holds `messages.1`, `logs.tgz` holds `logs.tar`. */
function nameInside(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/\.tgz$/i, '.tar').replace(/\.gz$/i, '');
}
