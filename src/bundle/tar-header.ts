/**
 * What tar readers disagree on in a header block, refused before the parser sees it. POSIX.1-2001 pax, section
 * "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; Go's archive/tar, format.go.
 */
import { quoted, type Refuse } from './refusal.ts';
import { isZero } from './sniff.ts';

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
      `the entry ${quoted(rawName(block))} is ${type}; a bundle holds files, folders and links only`,
    );
  }
  const format = formatOf(block);
  if (!textFields(block, format).every(([start, end]) => isOneText(block, start, end))) {
    throw refuse(
      'bad-name',
      `the entry ${quoted(rawName(block))} has a name that goes on after a NUL; readers would disagree on it`,
    );
  }
  if (format === undefined) {
    throw refuse(
      'bad-header',
      `the header of ${quoted(rawName(block))} is of no known tar format; readers would disagree on it`,
    );
  }
  if (format !== 'ustar' && !isZero(block.subarray(345, 500))) {
    throw refuse(
      'bad-name',
      `the header of ${quoted(rawName(block))} has bytes that some readers take for the beginning of its name`,
    );
  }
  if (!numberFields.every(([start, end]) => isNumber(block, start, end))) {
    throw refuse(
      'bad-header',
      `the header of ${quoted(rawName(block))} holds a number that is none; other readers stop there`,
    );
  }
  if (kind === 'file' && rawName(block).endsWith('/')) {
    const message = `the file ${quoted(rawName(block))} is named as a folder; readers would disagree on what it is`;
    throw refuse('bad-name', message);
  }
  const size = readSize(block);
  if (size === undefined)
    throw refuse('bad-header', `the header of ${quoted(rawName(block))} gives a size that is no whole number`);
  return { kind, size };
}

/** As the block says it; a PAX record may say otherwise. */
export function rawName(block: Buffer): string {
  return block.toString('utf8', 0, 100).split('\0')[0] ?? '';
}

type Fields = readonly (readonly [start: number, end: number])[];

const nameAndTarget: Fields = [
  [0, 100],
  [157, 257],
];
const withPrefix: Fields = [...nameAndTarget, [345, 500]];
const withPrefixAndTimes: Fields = [...nameAndTarget, [345, 475]];

/** Name and link target; with ustar magic the prefix too, which is shorter where times stand behind it. */
function textFields(block: Buffer, format: string | undefined): Fields {
  if (format !== 'ustar') return nameAndTarget;
  return block[475] === 0 ? withPrefixAndTimes : withPrefix;
}

function isOneText(block: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && block[at] !== 0) at++;
  while (at < end && block[at] === 0) at++;
  return at === end;
}

/** Mode, owner, group, time, checksum, device: the last is read by some whatever the format is. */
const numberFields: Fields = [
  [100, 108],
  [108, 116],
  [116, 124],
  [136, 148],
  [148, 156],
  [329, 337],
  [337, 345],
];

const magics = [
  ['ustar', Buffer.from('ustar\u000000')],
  ['gnu', Buffer.from('ustar  \0')],
  ['v7', Buffer.alloc(8)],
] as const;

function formatOf(block: Buffer): 'ustar' | 'gnu' | 'v7' | undefined {
  return magics.find(([, magic]) => block.compare(magic, 0, magic.length, 257, 257 + magic.length) === 0)?.[0];
}

/** Blanks, octal digits, blanks or NULs; no digits are zero, unless they are blanks alone. Or base 256, told by its first byte. */
function isNumber(block: Buffer, start: number, end: number): boolean {
  if (block[start] === 0x80) return isZero(block.subarray(start + 1, end - wordBytes));
  let at = start;
  while (at < end && block[at] === 0x20) at++;
  if (at === end) return false;
  while (at < end && isOctal(block[at])) at++;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  return at === end;
}

/** No reader takes a mode, an owner, a time or a device of more. */
const wordBytes = 4;

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37;
}

const sizeStart = 124;
const sizeEnd = 136;

/** Octal, or big-endian base 256 after a byte 0x80; undefined when it is neither, negative or unsafe. */
export function readSize(block: Buffer): number | undefined {
  const isBinary = (block[sizeStart] ?? 0) >= 0x80;
  if (isBinary && block[sizeStart] !== 0x80) return undefined;
  let at = isBinary ? sizeStart + 1 : sizeStart;
  while (!isBinary && at < sizeEnd && block[at] === 0x20) at++;
  const first = at;
  let size = 0;
  for (; at < sizeEnd && (isBinary || isOctal(block[at])); at++) {
    const digit = block[at] ?? 0;
    size = isBinary ? size * 256 + digit : size * 8 + digit - 0x30;
  }
  const hasDigits = at > first;
  while (at < sizeEnd && (block[at] === 0x20 || block[at] === 0)) at++;
  return hasDigits && at === sizeEnd && Number.isSafeInteger(size) ? size : undefined;
}
