import type { Finding } from '../contract/finding.ts';
import type { Collection } from '../contract/manifest.ts';
import { printableLine } from './printable.ts';

const letters: Readonly<Record<Collection['state'], string>> = {
  collected: 'S',
  skipped: 'X',
  failed: 'F',
  timedOut: 'T',
};

/** `execution-data/summary.txt`: what ran and how long it took, in the manner of the Go tool; one row per collector. */
export function renderSummary(
  collections: readonly Collection[],
  findings: readonly Finding[],
  titleOf: (collection: Collection) => string,
  durationMs: number,
): string {
  const collectors = collections
    .map((collection) => ({
      title: `${printableLine(titleOf(collection))} (${letters[collection.state]})`,
      ms: collection.durationMs ?? 0,
    }))
    .sort((a, b) => b.ms - a.ms);
  const analyzers = findings.map(({ title, verdict }) => ({ title: printableLine(title), text: verdict }));
  return [
    heading('Collectors summary', 'Succeeded (S), eXcluded (X), Failed (F), Timed out (T)'),
    rows(collectors.map(({ title, ms }) => [title, milliseconds(ms)])),
    '',
    heading('Analyzers summary', 'pass, warn, fail, unknown, skipped'),
    rows(analyzers.map(({ title, text }) => [title, text])),
    '',
    `Duration: ${milliseconds(durationMs)}`,
    '',
  ].join('\n');
}

function heading(title: string, legend: string): string {
  const width = Math.max(legend.length, title.length + 4);
  const left = Math.floor((width - title.length - 2) / 2);
  const frame = `${'='.repeat(left)} ${title} ${'='.repeat(width - title.length - 2 - left)}`;
  return `${frame}\n${legend}\n${'='.repeat(width)}`;
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  if (pairs.length === 0) return 'None executed';
  const width = pairs.reduce((widest, [title]) => Math.max(widest, title.length), 0);
  return pairs.map(([title, value]) => `${title.padEnd(width)} : ${value}`).join('\n');
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')}ms`;
}
