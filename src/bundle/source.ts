import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Refuse } from './refusal.ts';
import { cannotRead, errorCode } from './system-errors.ts';

const pieceBytes = 64 * 1024;

const absent: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** What the user named: a folder, or a regular file. */
export async function statSource(source: string, refuse: Refuse): Promise<Stats> {
  try {
    return await stat(source);
  } catch (error) {
    if (absent.has(errorCode(error))) throw refuse('not-found', `there is no file or folder ${source}`, error);
    throw cannotRead(source, error);
  }
}

/** Never waits for the other end of a FIFO that took the file's place. */
export async function openFile(source: string, refuse: Refuse): Promise<FileHandle> {
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw cannotRead(source, error);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refuse('not-a-bundle', `${source} is neither a file nor a folder; pipe it in and name it "-"`);
}

/** Always from the start, so that a file can be read a second time; one piece ahead of its reader. */
export async function* filePieces(source: string, handle: FileHandle): AsyncGenerator<Buffer> {
  let ahead = readPiece(source, handle, 0);
  for (let position = 0; ; ) {
    const piece = await ahead;
    if (piece.length === 0) return;
    position += piece.length;
    ahead = readPiece(source, handle, position);
    // Its failure comes before anyone waits for it, or is nobody's when the reader gives up.
    ahead.catch(() => {});
    yield piece;
  }
}

async function readPiece(source: string, handle: FileHandle, position: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(pieceBytes);
  try {
    const { bytesRead } = await handle.read(buffer, 0, pieceBytes, position);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw cannotRead(source, error);
  }
}

export async function* streamPieces(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    }
  } catch (error) {
    throw cannotRead('standard input', error);
  }
}
