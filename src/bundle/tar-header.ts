/**
 * What tar readers disagree on in a header block, refused before the parser sees it. POSIX.1-2001 pax, section
 * "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; Go's archive/tar, format.go.
 */
import { quoted, type Refuse } from './refusal.ts';

export interface TarHeader {
  readonly kind: 'file' | 'hardlink' | 'symlink' | 'folder' | 'pax' | 'globalPax' | 'longName' | 'longLink';
  /** As the block says it; a PAX record may say otherwise. */
  readonly size: number;
}

const kinds: Readonly<Record<string, TarHeader['kind']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'folder',
  x: 'pax',
  g: 'globalPax',
  L: 'longName',
  K: 'longLink',
};

const typeNames: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  D: 'a GNU dump folder',
  M: 'a continuation of another volume',
  S: 'a GNU sparse file',
  V: 'a volume label',
};

export function readHeader(block: Buffer, refuse: Refuse): TarHeader {
  const letter = block.toString('latin1', 156, 157);
  const kind = Object.hasOwn(kinds, letter) ? kinds[letter] : undefined;
  if (!kind) {
    const type = Object.hasOwn(typeNames, letter) ? typeNames[letter] : `of the unknown type ${quoted(letter)}`;
    throw refuse(
      'forbidden-type',
      `the entry ${rawName(block)} is ${type}; a bundle holds files, folders and links only`,
    );
  }
  for (const [start, end] of textFields(block)) {
    if (hasTextAfterNul(block, start, end)) {
      throw refuse(
        'bad-name',
        `the entry ${rawName(block)} has a name that goes on after a NUL; readers would disagree on it`,
      );
    }
  }
  if (!knownMagic(block)) {
    throw refuse(
      'bad-header',
      `the header of ${rawName(block)} is of no known tar format; readers would disagree on it`,
    );
  }
  if (!numberFields(block).every(([start, end]) => isNumber(block, start, end))) {
    throw refuse('bad-header', `the header of ${rawName(block)} holds a number that is none; other readers stop there`);
  }
  const size = readSize(block.subarray(124, 136));
  if (size === undefined)
    throw refuse('bad-header', `the header of ${rawName(block)} gives a size that is no whole number`);
  return { kind, size };
}

function rawName(block: Buffer): string {
  return quoted(block.toString('utf8', 0, 100).split('\0')[0] ?? '');
}

/** Name and link target; with ustar magic the prefix too, which is shorter where times stand behind it. */
function textFields(block: Buffer): readonly (readonly [number, number])[] {
  const fields: readonly (readonly [number, number])[] = [
    [0, 100],
    [157, 257],
  ];
  if (magic(block) !== 'ustar\u000000') return fields;
  return [...fields, [345, block[475] === 0 ? 475 : 500]];
}

function hasTextAfterNul(block: Buffer, start: number, end: number): boolean {
  const nul = block.indexOf(0, start);
  if (nul === -1 || nul >= end) return false;
  for (let at = nul + 1; at < end; at++) if (block[at] !== 0) return true;
  return false;
}

function magic(block: Buffer): string {
  return block.toString('latin1', 257, 265);
}

function knownMagic(block: Buffer): boolean {
  return ['ustar\u000000', 'ustar  \0', '\0\0\0\0\0\0\0\0'].includes(magic(block));
}

/** Mode, owner, group, time, checksum; with ustar magic the device too. */
function numberFields(block: Buffer): readonly (readonly [number, number])[] {
  return magic(block) === 'ustar\u000000' ? ustarNumberFields : plainNumberFields;
}

const plainNumberFields: readonly (readonly [number, number])[] = [
  [100, 108],
  [108, 116],
  [116, 124],
  [136, 148],
  [148, 156],
];
const ustarNumberFields = [...plainNumberFields, [329, 337] as const, [337, 345] as const];

/** Blanks, octal digits, blanks or NULs; or base 256, told by its first byte. No digits are zero. */
function isNumber(block: Buffer, start: number, end: number): boolean {
  const first = block[start];
  if (first === 0x80 || first === 0xff) return true;
  let at = start;
  while (at < end && block[at] === 0x20) at++;
  while (at < end && isOctal(block[at])) at++;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  return at === end;
}

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37;
}

/** Octal, or big-endian base 256 after a byte 0x80; undefined when it is neither, negative or unsafe. */
function readSize(field: Buffer): number | undefined {
  if (field[0] !== undefined && field[0] >= 0x80) {
    if (field[0] !== 0x80) return undefined;
    const size = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    return Number.isSafeInteger(size) ? size : undefined;
  }
  const octal = /^ *([0-7]+)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}
