import type { Analyzer } from './analyzer.ts';
import type { Collector } from './collector.ts';
import type { SpecFormat } from './format.ts';
import type { Problem } from './problem.ts';

/** Where an item of a spec was written. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Counts the documents of a run, from 0, over all files. */
  readonly document: number;
}

/** A list item of a spec's collectors, in the order of the spec. */
export interface SpecCollector {
  readonly type: string;
  /** Absent for a type that this version does not have: the item is reported, never run. */
  readonly collector: Collector | undefined;
  /** `collectorName` as written; empty when absent. */
  readonly name: string;
  readonly excluded: boolean;
  /** Valid, defaults filled in, as the collector's `prepare` left them; undefined when they cannot be used. */
  readonly params: unknown;
  readonly source: Source;
  /** As written, for the `spec.yaml` of the bundle. */
  readonly raw: unknown;
}

export type Severity = 'pass' | 'warn' | 'fail';

export interface SpecOutcome {
  readonly severity: Severity;
  /** As written; empty when absent, and then it always matches. */
  readonly when: string;
  readonly message: string;
  readonly uri: string;
  readonly matches: (judged: unknown) => boolean;
  /** Why this `when` can never be true, if so. */
  readonly neverTrue: string | undefined;
}

/** A list item of a spec's analyzers, in the order of the spec. */
export interface SpecAnalyzer {
  readonly type: string;
  readonly analyzer: Analyzer | undefined;
  /** Its title: `checkName`, else the default of its type. */
  readonly title: string;
  readonly collectorName: string;
  readonly excluded: boolean;
  readonly strict: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its own parameters: valid, defaults filled in, as its `prepare` left them. */
  readonly params: unknown;
  readonly outcomes: readonly SpecOutcome[];
  readonly source: Source;
  readonly raw: unknown;
}

/** Part of a spec that this tool leaves alone on purpose: meant for a cluster, say. */
export interface SkippedPart {
  readonly path: string;
  readonly reason: string;
  readonly file: string;
  readonly line: number;
}

/** What a spec asks to have masked, besides what is masked anyway. */
export interface SpecRedactor {
  /** As reports call it. */
  readonly name: string;
  /** Globs of paths in the bundle; none: every file. */
  readonly files: readonly string[];
  readonly values: readonly string[];
  /** Patterns in Go's dialect; with a selector, `redactor` is for the line below one that it matches. */
  readonly regex: readonly { readonly selector?: string | undefined; readonly redactor: string }[];
  /** Such as `a.*.b`. */
  readonly yamlPath: readonly string[];
}

/** All documents of all files, merged in the order given. */
export interface Spec {
  /** `metadata.name` of the first document that has one; else `hostbundle`. */
  readonly name: string;
  readonly collectors: readonly SpecCollector[];
  readonly analyzers: readonly SpecAnalyzer[];
  readonly redactors: readonly SpecRedactor[];
  readonly skipped: readonly SkippedPart[];
  /** Warnings only: a spec with an error is never handed on. */
  readonly problems: readonly Problem[];
}

/** The checks that a stage knows: passed in, never imported by it. */
export interface Checks {
  readonly collectors: readonly Collector[];
  readonly analyzers: readonly Analyzer[];
  readonly formats: readonly SpecFormat[];
}
