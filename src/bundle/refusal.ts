import type { Refusal } from '../contract/bundle.ts';
import type { Limits, OpeningLimit } from '../contract/limits.ts';
import { BundleError } from '../contract/problem.ts';

export type RefusalCode =
  | 'not-found'
  | 'not-a-bundle'
  | 'no-tar'
  | 'second-layer'
  | 'encrypted'
  | 'wrong-identity'
  | 'damaged'
  | 'changed'
  | 'too-large'
  | 'ratio'
  | 'too-many-entries'
  | 'bad-header'
  | 'bad-name'
  | 'duplicate-name'
  | 'forbidden-type'
  | 'trailing-data'
  | 'several-roots'
  | 'no-version'
  | 'unknown-version';

/** Makes the error that refuses one bundle; the reader throws it. */
export type Refuse = (code: RefusalCode, message: string, cause?: unknown) => BundleError;

export function refuser(source: string): Refuse {
  return (code, message, cause) => new BundleError(code, message, { file: source }, { cause });
}

/** What was refused of a bundle so far, where its reader goes on (`--keep-going`). */
export interface Refusals {
  readonly list: readonly Refusal[];
  /** Notes the refusal of one entry, which is passed over; throws it where the reader does not go on, and what is no refusal. */
  passOver(error: unknown, path: string | null): void;
}

export function refusals(keepGoing: boolean): Refusals {
  const list: Refusal[] = [];
  function passOver(error: unknown, path: string | null): void {
    if (!keepGoing || !(error instanceof BundleError)) throw error;
    list.push({ path: path?.replace(/^\.\//, '').normalize('NFC') ?? null, code: error.code, message: error.message });
  }
  return { list, passOver };
}

/** How each refusal for a limit ends: which, how much it allows, and what raises it. */
export function theLimit(name: OpeningLimit, limits: Limits): string {
  const allowed = name.endsWith('Bytes') ? inBytes(limits[name]) : String(limits[name]);
  return `the limit ${name} is ${allowed}, which --limit ${name}=N raises`;
}

/** A name from a bundle, fit to stand in a message: no control characters, no end of line, not long. */
export function quoted(name: string): string {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return JSON.stringify(shown).replaceAll(unseen, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

const unseen = /[\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

const units = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
] as const;

/** `300 bytes`, `12.4 MiB`. */
export function inBytes(count: number): string {
  const unit = units.find(([, size]) => count >= size);
  if (!unit) return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
  return `${Number((count / unit[1]).toFixed(1))} ${unit[0]}`;
}
