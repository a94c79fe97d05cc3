import { createInterface } from 'node:readline';
import type { Entry } from '../contract/bundle.ts';
import { refusal } from '../contract/problem.ts';
import { renderSize } from '../report/findings.ts';
import { printable, printableLine } from '../report/printable.ts';
import { writeErr } from './output.ts';

/** A person looks at what a bundle is going to hold, and says what must not be in it. All of it on stderr: stdout is for the result. */

/** Before anything is collected: nobody is asked where nobody can answer. */
export function refuseWithoutTerminal(): void {
  if (process.stdin.isTTY === true && process.stderr.isTTY === true) return;
  const message =
    '--review asks a person, and this is no terminal; leave it out, and look at the bundle with `hostbundle inspect` before you hand it on';
  throw refusal('no-terminal', message);
}

/** Of a file that is shown no more than this: it is a look, not a pager. */
const shownBytes = 16 * 1024;

const help =
  'Numbers drop files or take them back (3, 5-7), show 3 shows one, Enter writes the bundle, q writes none: ';

/** Paths of the files to be dropped; undefined if no bundle is to be written. */
export async function review(entries: readonly Entry[], signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const dropped = new Set<string>();
  await writeErr(renderList(entries, dropped));
  await writeErr(help);
  // The terminal itself edits lines and turns Ctrl-C into a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  // Of a run that was stopped before, what there is can be looked at all the same.
  if (!signal.aborted) signal.addEventListener('abort', () => lines.close(), { once: true });
  try {
    for await (const line of lines) {
      const words = line.trim().toLowerCase();
      if (words === '') return dropped;
      if (words === 'q') return undefined;
      const shown = /^show (\d{1,9})$/.exec(words)?.[1];
      const numbers = shown === undefined ? numbersIn(words, entries.length) : undefined;
      const entry = shown === undefined ? undefined : entries[Number(shown) - 1];
      if (entry !== undefined) {
        await writeErr(renderContent(entry));
      } else if (numbers === undefined) {
        await writeErr(
          `"${printableLine(line, 60)}" is none of these; files have numbers from 1 to ${entries.length}.\n`,
        );
      } else {
        for (const number of numbers) toggle(entries[number - 1]?.path ?? '', dropped);
        await writeErr(renderList(entries, dropped));
      }
      await writeErr(help);
    }
  } finally {
    lines.close();
  }
  return undefined;
}

function toggle(path: string, dropped: Set<string>): void {
  if (!dropped.delete(path)) dropped.add(path);
}

/** `3 5-7, 9`; undefined if anything else stands there. */
function numbersIn(words: string, last: number): readonly number[] | undefined {
  const ranges = words.split(/[\s,]+/).map((word) => /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(word));
  const numbers: number[] = [];
  for (const range of ranges) {
    const from = Number(range?.[1] ?? 0);
    const to = Number(range?.[2] ?? from);
    if (from < 1 || to > last || to < from) return undefined;
    for (let number = from; number <= to; number++) numbers.push(number);
  }
  return numbers;
}

function renderList(entries: readonly Entry[], dropped: ReadonlySet<string>): string {
  const width = String(entries.length).length;
  const rows = entries.map(({ path, bytes, masked = [], withheld }, index) => {
    const count = masked.reduce((sum, { count: own }) => sum + own, 0);
    const said = dropped.has(path)
      ? 'dropped'
      : withheld === undefined
        ? count === 0
          ? ''
          : `${count} masked`
        : 'withheld';
    const number = String(index + 1).padStart(width);
    return `${number} ${renderSize(bytes.length).padStart(10)} ${said.padEnd(12)} ${printableLine(path)}\n`;
  });
  return `\nThe bundle is going to hold:\n${rows.join('')}`;
}

function renderContent({ bytes }: Entry): string {
  const text = printable(new TextDecoder().decode(bytes.subarray(0, shownBytes)));
  const rest = bytes.length > shownBytes ? `… (${renderSize(bytes.length - shownBytes)} more)\n` : '';
  return `\n${text}${text.endsWith('\n') ? '' : '\n'}${rest}\n`;
}
