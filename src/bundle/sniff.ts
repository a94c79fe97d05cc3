/** tar: POSIX.1-1988 ustar, the header block. */

export const blockBytes = 512;

export type Format = 'gzip' | 'tar' | 'age' | 'armored age' | 'zstd' | 'bzip2' | 'xz' | 'zip' | 'unknown';

const magics: readonly (readonly [Format, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['age', [...Buffer.from('age-encryption.org/v1\n')]],
  ['armored age', [...Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----')]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];

/** What the first bytes say; a file's name says nothing. */
export function sniff(head: Buffer): Format {
  if (isTarHeader(head)) return 'tar';
  return magics.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? 'unknown';
}

/** Whether a block's checksum is right: the sum of its bytes, those of the checksum itself taken as blanks. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < blockBytes || block[0] === 0x1f) return false;
  const written = /^ *([0-7]{1,7})[ \0]*$/.exec(block.toString('latin1', 148, 156))?.[1];
  if (written === undefined) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < 148; at++) sum += block[at] ?? 0;
  for (let at = 156; at < blockBytes; at++) sum += block[at] ?? 0;
  return sum === Number.parseInt(written, 8);
}

const zeros = Buffer.alloc(64 * 1024);

export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const piece = bytes.subarray(at, at + zeros.length);
    if (!piece.equals(zeros.subarray(0, piece.length))) return false;
  }
  return true;
}
