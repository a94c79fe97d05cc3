import { statfs } from 'node:fs/promises';

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'that is not a folder',
  EIO: 'the disk reports an error',
  EFBIG: 'a file of that size is not allowed here, by `ulimit -f` or by the file system',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this host has too many files open',
  ENOMEM: 'the host is out of memory',
  EBUSY: 'the file system is busy',
  EINTR: 'the call was interrupted',
};

/** Why something could not be written, as far as the system says; undefined for what is no failure of a disk. */
export function diskFailure(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : reasons[code];
  if (reason !== undefined) return `${reason} (${code})`;
  return syscall === undefined ? undefined : `${syscall} failed (${code})`;
}

/** Those that mean: less would have gone in. */
export function isOutOfRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

export interface Room {
  readonly freeBytes: number;
  /** Whether not even an empty file could be made. */
  readonly isOutOfFiles: boolean;
}

/** What an unprivileged process may still write to the file system of a folder; undefined where nobody can tell. */
export async function roomIn(folder: string): Promise<Room | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  // File systems without a table of files say 0 of 0.
  return found && { freeBytes: found.bavail * found.bsize, isOutOfFiles: found.files > 0 && found.ffree === 0 };
}
