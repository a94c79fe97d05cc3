import { Header, Parser, Pax, type ReadEntry } from 'tar';
import { Withheld } from '../withheld.ts';
import type { Budget, Member } from './archive.ts';

/** tar: POSIX.1-1988 ustar with PAX records. Owners and devices are left out. */

const blockBytes = 512;
const metaBytes = 64 * 1024;

export function readTar(bytes: Buffer, budget: Budget): readonly Member[] {
  const members: Member[] = [];
  const parser = new Parser({ strict: true, brotli: false, zstd: false, maxMetaEntrySize: metaBytes });
  let failure: unknown;
  parser.on('error', (error: unknown) => {
    failure ??= error;
  });
  parser.on('ignoredEntry', () => {
    failure ??= new Withheld('it is an archive (tar) with an entry of an unknown kind');
  });
  parser.on('entry', (entry: ReadEntry) => {
    try {
      budget.takeMember();
      budget.takeBytes(entry.size);
      read(entry);
    } catch (error) {
      failure ??= error;
      entry.resume();
    }
  });

  function read(entry: ReadEntry): void {
    const { path, type, mtime = new Date(0), mode = 0o600, linkpath } = entry;
    const common = { path, mtime, mode: mode & 0o777 };
    if (type === 'File' || type === 'OldFile' || type === 'ContiguousFile') {
      const pieces: Buffer[] = [];
      entry.on('data', (piece: Buffer) => pieces.push(piece));
      entry.on('end', () => members.push({ ...common, bytes: Buffer.concat(pieces) }));
    } else {
      if (type === 'Directory' || type === 'SymbolicLink' || type === 'Link') {
        const isLink = type !== 'Directory';
        members.push({ ...common, bytes: undefined, ...(isLink && { target: linkpath ?? '' }) });
      }
      entry.resume();
    }
  }

  // In pieces: after a failure the rest need not be read.
  const pieceBytes = 1024 * 1024;
  for (let at = 0; at < bytes.length && failure === undefined; at += pieceBytes) {
    parser.write(bytes.subarray(at, at + pieceBytes));
  }
  if (failure === undefined) parser.end();
  if (failure !== undefined) throw failure;
  return members;
}

/** A hard link becomes a symbolic one, for it may lead to what is called otherwise now. */
export function writeTar(members: readonly Member[]): Buffer {
  const pieces: Buffer[] = [];
  for (const { path, bytes, mtime, mode, target } of members) {
    const size = bytes?.length ?? 0;
    const isFolder = bytes === undefined && target === undefined;
    const type = target !== undefined ? 'SymbolicLink' : isFolder ? 'Directory' : 'File';
    const name = isFolder && !path.endsWith('/') ? `${path}/` : path;
    const link = target === undefined ? {} : { linkpath: target };
    const header = new Header({ path: name, mode, uid: 0, gid: 0, size, mtime, type, ...link });
    if (header.encode()) pieces.push(new Pax({ path: name, size, ...link }).encode());
    pieces.push(header.block ?? Buffer.alloc(blockBytes));
    if (bytes !== undefined) pieces.push(bytes, Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes));
  }
  return Buffer.concat([...pieces, Buffer.alloc(2 * blockBytes)]);
}
