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
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
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
  for (let at = 0; at < bytes.length; at++) {
    const kind = kinds[bytes[at] as number] as number;
    if (kind === 0) continue;
    if (kind === 1) nuls++;
    else controls++;
  }
  return { nuls, controls };
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
