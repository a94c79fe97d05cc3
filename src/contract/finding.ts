import type { Collection } from './manifest.ts';
import type { SpecAnalyzer } from './spec.ts';

export type Verdict = 'pass' | 'warn' | 'fail' | 'unknown' | 'skipped';

/** What an analyzer has to say: at least one for each analyzer of a spec. */
export interface Finding {
  readonly type: string;
  /** `collectorName` of the result that was judged; empty for the default one. */
  readonly name: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** Only ever an http or https address. */
  readonly uri: string | null;
  readonly strict: boolean;
  readonly annotations: SpecAnalyzer['annotations'];
  /** Why it could not be judged (unknown) or was left out (skipped); else null. */
  readonly reason: string | null;
  /** What to look at next, where the check knows; else null. */
  readonly advice: string | null;
  readonly evidence: Evidence | null;
}

export interface Evidence {
  /** Path in the bundle of the file that decided. */
  readonly path: string;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
}

/** All findings of one bundle. */
export interface Analysis {
  /** File or folder that was opened; null when nothing was kept (`preflight`). */
  readonly bundle: string | null;
  readonly verdict: 'pass' | 'warn' | 'fail' | 'unknown';
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly findings: readonly Finding[];
  /** What there is to say of the bundle itself: incomplete, integrity not checkable. */
  readonly notes: readonly string[];
  /** Why it could not be opened at all; then there are no findings. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

const byWeight = ['fail', 'warn', 'unknown', 'pass'] as const;

/**
 * The worst finding, in the order of the exit codes. Nothing judged at all is unknown; all left out on purpose is pass. Where
 * not everything that was asked for is there to be judged (`isWhole` false), a pass is unknown too.
 */
export function summarize(findings: readonly Finding[], isWhole: boolean): Pick<Analysis, 'verdict' | 'counts'> {
  const counts: Record<Verdict, number> = { pass: 0, warn: 0, fail: 0, unknown: 0, skipped: 0 };
  for (const { verdict } of findings) counts[verdict]++;
  const worst = byWeight.find((verdict) => counts[verdict] > 0) ?? (counts.skipped > 0 ? 'pass' : 'unknown');
  return { verdict: worst === 'pass' && !isWhole ? 'unknown' : worst, counts };
}

/** One sentence for each collector that did not do its work: a check that never ran must not read as healthy. */
export function brokenCollections(collections: readonly Collection[]): readonly string[] {
  return collections
    .filter(({ state }) => state === 'failed' || state === 'timedOut')
    .map(({ type, name, state, reason }) => {
      const which = name === '' ? type : `${type} "${name}"`;
      return `${which} ${state === 'failed' ? 'failed' : 'ran out of time'}: ${reason ?? 'no reason given'}`;
    });
}
