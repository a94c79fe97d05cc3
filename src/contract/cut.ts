import type { Entry } from './bundle.ts';

/** Head and tail, where a file is larger. */
export function shortened(entry: Entry, maxBytes: number): Entry {
  const { bytes, omittedBytes } = cutMiddle(entry.bytes, maxBytes, entry.omittedBytes);
  return omittedBytes === (entry.omittedBytes ?? 0) ? entry : { ...entry, bytes, omittedBytes };
}

export interface Cut {
  readonly bytes: Uint8Array;
  /** How many bytes of the original are not here. */
  readonly omittedBytes: number;
}

/**
 * Head and tail of what is too large, with a line between them that says so. Cut at line ends, so that no secret straddles a cut and
 * escapes a rule for lines (rule S9), and between characters where no line ends nearby. `before`: what an earlier cut left out of
 * the middle, whose line goes with the middle.
 */
export function cutMiddle(bytes: Uint8Array, maxBytes: number, before = 0): Cut {
  if (bytes.length <= maxBytes) return { bytes, omittedBytes: before };
  const half = Math.max(0, Math.floor((maxBytes - markBytes) / 2));
  const head = bytes.subarray(0, headEnd(bytes, half));
  const tail = bytes.subarray(tailStart(bytes, bytes.length - half));
  const earlierMark = before === 0 ? 0 : mark(before).length;
  const omittedBytes = before + bytes.length - head.length - tail.length - earlierMark;
  return { bytes: Buffer.concat([head, mark(omittedBytes), tail]), omittedBytes };
}

const markBytes = 128;

function mark(omittedBytes: number): Buffer {
  return Buffer.from(`\n[hostbundle: ${omittedBytes} bytes left out here, because the file was too large]\n`);
}

const lineFeed = 10;
/** How far a line's end is looked for. */
const nearbyBytes = 64 * 1024;

function headEnd(bytes: Uint8Array, wanted: number): number {
  const line = bytes.lastIndexOf(lineFeed, wanted - 1);
  if (wanted > 0 && line >= 0 && wanted - line <= nearbyBytes) return line;
  let end = wanted;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return end;
}

function tailStart(bytes: Uint8Array, wanted: number): number {
  const line = bytes.indexOf(lineFeed, wanted);
  if (line >= 0 && line - wanted <= nearbyBytes) return line + 1;
  let start = wanted;
  while (isContinuation(bytes[start])) start++;
  return start;
}

/** The second and later bytes of a character in UTF-8. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
