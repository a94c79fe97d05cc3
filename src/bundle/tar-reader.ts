import type { ContentSink } from '../contract/bundle.ts';
import type { Limits } from '../contract/limits.ts';
import { readPax } from './pax.ts';
import { inBytes, quoted, type Refusals, type Refuse, theLimit } from './refusal.ts';
import { blockBytes, isTarHeader, isZero, sniff } from './sniff.ts';
import { errorCode } from './system-errors.ts';
import { rawName, readHeader, readSize, type TarHeader } from './tar-header.ts';
import { guardedParser } from './tar-parser.ts';

export interface TarEntry {
  readonly kind: 'file' | 'hardlink' | 'symlink' | 'folder';
  /** As it stands in the archive; nothing is checked but that readers agree on it. */
  readonly name: string;
  readonly size: number;
  readonly target: string;
}

export interface TarEnd {
  /** Whether the archive ended with its two blocks of zeros. */
  readonly hasEndMark: boolean;
  /** False when a byte that no digest covers shows that somebody changed the archive. */
  readonly isUntouched: boolean;
}

export interface TarReader {
  write(bytes: Buffer): void;
  end(): TarEnd;
}

interface Reading {
  rest: Buffer;
  blocks: number;
  entries: number;
  emptyEntries: number;
  bodyBlocks: number;
  meta: { readonly header: TarHeader; readonly bytes: Buffer; filled: number } | undefined;
  /** What stands before the entry that it belongs to: kinds seen, PAX records. */
  extension: Map<TarHeader['kind'], ReadonlyMap<string, string>>;
  zeroBlocks: number;
  /** How many bytes the content of the entry under way still has. */
  contentLeft: number;
  hasFilledGaps: boolean;
  /** How the first checksum is written: where a writer puts digits, blanks, NULs. */
  checksumForm: readonly number[] | undefined;
  hasMixedForms: boolean;
  hasGlobalPax: boolean;
  /** Whether a header came that an entry must follow. */
  isExtended: boolean;
}

/**
 * Feeds the parser one block at a time, but for the inside of content, so that its events belong to the block just fed, and looks
 * at each block first for what the parser lets pass. Nothing here waits: every entry flows into its sink at once.
 */
