import { createReadStream } from 'node:fs';
import { refusal } from '../contract/problem.ts';

export interface SmallFile {
  /** How it was named, such as `--sign key.pem`; every message begins with it. */
  readonly named: string;
  readonly mostBytes: number;
}

/** The text of a file that a person names. It may be a pipe, as in `--sign <(pass show key)`, and one that never ends. */
export async function readSmallFile(file: string, { named, mostBytes }: SmallFile): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of createReadStream(file, { end: mostBytes })) {
      pieces.push(piece as Buffer);
      size += (piece as Buffer).length;
    }
  } catch (cause) {
    throw refusal('unreadable', `${named}: ${whyUnreadable(cause)}`, { cause });
  }
  if (size > mostBytes)
    throw refusal('too-large', `${named}: it holds more than ${mostBytes} bytes; is it the right file?`);
  return Buffer.concat(pieces).toString('utf8');
}

/** Of a file that a person named. */
export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder; name a file';
  return `it cannot be read (${code})`;
}
