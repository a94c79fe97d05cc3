/** What the bytes of a file are, as far as redaction must know: names say nothing. */
export type Content = 'text' | 'utf-16le' | 'utf-16be' | 'gzip' | 'tar' | 'zip' | 'binary';

export function contentOf(bytes: Buffer): Content {
  if (bytes.length >= 2 && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes.length >= 2 && bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes.length >= 4 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8) return 'gzip';
  if (bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)) return 'zip';
  if (bytes.length >= 512 && bytes.toString('latin1', 257, 262) === 'ustar') return 'tar';
  const { nuls, controls } = count(bytes);
  if (nuls === 0) return controls * 1000 > bytes.length ? 'binary' : 'text';
  if (controls > 0) return 'binary';
  return wideOrder(bytes, nuls) ?? (singleCells.test(bytes.toString('latin1')) ? 'binary' : 'text');
}

/** Text with a NUL between its parts is what /proc has of a process; single characters between NULs are another encoding. */
const singleCells = /(?:[^\0]\0){4}/;

/** UTF-16 without a mark, if about every second byte is NUL and all of them on one side. */
function wideOrder(bytes: Buffer, nuls: number): Content | undefined {
  if (bytes.length % 2 !== 0 || nuls * 3 < bytes.length) return undefined;
  let odd = 0;
  for (let at = 1; at < bytes.length; at += 2) if (bytes[at] === 0) odd++;
  if (odd === nuls) return 'utf-16le';
  return odd === 0 ? 'utf-16be' : undefined;
}

/** Tabs, line ends, form feeds, backspaces and escapes are found in what terminals are shown. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0 ? 1 : (byte < 32 && !(byte >= 8 && byte <= 13) && byte !== 27) || byte === 127 ? 2 : 0,
);

/** Whether what goes by is text to its end, as `contentOf` would have told of the whole. */
export interface TextWatch {
  see(piece: Uint8Array): void;
  isText(): boolean;
}

export function watchText(): TextWatch {
  let size = 0;
  let nuls = 0;
  let controls = 0;
  let isWide = false;
  return {
    see(piece) {
      const bytes = toBuffer(piece);
      const own = count(bytes);
      size += bytes.length;
      nuls += own.nuls;
      controls += own.controls;
      isWide ||= own.nuls > 0 && singleCells.test(bytes.toString('latin1'));
    },
    isText: () => !isWide && (nuls === 0 ? controls * 1000 <= size : controls === 0),
  };
}

function count(bytes: Buffer): { readonly nuls: number; readonly controls: number } {
  let nuls = 0;
  let controls = 0;
  const look = (from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const kind = kinds[bytes[at] as number] as number;
      if (kind === 1) nuls++;
      else if (kind === 2) controls++;
    }
  };
  const words = wordsOf(bytes);
  look(0, words.from);
  for (let index = 0; index < words.list.length; index++) {
    const at = words.from + 4 * index;
    if (mayHoldControl(words.list[index] as number)) look(at, at + 4);
  }
  look(words.from + 4 * words.list.length, bytes.length);
  return { nuls, controls };
}

/** Four bytes at a time, where the processor wants them to begin. */
function wordsOf({ buffer, byteOffset, length }: Buffer): { readonly from: number; readonly list: Int32Array } {
  const from = Math.min(length, (4 - (byteOffset % 4)) % 4);
  const count = (length - from) >> 2;
  return { from, list: count === 0 ? noWords : new Int32Array(buffer, byteOffset + from, count) };
}

const noWords = new Int32Array(0);

/** False only where each of the four bytes is from 32 to 126, or above 127: a carry between bytes may say true too often. */
function mayHoldControl(word: number): boolean {
  const isBelow32 = (word - 0x20202020) & ~word & 0x80808080;
  const flipped = word ^ 0x7f7f7f7f;
  const is127 = (flipped - 0x01010101) & ~flipped & 0x80808080;
  return (isBelow32 | is127) !== 0;
}

/** UTF-16 as UTF-8 with the function that turns it back; undefined where that would not give the same bytes. */
export function fromUtf16(
  bytes: Buffer,
  order: 'utf-16le' | 'utf-16be',
): { text: Buffer; back(text: Buffer): Buffer } | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const swap = (input: Buffer) => (order === 'utf-16be' ? Buffer.from(input).swap16() : input);
  const text = Buffer.from(swap(bytes).toString('utf16le'), 'utf8');
  const back = (changed: Buffer) => swap(Buffer.from(changed.toString('utf8'), 'utf16le'));
  return back(text).equals(bytes) ? { text, back } : undefined;
}

/** The same bytes, not a copy of them. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
