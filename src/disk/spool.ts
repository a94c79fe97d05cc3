import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Contents that are too many to be held, in one file that has no name any more and that nobody else can read: it is encrypted
 * with keys that are in memory alone, and gone when the process is.
 */
export interface Spool {
  begin(): SpoolWriter;
  close(): void;
}

export interface SpoolWriter {
  write(piece: Uint8Array): void;
  end(): Spooled;
}

export interface Spooled {
  readonly size: number;
  /** Hexadecimal SHA-256. */
  readonly sha256: string;
  read(): Iterable<Buffer>;
}

interface Extent {
  readonly offset: number;
  readonly length: number;
}

const algorithm = 'aes-256-ctr';
const pieceBytes = 64 * 1024;

/** In a private folder. */
export function openSpool(folder: string): Spool {
  const file = join(folder, 'spool');
  const fd = openSync(file, 'wx+', 0o600);
  unlinkSync(file);
  let end = 0;

  function append(bytes: Uint8Array): Extent {
    const offset = end;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, end + at);
    end += bytes.length;
    return { offset, length: bytes.length };
  }

  function* read(extents: readonly Extent[], key: Buffer): Generator<Buffer> {
    const decipher = createCipheriv(algorithm, key, zeroBlock);
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    for (const { offset, length } of extents) {
      for (let at = 0; at < length; ) {
        const count = readSync(fd, piece, 0, Math.min(piece.length, length - at), offset + at);
        if (count === 0) throw new Error('the temporary file is shorter than what was written to it');
        at += count;
        yield decipher.update(piece.subarray(0, count));
      }
    }
  }

  return {
    begin() {
      // A key of its own for each content, so that no block of the key stream is ever used twice.
      const key = randomBytes(32);
      const cipher = createCipheriv(algorithm, key, zeroBlock);
      const hash = createHash('sha256');
      const extents: Extent[] = [];
      let size = 0;
      return {
        write(piece) {
          if (piece.length === 0) return;
          hash.update(piece);
          size += piece.length;
          const { offset, length } = append(cipher.update(piece));
          const last = extents.at(-1);
          if (last !== undefined && last.offset + last.length === offset) {
            extents[extents.length - 1] = { offset: last.offset, length: last.length + length };
          } else {
            extents.push({ offset, length });
          }
        },
        end: () => ({ size, sha256: hash.digest('hex'), read: () => read(extents, key) }),
      };
    },
    close: () => closeSync(fd),
  };
}

const zeroBlock = Buffer.alloc(16);
