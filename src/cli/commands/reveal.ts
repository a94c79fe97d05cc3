import { createReadStream } from 'node:fs';
import { refusal, type UserError } from '../../contract/problem.ts';
import { createReveal } from '../../redact/identities/reveal.ts';
import { printable } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { readMaskMap } from '../mask-map.ts';
import { writeOut } from '../output.ts';
import { whyUnreadable } from '../small-file.ts';

export interface RevealOptions {
  readonly maskMap: string;
  /** Bytes as they are, also to a terminal. */
  readonly raw: boolean;
}

/** Text with stand-ins in it, as a report, to stdout with the identities back in their places. */
export async function reveal(source: string, { maskMap, raw }: RevealOptions): Promise<number> {
  const passage = createReveal(await readMaskMap(maskMap));
  const show = raw || process.stdout.isTTY !== true ? (bytes: Uint8Array) => bytes : shownOnTerminal();
  let isFirst = true;
  try {
    for await (const piece of source === '-' ? process.stdin : createReadStream(source)) {
      const bytes = piece as Buffer;
      if (isFirst && isArchive(bytes)) throw noText(source);
      isFirst = false;
      for (const part of passage.write(bytes)) await writeOut(show(part));
    }
  } catch (cause) {
    if (source === '-' || (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    throw refusal('unreadable', whyUnreadable(cause), { file: source, cause });
  }
  for (const part of passage.end()) await writeOut(show(part));
  return exitCodes.done;
}

/** gzip, or what age encrypts. */
function isArchive(bytes: Buffer): boolean {
  return (bytes[0] === 0x1f && bytes[1] === 0x8b) || bytes.toString('latin1', 0, 22) === 'age-encryption.org/v1\n';
}

function noText(source: string): UserError {
  const message =
    'this is a bundle, and reveal takes text: `hostbundle inspect BUNDLE PATH | hostbundle reveal --mask-map FILE`';
  return refusal('no-text', message, source === '-' ? {} : { file: source });
}

/** What could steer a terminal is shown, not sent (rule O2). */
function shownOnTerminal(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder();
  return (bytes) => printable(decoder.decode(bytes, { stream: true }));
}
