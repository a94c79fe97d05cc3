import { EndlessSecret } from './keys/value.ts';
import { OutOfTime } from './rule.ts';

/** Why the content of a file cannot be shown. */
export class Withheld extends Error {}

/** What stands in its place: JSON where JSON is looked for. */
export function withheldContent(path: string, reason: string): Buffer {
  const text = path.endsWith('.json') ? JSON.stringify({ withheld: reason }) : `[hostbundle: withheld: ${reason}]`;
  return Buffer.from(`${text}\n`);
}

/** Whether it is such a note and nothing else. */
export function isWithheldNote(bytes: Buffer): boolean {
  return (
    bytes.length < 1024 && /^(?:\[hostbundle: withheld: [^\n]*\]|\{"withheld":"[^"\n]*"\})\n$/.test(bytes.toString())
  );
}

/** Nothing of the file may be in it, and an error may quote the file. */
export function reasonOf(error: unknown): string {
  if (error instanceof Withheld) return error.message;
  if (error instanceof OutOfTime) return 'redaction ran out of time';
  if (error instanceof EndlessSecret) return 'a secret in it has no end';
  return 'redaction failed';
}