export function tarReader(
  take: (entry: TarEntry) => ContentSink,
  limits: Limits,
  refuse: Refuse,
  refusals: Refusals,
): TarReader {
  const reading: Reading = {
    rest: Buffer.alloc(0),
    blocks: 0,
    entries: 0,
    emptyEntries: 0,
    bodyBlocks: 0,
    meta: undefined,
    extension: new Map(),
    zeroBlocks: 0,
    contentLeft: 0,
    hasFilledGaps: false,
    checksumForm: undefined,
    hasMixedForms: false,
    hasGlobalPax: false,
    isExtended: false,
  };
  const parser = guardedParser(limits, refuse);

  function write(bytes: Buffer): void {
    let at = 0;
    if (reading.rest.length > 0) {
      at = Math.min(blockBytes - reading.rest.length, bytes.length);
      reading.rest = Buffer.concat([reading.rest, bytes.subarray(0, at)]);
      if (reading.rest.length < blockBytes) return;
      readBlock(reading.rest);
    }
    while (at + blockBytes <= bytes.length && reading.zeroBlocks < 2) {
      const length = innerBytes(bytes.length - at) || blockBytes;
      const piece = bytes.subarray(at, at + length);
      if (length > blockBytes) readInner(piece);
      else readBlock(piece);
      at += length;
    }
    const rest = bytes.subarray(at);
    if (reading.zeroBlocks === 2) refuseTrailing(rest, refuse);
    reading.rest = reading.zeroBlocks === 2 ? Buffer.alloc(0) : Buffer.from(rest);
  }

  /** Of the bytes to come, how many are whole blocks of content with more behind them: of these the parser has nothing to tell. */
  function innerBytes(available: number): number {
    return Math.min(Math.max(0, reading.bodyBlocks - 1), Math.floor(available / blockBytes)) * blockBytes;
  }

  function readInner(blocks: Buffer): void {
    reading.blocks += blocks.length / blockBytes;
    reading.bodyBlocks -= blocks.length / blockBytes;
    reading.contentLeft -= blocks.length;
    parser.feed(blocks);
  }

  function readBlock(block: Buffer): void {
    reading.blocks++;
    if (reading.blocks === 1) refuseOtherFormats(block, refuse);
    if (reading.bodyBlocks > 0) readBody(block);
    else if (reading.meta) readMeta(block, reading.meta);
    else if (isZero(block)) readZeros(block);
    else readEntryHeader(block);
  }

  function readBody(block: Buffer): void {
    reading.bodyBlocks--;
    if (reading.contentLeft < blockBytes) reading.hasFilledGaps ||= !isZero(block.subarray(reading.contentLeft));
    reading.contentLeft -= blockBytes;
    parser.feed(block);
  }

  function readZeros(block: Buffer): void {
    reading.zeroBlocks++;
    if (reading.isExtended) throw refuse('bad-header', 'the archive ends after a header of an entry to come');
    parser.feed(block);
  }

  function readEntryHeader(block: Buffer): void {
    if (reading.zeroBlocks > 0) {
      throw refuse('trailing-data', 'a block of zeros stands between entries; other readers would stop there');
    }
    const header = headerOf(block);
    if (header === undefined) return;
    reading.checksumForm ??= checksumForm(block);
    reading.hasMixedForms ||= !hasForm(block, reading.checksumForm);
    if (header.kind === 'file' || header.kind === 'folder' || header.kind === 'symlink' || header.kind === 'hardlink') {
      readEntry(block, header, header.kind);
      return;
    }
    if (header.size === 0) throw refuse('bad-header', 'a header for long names is empty');
    if (header.size > limits.metaBytes) {
      throw refuse(
        'too-large',
        `a header for long names holds ${inBytes(header.size)}; ${theLimit('metaBytes', limits)}`,
      );
    }
    refuseMixedExtensions(header, reading.extension, refuse);
    if (header.kind === 'globalPax' && reading.hasGlobalPax) {
      throw refuse('bad-header', 'it holds a second global PAX header; a bundle may only hold one, with a comment');
    }
    reading.hasGlobalPax ||= header.kind === 'globalPax';
    reading.isExtended = true;
    parser.feed(block);
    const bytes = Buffer.alloc(Math.ceil(header.size / blockBytes) * blockBytes);
    reading.meta = { header, bytes, filled: 0 };
  }

  /** Undefined when it is passed over: an entry of a forbidden type may be, where it has neither content nor other headers. */
  function headerOf(block: Buffer): TarHeader | undefined {
    try {
      return readHeader(block, refuse);
    } catch (error) {
      const isAlone = isTarHeader(block) && readSize(block) === 0 && !reading.isExtended;
      if (!isAlone || errorCode(error) !== 'forbidden-type') throw error;
      refusals.passOver(error, rawName(block));
      return undefined;
    }
  }

  /** Fed as one piece: the parser decodes each piece by itself and would break a character that straddles two. */
  function readMeta(block: Buffer, meta: NonNullable<Reading['meta']>): void {
    block.copy(meta.bytes, meta.filled);
    meta.filled += block.length;
    if (meta.filled < meta.bytes.length) return;
    const { kind, size } = meta.header;
    const content = meta.bytes.subarray(0, size);
    if (!isZero(meta.bytes.subarray(size))) {
      throw refuse('bad-header', 'a header for long names goes on behind its end; other readers would read that too');
    }
    reading.meta = undefined;
    if (kind === 'globalPax') readPax(content, true, refuse);
    else if (kind === 'pax') reading.extension.set(kind, readPax(content, false, refuse));
    else reading.extension.set(kind, readLongName(content, refuse));
    parser.feed(meta.bytes);
  }

  function readEntry(block: Buffer, header: TarHeader, kind: TarEntry['kind']): void {
    const paxSize = reading.extension.get('pax')?.get('size');
    const size = paxSize === undefined ? header.size : Number(paxSize);
    reading.extension = new Map();
    reading.isExtended = false;
    reading.entries++;
    if (reading.entries > limits.entries) {
      throw refuse('too-many-entries', `it holds too many entries; ${theLimit('entries', limits)}`);
    }
    if (size === 0) reading.emptyEntries++;
    if (reading.emptyEntries > limits.emptyEntries) {
      throw refuse(
        'too-many-entries',
        `it holds too many entries without content; ${theLimit('emptyEntries', limits)}`,
      );
    }
    parser.feed(block, (entry) => {
      const name = entry.path;
      if (kind === 'file' && entry.type === 'Directory') {
        throw refuse('bad-name', `the file ${quoted(name)} is named as a folder; readers would disagree on what it is`);
      }
      if (kind !== 'file' && size > 0) {
        throw refuse('bad-header', `the entry ${quoted(name)} is a ${kind} with content; readers would disagree`);
      }
      if (entry.size !== size) throw refuse('bad-header', `the headers of ${quoted(name)} disagree on its size`);
      reading.bodyBlocks = Math.ceil(size / blockBytes);
      reading.contentLeft = size;
      return take({ kind, name, size, target: entry.linkpath ?? '' });
    });
  }

  function end(): TarEnd {
    const { rest, blocks, entries, bodyBlocks, meta, isExtended, zeroBlocks } = reading;
    if (blocks === 0) refuseOtherFormats(rest, refuse);
    if (zeroBlocks < 2 && (rest.length > 0 || bodyBlocks > 0 || meta || isExtended)) {
      throw refuse(
        'damaged',
        'the tar archive breaks off in the middle of an entry: damaged or an incomplete download',
      );
    }
    if (entries === 0) throw refuse('no-version', 'the archive is empty');
    parser.end();
    const isUntouched = !reading.hasFilledGaps && !reading.hasMixedForms;
    return { hasEndMark: zeroBlocks === 2, isUntouched };
  }

  return { write, end };
}

