import type { Analysis, Evidence, Finding, Verdict } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import { printable, printableLine } from './printable.ts';
import { marks, type Style } from './style.ts';

/** Findings for people: verdict, title, message, evidence, where to read more; then one line that sums up. */
export function renderFindings(analysis: Analysis, place: string, style: Style): string {
  const blocks = analysis.findings.map((finding) => renderFinding(finding, style));
  return `${blocks.join('')}${blocks.length > 0 ? '\n' : ''}${summaryLine(analysis, place, style)}\n`;
}

const indent = ' '.repeat(10);

function renderFinding(finding: Finding, style: Style): string {
  const { verdict } = finding;
  const head = `${style.verdict(verdict, `${marks[verdict]} ${verdict.padEnd(7)}`)} ${style.bold(printableLine(finding.title, 200))}`;
  const lines = [head + (finding.strict ? ' (strict)' : '')];
  const add = (text: string) => {
    for (const line of text.split('\n')) lines.push(indent + line);
  };
  if (finding.message !== '') add(printable(finding.message, limits.messageCharacters));
  if (finding.reason !== null) add(printable(finding.reason, limits.messageCharacters));
  const evidence = renderEvidence(finding.evidence, verdict);
  if (evidence !== '') add(style.dim(evidence));
  if (finding.advice !== null) add(printable(finding.advice, limits.messageCharacters));
  if (finding.uri !== null) add(printableLine(finding.uri));
  return `${lines.join('\n')}\n`;
}

/** Values at a glance; the path where there are none, because then it is the path that a person needs. */
function renderEvidence(evidence: Evidence | null, verdict: Verdict): string {
  if (evidence === null) return '';
  const values = Object.entries(evidence.values)
    .filter(([, value]) => value !== null && value !== '')
    .map(([key, value]) => renderValue(key, value));
  if (values.length === 0 || verdict === 'unknown') values.push(printableLine(evidence.path));
  return values.join(' · ');
}

function renderValue(key: string, value: string | number | boolean | null): string {
  if (typeof value === 'string') return printableLine(value, 1000);
  // What a function of a spec computed may have the digits of a division.
  const shown = typeof value === 'number' ? Number(value.toFixed(3)) : value;
  return key.endsWith('Ms') ? `${key.slice(0, -2)} ${shown} ms` : `${key} ${shown}`;
}

const order: readonly Verdict[] = ['pass', 'warn', 'fail', 'unknown', 'skipped'];

function summaryLine({ counts, verdict }: Analysis, place: string, style: Style): string {
  const parts = order.map((name) => {
    const text = `${counts[name]} ${name}`;
    return counts[name] > 0 ? style.verdict(name, text) : text;
  });
  const word = style.verdict(verdict, verdict.toUpperCase());
  return `${word}: ${parts.join(', ')}${place === '' ? '' : ` · ${printableLine(place)}`}`;
}

/** `1.9 KiB`. */
export function renderSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
