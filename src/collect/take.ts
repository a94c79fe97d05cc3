import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { neverCollected } from '../contract/never-collected.ts';

/**
 * The bytes of a file that go into a bundle. It is opened first and judged by where it then really stands, so that neither a link nor
 * a rename leads around the list of what is never collected; nothing but a regular file is read.
 */
export async function takeFile(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  refuse(path, path);
  // A FIFO would wait for its other end.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    refuse(await placeOf(path, handle), path);
    const stats = await handle.stat();
    if (!stats.isFile()) throw failure('EINVAL', `${path} is no regular file`);
    return await readUpTo(handle, path, maxBytes, signal);
  } finally {
    await handle.close();
  }
}

function refuse(place: string, asked: string): void {
  const what = neverCollected(place);
  if (what !== undefined) throw failure('NEVER_COLLECTED', `${asked} is never collected: it is ${what}`);
}

/** Where the system tells, of the very file that was opened. */
async function placeOf(path: string, { fd }: FileHandle): Promise<string> {
  return readlink(`/proc/self/fd/${fd}`).catch(() => realpath(path));
}

/** The text of a file, which may be one of /proc. */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  const handle = await open(path);
  try {
    return (await readUpTo(handle, path, Number.POSITIVE_INFINITY, signal)).toString();
  } finally {
    await handle.close();
  }
}

/** Files of /proc say no size, and give a page at a time: each piece keeps no more than it holds. */
async function readUpTo(handle: FileHandle, path: string, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  for (let size = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return Buffer.concat(pieces);
    size += bytesRead;
    if (size > maxBytes) throw failure('EFBIG', `${path} holds more than the ${maxBytes} bytes that are taken of it`);
    pieces.push(Buffer.from(buffer.subarray(0, bytesRead)));
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
