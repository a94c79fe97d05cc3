import { createHmac, randomBytes } from 'node:crypto';
import type { Entry, Masked, WithheldMember } from '../contract/bundle.ts';
import type { Span } from './span.ts';

export type Digest = (secret: string) => string;

/** Tells sameness within a bundle and nothing else: the salt is drawn for each run and never shown. */
export function saltedDigest(): Digest {
  const salt = randomBytes(32);
  // A log tells one secret again and again.
  const known = new Map<string, string>();
  return (secret) => {
    let digest = known.get(secret);
    if (digest === undefined) {
      digest = createHmac('sha256', salt).update(secret, 'latin1').digest('hex').slice(0, 16);
      if (known.size >= mostKnown) known.clear();
      known.set(secret, digest);
    }
    return digest;
  };
}

const mostKnown = 4096;

/** What is masked in one file, as it comes. */
export interface Notes {
  note(span: Pick<Span, 'rule'>, found: string, line: number): void;
  /** The same of a file in it. */
  inside(member: string): Notes['note'];
  withhold(member: string, reason: string): void;
  /** Together with what was noted of the file before. */
  about(before: Pick<Entry, 'masked' | 'withheldMembers'>): Pick<Entry, 'masked' | 'withheldMembers'>;
}

/** Lines that are told of what stands in more. */
export const mostLines = 100;

export function createNotes(digest: Digest): Notes {
  const byRule = new Map<string, Noted>();
  const withheld: WithheldMember[] = [];
  function of(rule: string, member: string | undefined): Noted {
    const key = `${member ?? ''}\0${rule}`;
    const own = byRule.get(key) ?? { rule, member, count: 0, lines: new Set(), digests: new Set() };
    byRule.set(key, own);
    return own;
  }
  const noteIn =
    (member: string | undefined): Notes['note'] =>
    ({ rule }, found, line) => {
      const own = of(rule, member);
      own.count++;
      if (own.lines.size < mostLines) own.lines.add(line);
      if (own.digests.size < mostLines) own.digests.add(digest(found));
    };
  function masked(before: readonly Masked[]): readonly Masked[] {
    for (const earlier of before) {
      const own = of(earlier.rule, earlier.member);
      own.count += earlier.count;
      for (const line of earlier.lines) own.lines.add(line);
      for (const known of earlier.digests) own.digests.add(known);
    }
    return [...byRule]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { rule, member, count, lines, digests }]) => ({
        rule,
        ...(member !== undefined && { member }),
        count,
        lines: [...lines],
        digests: [...digests],
      }));
  }
  return {
    note: noteIn(undefined),
    inside: noteIn,
    withhold: (path, reason) => void withheld.push({ path, reason }),
    about(before) {
      const all = masked(before.masked ?? []);
      const withheldMembers = [...(before.withheldMembers ?? []), ...withheld];
      return { ...(all.length > 0 && { masked: all }), ...(withheldMembers.length > 0 && { withheldMembers }) };
    },
  };
}

interface Noted {
  readonly rule: string;
  readonly member: string | undefined;
  count: number;
  readonly lines: Set<number>;
  readonly digests: Set<string>;
}

/** What a report says of a file. */
type Told = Pick<Entry, 'path' | 'masked' | 'withheld' | 'withheldMembers'>;

/** `redaction-report.json`: what was masked in which file, for whoever signs off; never what it was. */
export function renderReport(entries: readonly Told[]): string {
  const files = entries
    .filter((entry) => entry.masked !== undefined || withheldOf(entry).length > 0)
    .map(({ path, masked = [], withheld, withheldMembers }) => ({
      path,
      ...(withheld !== undefined && { withheld }),
      ...(withheldMembers !== undefined && { withheldMembers }),
      rules: masked,
    }));
  const report = { schemaVersion: 'hostbundle.redaction/v1', ...redactionCounts(entries), files };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function redactionCounts(entries: readonly Told[]): { readonly masked: number; readonly withheld: number } {
  return {
    masked: entries.reduce((sum, { masked = [] }) => sum + masked.reduce((own, { count }) => own + count, 0), 0),
    withheld: entries.flatMap(withheldOf).length,
  };
}

/** What of it is not there: itself, or files in it. */
export function withheldOf({ path, withheld, withheldMembers = [] }: Told): readonly WithheldMember[] {
  return withheld === undefined ? withheldMembers : [{ path, reason: withheld }];
}
