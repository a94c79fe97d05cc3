import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { SystemError } from '../contract/problem.ts';
import type { Refuse } from './refusal.ts';

const pieceBytes = 64 * 1024;

const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

/** What the user named: a folder, or a regular file. */
export async function statSource(source: string, refuse: Refuse): Promise<Stats> {
  try {
    return await stat(source);
  } catch (error) {
    if (absent.has(errorCode(error))) throw refuse('not-found', `There is no file or folder ${source}.`, error);
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
  throw refuse('not-a-bundle', `${source} is neither a file nor a folder; pipe it in and name it "-".`);
}

/** Always from the start, so that a file can be read a second time. */
export async function* filePieces(source: string, handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    const { bytesRead } = await handle.read(buffer, 0, pieceBytes, position).catch((error: unknown) => {
      throw cannotRead(source, error);
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
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

export function cannotRead(file: string, error: unknown): SystemError {
  const message = error instanceof Error ? error.message : String(error);
  return new SystemError(`Cannot read ${file}: ${message}`, { cause: error });
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
