import { createHmac, randomBytes } from 'node:crypto';
import type { Entry, Masked } from '../contract/bundle.ts';
import type { Span } from './span.ts';

export type Digest = (secret: string) => string;

/** Tells sameness within a bundle and nothing else: the salt is drawn for each run and never shown. */
export function saltedDigest(): Digest {
  const salt = randomBytes(32);
  return (secret) => createHmac('sha256', salt).update(secret, 'latin1').digest('hex').slice(0, 16);
}

/** What is masked in one file, as it comes. */
export interface Notes {
  note(span: Span, found: string, line: number): void;
  readonly count: number;
  /** Together with what was noted of the file before. */
  masked(before: readonly Masked[]): readonly Masked[];
}

const mostLines = 100;

export function createNotes(digest: Digest): Notes {
  const byRule = new Map<string, { count: number; readonly lines: Set<number>; readonly digests: Set<string> }>();
  let count = 0;
  function of(rule: string) {
    const own = byRule.get(rule) ?? { count: 0, lines: new Set(), digests: new Set() };
    byRule.set(rule, own);
    return own;
  }
  return {
    note({ rule }, found, line) {
      const own = of(rule);
      count++;
      own.count++;
      if (own.lines.size < mostLines) own.lines.add(line);
      if (own.digests.size < mostLines) own.digests.add(digest(found));
    },
    get count() {
      return count;
    },
    masked(before) {
      for (const earlier of before) {
        const own = of(earlier.rule);
        own.count += earlier.count;
        for (const line of earlier.lines) own.lines.add(line);
        for (const known of earlier.digests) own.digests.add(known);
      }
      return [...byRule]
        .map(([rule, own]) => ({ rule, count: own.count, lines: [...own.lines], digests: [...own.digests] }))
        .sort((a, b) => (a.rule < b.rule ? -1 : 1));
    },
  };
}

/** What a report says of a file. */
type Told = Pick<Entry, 'path' | 'masked' | 'withheld'>;

/** `redaction-report.json`: what was masked in which file, for whoever signs off; never what it was. */
export function renderReport(entries: readonly Told[]): string {
  const files = entries
    .filter(({ masked, withheld }) => masked !== undefined || withheld !== undefined)
    .map(({ path, masked = [], withheld }) => ({ path, ...(withheld !== undefined && { withheld }), rules: masked }));
  const report = { schemaVersion: 'hostbundle.redaction/v1', ...redactionCounts(entries), files };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function redactionCounts(entries: readonly Told[]): { readonly masked: number; readonly withheld: number } {
  return {
    masked: entries.reduce((sum, { masked = [] }) => sum + masked.reduce((own, { count }) => own + count, 0), 0),
    withheld: entries.filter(({ withheld }) => withheld !== undefined).length,
  };
}
