import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, type Stats } from 'node:fs';
import { link, open, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Entry, StoredEntry } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import type { Limits } from '../contract/limits.ts';
import type { Manifest } from '../contract/manifest.ts';
import { pathPart } from '../contract/path.ts';
import { SystemError } from '../contract/problem.ts';
import { diskFailure, isOutOfRoom, roomIn } from '../disk/failure.ts';
import type { Encryption } from './age.ts';
import { renderManifest } from './manifest.ts';
import { openBundle } from './open.ts';
import { inBytes } from './refusal.ts';
import { signManifest } from './signature.ts';

export interface Written {
  /** Where it is now; another name than asked for when a file had appeared there meanwhile. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Hexadecimal SHA-256 of the archive. */
  readonly sha256: string;
}

export interface WriteOptions {
  /** Where it stands until it is whole: `partialName` of the file. */
  readonly partial: string;
  /** A larger file is not placed; absent: any size is. */
  readonly maxBytes?: number;
  /** Modification time of every entry. */
  readonly mtime: Date;
  readonly limits: Limits;
  /** Ed25519; absent: the bundle is not signed. */
  readonly signKey?: KeyObject | undefined;
  /** Absent: the archive is written as it is. */
  readonly encryption?: Encryption | undefined;
}

/** Nothing was placed: less must go in. */
export class BundleTooLarge extends Error {
  readonly sizeBytes: number;

  constructor(sizeBytes: number) {
    super(`the bundle would hold ${sizeBytes} bytes`);
    this.sizeBytes = sizeBytes;
  }
}

/** What may stand at the end of a bundle's name. */
const suffix = /(?:\.tar\.gz|\.tgz)(?:\.age)?$/i;

/** `support-bundle.tar.gz` → `support-bundle`: the root folder of an archive, as the Go tool names it. */
export function rootName(file: string): string {
  return pathPart(basename(file).replace(suffix, '')) || 'bundle';
}

/**
 * Writes a bundle whole or not at all (rules W2, W3): a partial file beside it, flushed, opened by our own reader, then
 * linked to its name. A file that is there already is never replaced: the bundle gets ` (1)` and so on, as the Go tool does.
 */
export async function writeBundle(
  file: string,
  entries: readonly (Entry | StoredEntry)[],
  manifest: Manifest,
  options: WriteOptions,
): Promise<Written> {
  const { partial, maxBytes = Number.POSITIVE_INFINITY } = options;
  const packInto = (output: Writable) => pack(output, rootName(file), entries, manifest, options);
  try {
    const output = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
    await packInto(output);
    if (output.bytesWritten > maxBytes) throw new BundleTooLarge(output.bytesWritten);
    const sha256 = await verify(partial, options);
    const placed = await place(partial, file);
    await syncFolder(dirname(file));
    return { file: placed, sizeBytes: output.bytesWritten, sha256 };
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw await told(error, file, packInto);
  }
}

type Stored = Pick<StoredEntry, 'size' | 'read'>;

async function pack(
  output: Writable,
  root: string,
  entries: readonly (Entry | StoredEntry)[],
  manifest: Manifest,
  { mtime, signKey, encryption }: WriteOptions,
): Promise<void> {
  const { TarArchive } = await import('archiver');
  const archive = new TarArchive();
  archive.on('warning', (error) => archive.destroy(error));
  // Not destroyed with a pipeline that breaks (disk full): an entry still in its queue would throw where nobody catches.
  const blocks: AsyncIterable<Buffer> = archive.iterator({ destroyOnReturn: false });
  // Level, memory and strategy are fixed, and Node writes neither name nor time into a gzip header: same entries, same bytes.
  const gzip = createGzip({ level: 6 });
  const done = encryption
    ? pipeline(inPieces(blocks), gzip, encryption.encrypt, output)
    : pipeline(inPieces(blocks), gzip, output);
  const append = async (path: string, content: Uint8Array | Stored) => {
    const taken = once(archive, 'entry');
    const header = { name: `${root}/${path}`, mode: 0o600, date: mtime };
    if (content instanceof Uint8Array) {
      archive.append(Buffer.from(content.buffer, content.byteOffset, content.byteLength), header);
    } else {
      // Its size must be told, or all of it is held first.
      const stats = { size: content.size } as Stats;
      archive.append(
        Readable.from(content.read(), { highWaterMark: 1 }).on('error', (error) => archive.destroy(error)),
        { ...header, stats },
      );
    }
    // One after the other, in this order; a pipeline that broke ends the waiting.
    await Promise.race([taken, done]);
  };
  for (const entry of entries) await append(entry.path, 'bytes' in entry ? entry.bytes : entry);
  const manifestBytes = renderManifest(manifest);
  await append(layout.manifest, manifestBytes);
  if (signKey) await append(layout.signature, signManifest(manifestBytes, signKey));
  await Promise.race([archive.finalize(), done]);
  await done;
}

