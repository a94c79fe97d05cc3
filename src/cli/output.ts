/** Writing to stdout and stderr: complete through a slow pipe and on a full disk, quiet when the reader has gone (rule O6). */
import { fstatSync, writeSync } from 'node:fs';
import { SystemError } from '../contract/problem.ts';
import { diskFailure } from '../disk/failure.ts';

export async function writeOut(content: string | Uint8Array): Promise<void> {
  try {
    await write(process.stdout, content);
  } catch (error) {
    const reason = diskFailure(error);
    if (reason === undefined) throw error;
    throw new SystemError(`standard output is not whole: ${reason}`, { cause: error });
  }
}

/** Where even this cannot be written, nobody can be told. */
export async function writeErr(text: string): Promise<void> {
  await write(process.stderr, text).catch(() => undefined);
}

async function write(stream: NodeJS.WriteStream & { fd: number }, content: string | Uint8Array): Promise<void> {
  if (content.length === 0) return;
  if (fstatSync(stream.fd).isFile()) return writeWhole(stream.fd, Buffer.from(content));
  await new Promise<void>((resolve, reject) => {
    stream.write(content, (error) => {
      if (error === null || error === undefined || gone(error)) resolve();
      else reject(error);
    });
  });
}

/** Node takes a short write to a file for a whole one, and a disk that is nearly full makes just that. */
function writeWhole(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/** A reader that closes its end early (`| head`) is no failure of ours; of what stderr does not take nobody can be told. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (stream === process.stdout && !gone(error)) throw error;
    });
  }
}

function gone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/** Colour and moving progress only on a terminal that wants them (https://no-color.org). */
export function wantsColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}
