import { arch, hostname, platform, release } from 'node:os';
import { analyze } from '../analyze/analyze.ts';
import { encryptionFor } from '../bundle/age.ts';
import { type ManifestFacts, manifestFor, sha256 } from '../bundle/manifest.ts';
import { partialName, type Written, writeBundle } from '../bundle/write.ts';
import * as all from '../checks/checks.ts';
import { descriptorLimit, openHost } from '../collect/host.ts';
import { type Run, runCollection } from '../collect/run.ts';
import type { Analyzer } from '../contract/analyzer.ts';
import type { Entry, RawEntry, Results } from '../contract/bundle.ts';
import type { Collector } from '../contract/collector.ts';
import { type Analysis, brokenCollections, type Finding, summarize } from '../contract/finding.ts';
import type { SpecFormat } from '../contract/format.ts';
import { limits } from '../contract/limits.ts';
import type { Collection } from '../contract/manifest.ts';
import type { Checks, Spec, SpecAnalyzer } from '../contract/spec.ts';
import { createResolver } from '../net/resolver.ts';
import { maskSecretKeys, redact } from '../redact/redact.ts';
import { renderInsights } from '../report/insights.ts';
import { renderSummary } from '../report/summary.ts';
import { mergedSpec } from '../spec/merged.ts';
import { planCollection } from '../spec/plan.ts';
import { openEvaluator } from './evaluator.ts';
import type { Seal } from './key-files.ts';
import { createProgress } from './progress.ts';
import { withTemporary } from './signals.ts';
import { version } from './version.ts';

/** Either half of a check may be absent. */
interface Check {
  readonly collector?: Collector;
  readonly analyzer?: Analyzer;
  readonly format?: SpecFormat;
}

const list: readonly Check[] = Object.values(all);

export const checks: Checks = {
  collectors: list.flatMap(({ collector }) => collector ?? []),
  analyzers: list.flatMap(({ analyzer }) => analyzer ?? []),
  formats: list.flatMap(({ format }) => format ?? []),
};

export interface GatherOptions {
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  /** Whether functions of Kener monitors are run. */
  readonly evals: boolean;
  readonly signal: AbortSignal;
}

/** Everything that a bundle will hold, and what it amounts to. */
export interface Gathered {
  /** All of the run but its results, which are in `entries`, redacted. */
  readonly run: Omit<Run, 'entries'>;
  readonly findings: readonly Finding[];
  readonly analysis: Pick<Analysis, 'verdict' | 'counts' | 'findings' | 'notes'>;
  readonly entries: readonly Entry[];
  readonly facts: ManifestFacts;
  readonly redactions: ReadonlyMap<string, number>;
}

/** plan → collect → redact → analyze: what `collect` and `preflight` share. Only redacted bytes leave here. */
export async function gather(spec: Spec, options: GatherOptions): Promise<Gathered> {
  const { entries: raw, ...run } = await collectAll(spec, options);
  const specFile: RawEntry = { path: 'spec.yaml', content: mergedSpec(spec, maskSecretKeys) };
  const { entries, counts } = redact([...raw, specFile]);

  const byPath = new Map(entries.map((entry) => [entry.path, entry.bytes]));
  const results: Results = {
    has: (path) => byPath.has(path),
    read: (path) => byPath.get(path),
    collections: run.collections,
  };
  const findings = await judge(results, spec.analyzers, { created: run.created, evals: options.evals });
  const summary = renderSummary(run.collections, findings, titleOf, run.durationMs);
  const derived = redact([
    { path: 'analysis.json', content: renderInsights(findings) },
    { path: 'execution-data/summary.txt', content: summary },
    { path: 'version.yaml', content: versionFile },
  ]);
  const all = [...entries, ...derived.entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const notes = [
    ...(run.incompleteReason === null ? [] : [`incomplete: ${run.incompleteReason}`]),
    ...brokenCollections(run.collections),
  ];
  return {
    run,
    findings,
    analysis: { ...summarize(findings, notes.length === 0), findings, notes },
    entries: all,
    facts: factsOf(spec, run, byPath.get(specFile.path) ?? new Uint8Array()),
    redactions: new Map([...counts, ...derived.counts]),
  };
}

interface JudgeOptions {
  /** When the bundle was made: the time that functions of the spec see; null when it does not say. */
  readonly created: string | null;
  readonly evals: boolean;
}

/** The analyzers of a spec over results, with what the program lends them. */
export async function judge(
  results: Results,
  analyzers: readonly SpecAnalyzer[],
  { created, evals }: JudgeOptions,
): Promise<readonly Finding[]> {
  const evaluator = evals ? openEvaluator(Date.parse(created ?? '') || 0) : noEvaluator;
  try {
    return await analyze(results, analyzers, { limits, tools: { evaluator } });
  } finally {
    evaluator.close();
  }
}

const noEvaluator = {
  evaluate: async () => ({ failure: 'functions of a spec are not run, because of --no-eval', refused: true }) as const,
  close() {},
};

/** The last stage: what was gathered as one file, whole or not at all. */
export function write(
  file: string,
  { entries, facts, redactions }: Gathered,
  { signKey, recipients }: Seal,
): Promise<Written> {
  const partial = partialName(file);
  const manifest = manifestFor(facts, entries, redactions);
  return withTemporary(partial, () =>
    writeBundle(file, entries, manifest, {
      partial,
      mtime: entryTime(facts.created),
      limits,
      signKey,
      encryption: recipients.length === 0 ? undefined : encryptionFor(recipients),
    }),
  );
}

/** The moment that every entry bears: SOURCE_DATE_EPOCH when set (https://reproducible-builds.org), else the run's start. */
function entryTime(created: string): Date {
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? '';
  const ms = /^\d{1,11}$/.test(epoch) ? Number(epoch) * 1000 : Date.parse(created);
  return new Date(Math.floor(ms / 1000) * 1000);
}

async function collectAll(spec: Spec, { timeoutMs, concurrency, quiet, signal }: GatherOptions): Promise<Run> {
  const resolver = createResolver({ file: process.execPath, args: [process.argv[1] ?? '', '--child', 'resolver'] });
  const progress = createProgress(quiet);
  try {
    return await runCollection(planCollection(spec), {
      timeoutMs,
      concurrency,
      // A check may hold several descriptors: a name with many addresses, a listener and its peer.
      networkConcurrency: Math.max(8, Math.floor((await descriptorLimit()) / 4)),
      signal,
      host: openHost((name, ending) => resolver.lookup(name, ending)),
      onProgress: progress.show,
    });
  } finally {
    resolver.close();
    await progress.end();
  }
}

function factsOf(spec: Spec, run: Omit<Run, 'entries'>, specBytes: Uint8Array): ManifestFacts {
  const { created, durationMs, clockStepMs, complete, incompleteReason, collections } = run;
  return {
    tool: { name: 'hostbundle', version },
    created,
    durationMs,
    clockStepMs,
    host: { os: platform(), kernel: release(), arch: arch(), hostname: hostname() },
    spec: { name: spec.name, sha256: sha256(specBytes) },
    complete,
    incompleteReason,
    notes: spec.skipped.map(({ reason, file, line }) => `${file}:${line}: left alone: ${reason}`),
    collections,
  };
}

function titleOf({ type, name }: Collection): string {
  return name === '' ? (checks.collectors.find((collector) => collector.type === type)?.title ?? type) : name;
}

const versionFile = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
spec:
  versionNumber: hostbundle-${version}
`;