const checksumPlace = 148;

function checksumForm(block: Buffer): readonly number[] {
  return Array.from(block.subarray(checksumPlace, checksumPlace + 8), anyDigit);
}

function hasForm(block: Buffer, form: readonly number[]): boolean {
  for (let index = 0; index < form.length; index++) {
    if (anyDigit(block[checksumPlace + index] ?? 0) !== form[index]) return false;
  }
  return true;
}

function anyDigit(byte: number): number {
  return byte >= 0x30 && byte <= 0x37 ? 0x30 : byte;
}

function refuseOtherFormats(head: Buffer, refuse: Refuse): void {
  const format = sniff(head);
  if (format === 'tar' || (head.length === blockBytes && isZero(head))) return;
  if (format === 'unknown') throw refuse('no-tar', 'what is compressed in it is no tar archive');
  throw refuse('second-layer', `it is compressed twice: inside is ${format} data again. Unpack one layer first`);
}

function refuseTrailing(bytes: Buffer, refuse: Refuse): void {
  if (isZero(bytes)) return;
  throw refuse('trailing-data', 'data follows the end of the tar archive; other readers may read it as more entries');
}

/** One PAX header, or one long name and one long link: of more, readers choose differently. */
function refuseMixedExtensions(header: TarHeader, seen: ReadonlyMap<TarHeader['kind'], unknown>, refuse: Refuse): void {
  const clash = header.kind === 'pax' ? seen.size > 0 : seen.has(header.kind) || seen.has('pax');
  if (clash || (header.kind === 'globalPax' && seen.size > 0)) {
    throw refuse('bad-header', 'two headers for long names stand before one entry; readers would disagree on its name');
  }
}

function readLongName(content: Buffer, refuse: Refuse): ReadonlyMap<string, string> {
  const nul = content.indexOf(0);
  const isFit = nul === -1 || isZero(content.subarray(nul));
  if (nul === 0 || !isFit || content.includes('\n')) {
    throw refuse('bad-name', 'a header for a long name is empty, or goes on after a NUL or a line feed');
  }
  return new Map();
}
