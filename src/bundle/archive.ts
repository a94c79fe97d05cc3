import type { ContentSink, Refusal } from '../contract/bundle.ts';
import { BundleError } from '../contract/problem.ts';
import type { Decrypt } from './age.ts';
import { type Collecting, type Contents, collectContents, type Keeping, noContent } from './contents.ts';
import { gunzip } from './gunzip.ts';
import { inBytes, quoted, type Refusals, type Refuse, refusals, theLimit } from './refusal.ts';
import { blockBytes, sniff } from './sniff.ts';
import { errorCode, errorMessage } from './system-errors.ts';
import { type TarEnd, type TarEntry, tarReader } from './tar-reader.ts';

export interface ArchiveKeeping extends Keeping {
  /** For an encrypted file; absent: there is no identity to open one by. */
  readonly decrypt?: Decrypt | undefined;
}

export interface ReadArchive extends TarEnd {
  readonly contents: Contents;
  readonly refused: readonly Refusal[];
  readonly sizeBytes: number;
}

interface Progress {
  packed: number;
  unpacked: number;
  entries: number;
  last: string;
}

/** One pass: pieces of the file, decrypted if they must be, gunzip unless it is a bare tar, counters, parser. */
export async function readArchive(
  pieces: AsyncIterable<Buffer>,
  keeping: ArchiveKeeping,
  refuse: Refuse,
): Promise<ReadArchive> {
  const progress: Progress = { packed: 0, unpacked: 0, entries: 0, last: '' };
  const contents = collectContents(keeping, refuse);
  const { list, passOver } = refusals(keeping.keepGoing ?? false);
  try {
    const end = await readCounted(pieces, keeping, contents, progress, refuse, { list, passOver });
    return { ...end, contents, refused: list, sizeBytes: progress.packed };
  } catch (cause) {
    const error = withProgress(cause, progress, refuse);
    if (progress.entries === 0) throw error;
    // All that stands before the place where it broke off was whole.
    const unfinished = contents.breakOff();
    if (unfinished !== undefined) passOver(error, unfinished);
    passOver(error, null);
    return { hasEndMark: true, isUntouched: true, contents, refused: list, sizeBytes: progress.packed };
  }
}

async function readCounted(
  pieces: AsyncIterable<Buffer>,
  { limits, decrypt, between, observe }: ArchiveKeeping,
  contents: Collecting,
  progress: Progress,
  refuse: Refuse,
  refused: Refusals,
): Promise<TarEnd> {
  const reader = tarReader(
    (entry) => {
      progress.entries++;
      progress.last = entry.name;
      try {
        return add(entry);
      } catch (error) {
        refused.passOver(error, entry.name);
        return noContent;
      }
    },
    limits,
    refuse,
    refused,
  );

  function add({ kind, name, size, target }: TarEntry): ContentSink {
    if (kind === 'file') return contents.addFile(name, size);
    if (kind === 'folder') contents.addFolder(name);
    else contents.addLink(name, kind, target);
    return noContent;
  }

  async function* packed(): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      progress.packed += piece.length;
      if (progress.packed > limits.bundleBytes) {
        throw refuse('too-large', `it is larger than allowed: ${theLimit('bundleBytes', limits)}`);
      }
      yield piece;
    }
  }

  function count(bytes: number): void {
    progress.unpacked += bytes;
    if (progress.unpacked > limits.unpackedBytes) {
      throw refuse('too-large', `it unpacks to more than allowed: ${theLimit('unpackedBytes', limits)}`);
    }
    const ratio = progress.unpacked / progress.packed;
    if (progress.unpacked > limits.ratioAfterBytes && ratio > limits.ratio) {
      const seen = `${inBytes(progress.unpacked)} came out of ${inBytes(progress.packed)}`;
      throw refuse(
        'ratio',
        `it unpacks to ${Math.floor(ratio)} times its size (${seen}); ${theLimit('ratio', limits)}`,
      );
    }
  }

  for await (const chunk of await plainTar(packed(), decrypt, refuse)) {
    count(chunk.length);
    observe?.(chunk);
    reader.write(chunk);
    await between?.();
  }
  return reader.end();
}

async function plainTar(
  pieces: AsyncGenerator<Buffer>,
  decrypt: Decrypt | undefined,
  refuse: Refuse,
): Promise<AsyncIterable<Buffer>> {
  const head = await readHead(pieces);
  const format = sniff(head);
  const whole = startingWith(head, pieces);
  if (format === 'tar') return whole;
  if (format === 'gzip') return gunzip(whole, refuse);
  if (format === 'age') {
    if (decrypt) return plainTar(decrypt(whole, refuse), twice, refuse);
    throw refuse('encrypted', 'it is encrypted; give the file of your age identity with --identity FILE');
  }
  if (format === 'armored age') {
    throw refuse('encrypted', 'it is encrypted and armored as text; decrypt it with `age -d` and pipe it in as -');
  }
  if (head.length === 0) throw refuse('not-a-bundle', 'it is empty');
  const what = format === 'unknown' ? 'neither gzip data nor a tar archive' : `${format} data`;
  throw refuse('not-a-bundle', `it is ${what}; a bundle is a .tar.gz, a tar archive or a folder`);
}

function twice(_: AsyncIterable<Buffer>, refuse: Refuse): never {
  throw refuse('second-layer', 'it is encrypted twice: decrypt one layer with `age -d` first');
}

/** Enough to tell what it is: of what has no blocks not more, for a stream may pause there. */
async function readHead(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < blockBytes && !['gzip', 'age'].includes(sniff(head))) {
    const { value, done } = await pieces.next();
    if (done) return head;
    head = Buffer.concat([head, value]);
  }
  return head;
}

async function* startingWith(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* rest;
}

function withProgress(error: unknown, progress: Progress, refuse: Refuse): unknown {
  const { packed, unpacked, entries, last } = progress;
  const lastName = entries > 0 ? `, the last of them ${quoted(last)}` : '';
  const found = entries === 1 ? '1 entry was' : `${entries} entries were`;
  const reached = `${found} found in ${inBytes(packed)} (${inBytes(unpacked)} unpacked)${lastName}`;
  if (error instanceof BundleError) {
    return error.code === 'damaged' ? refuse('damaged', `${error.message}; ${reached}`, error) : error;
  }
  if (!errorCode(error).startsWith('Z_')) return error;
  const message = `the gzip data is damaged or an incomplete download (${errorMessage(error)})`;
  return refuse('damaged', `${message}; ${reached}`, error);
}