/** A tar of small files comes in blocks of 512 bytes, each of which would be a round trip to the compressor's thread. */
async function* inPieces(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let piece: Buffer[] = [];
  let size = 0;
  for await (const block of blocks) {
    piece.push(block);
    size += block.length;
    if (size < pieceBytes) continue;
    // What is large by itself is not copied.
    const last = block.length < pieceBytes ? undefined : piece.pop();
    yield Buffer.concat(piece);
    if (last !== undefined) yield last;
    piece = [];
    size = 0;
  }
  yield Buffer.concat(piece);
}

const pieceBytes = 256 * 1024;

/** Reads the file back through the reader that everybody else will use, decrypted and by the public key. */
async function verify(partial: string, { limits, signKey, encryption }: WriteOptions): Promise<string> {
  const opened = await openBundle(partial, {
    limits,
    keep: () => false,
    keys: signKey ? [createPublicKey(signKey)] : [],
    decrypt: encryption?.decrypt,
  });
  if (opened.integrity.state !== 'sound') {
    throw new Error(`the bundle just written does not verify: ${opened.integrity.differences.join('; ')}`);
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(partial)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function place(partial: string, file: string): Promise<string> {
  for (let number = 0; ; number++) {
    const name = number === 0 ? file : numbered(file, number);
    try {
      await link(partial, name);
      // From here on the bundle is there, whatever becomes of its other name.
      await unlink(partial).catch(() => undefined);
      return name;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
      // A file system without hard links: reserve the name, then move onto our own reservation.
      const reserved = await open(name, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'EEXIST') return undefined;
        throw cause;
      });
      if (reserved === undefined) continue;
      await reserved.close();
      await rename(partial, name).catch(async (cause: unknown) => {
        await unlink(name).catch(() => undefined);
        throw cause;
      });
      return name;
    }
  }
}

function numbered(file: string, number: number): string {
  const end = suffix.exec(file)?.index ?? file.length;
  return `${file.slice(0, end)} (${number})${file.slice(end)}`;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  // Windows cannot flush a folder; there the rename itself is all that can be had.
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

/** What went wrong, with what was missing (rule W3); anything but a failure of the disk stays as it is. */
async function told(error: unknown, file: string, packInto: (output: Writable) => Promise<void>): Promise<unknown> {
  const reason = diskFailure(error);
  if (reason === undefined) return error;
  const missing = isOutOfRoom(error) ? await whatIsMissing(error, file, packInto).catch(() => '') : '';
  return new SystemError(
    `${file}: the bundle was not written: ${reason}${missing}; choose another place with --output`,
    { cause: error },
  );
}

/** Packed once more, into nothing, because only that tells how much it would have been. */
async function whatIsMissing(
  error: unknown,
  file: string,
  packInto: (output: Writable) => Promise<void>,
): Promise<string> {
  // Where a limit stopped it, what is free says nothing.
  const room = (error as NodeJS.ErrnoException).code === 'EFBIG' ? undefined : await roomIn(dirname(file));
  if (room?.isOutOfFiles === true) return ': its file system can hold no more files';
  let sizeBytes = 0;
  const counter = new Writable({
    write(piece: Buffer, _encoding, done) {
      sizeBytes += piece.length;
      done();
    },
  });
  await packInto(counter);
  const free = room === undefined ? '' : `, and ${inBytes(room.freeBytes)} are free`;
  return `: it needs ${inBytes(sizeBytes)}${free}`;
}
