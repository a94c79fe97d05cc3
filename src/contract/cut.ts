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
 * Head and tail of what is too large, with a line between them that says so. Cut at line ends where there are any nearby, so that no
 * secret straddles a cut and escapes a rule for lines (rule S9), else between characters. `before`: what an earlier cut left out
 * of the middle; its line goes with the middle.
 */
export function cutMiddle(bytes: Uint8Array, maxBytes: number, before = 0): Cut {
  if (bytes.length <= maxBytes) return { bytes, omittedBytes: before };
  const half = Math.max(0, Math.floor((maxBytes - markBytes) / 2));
  const earlier = before === 0 ? undefined : placeOf(mark(before), bytes);
  const headBytes = Math.min(headEnd(bytes, half), earlier?.start ?? bytes.length);
  const tailFrom = Math.max(tailStart(bytes, bytes.length - half), earlier?.end ?? 0);
  const omittedBytes = before + tailFrom - headBytes - (earlier?.size ?? 0);
  const cut = [bytes.subarray(0, headBytes), mark(omittedBytes), bytes.subarray(tailFrom)];
  return { bytes: Buffer.concat(cut), omittedBytes };
}

/** From its first place to its last: the file itself may hold the same line. */
function placeOf(line: Buffer, bytes: Uint8Array): { start: number; end: number; size: number } | undefined {
  const searched = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = searched.indexOf(line);
  return start < 0 ? undefined : { start, end: searched.lastIndexOf(line) + line.length, size: line.length };
}

const markBytes = 128;

function mark(omittedBytes: number): Buffer {
  return Buffer.from(`\n[hostbundle: ${omittedBytes} bytes left out here, because the file was too large]\n`);
}

const lineFeed = 10;
/** How far a line's end is looked for: never so far that little would be left. */
function nearby(half: number): number {
  return Math.min(64 * 1024, half / 2);
}

function headEnd(bytes: Uint8Array, half: number): number {
  const line = half === 0 ? -1 : bytes.lastIndexOf(lineFeed, half - 1);
  if (line >= 0 && half - line <= nearby(half)) return line;
  let end = half;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return end;
}

function tailStart(bytes: Uint8Array, wanted: number): number {
  const line = bytes.indexOf(lineFeed, wanted);
  if (line >= 0 && line - wanted <= nearby(bytes.length - wanted)) return line + 1;
  let start = wanted;
  while (isContinuation(bytes[start])) start++;
  return start;
}

/** The second and later bytes of a character in UTF-8. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
