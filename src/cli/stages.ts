import { arch, hostname, platform, release } from 'node:os';
import { analyze } from '../analyze/analyze.ts';
import { descriptorLimit, openHost } from '../collect/host.ts';
import { inOrder, skipped, unheard } from '../collect/outcome.ts';
import { type Run, runCollection } from '../collect/run.ts';
import type { Entry, Results } from '../contract/bundle.ts';
import type { Finding } from '../contract/finding.ts';
import { layout } from '../contract/layout.ts';
import { type Limits, limits as usualLimits } from '../contract/limits.ts';
import type { Collection } from '../contract/manifest.ts';
import type { Planned } from '../contract/plan.ts';
import type { Spec, SpecAnalyzer } from '../contract/spec.ts';
import { diskFailure } from '../disk/failure.ts';
import { beginJournal } from '../journal/write.ts';
import { createResolver } from '../net/resolver.ts';
import type { Redaction } from '../redact/redaction.ts';
import { renderInsights } from '../report/insights.ts';
import { renderSummary } from '../report/summary.ts';
import { mergedSpec } from '../spec/merged.ts';
import { planCollection } from '../spec/plan.ts';
import { checks } from './checks.ts';
import { openEvaluator } from './evaluator.ts';
import { assembled, type FactsBefore, type Gathered } from './gathered.ts';
import { createKeeper, type Keeper, type KeeperOptions, namedCollection } from './keeper.ts';
import { letNewSpaceGrow } from './memory.ts';
import { writeErr } from './output.ts';
import { createProgress } from './progress.ts';
import type { Workspace } from './temporary.ts';
import { tool, version } from './version.ts';

export interface GatherOptions {
  readonly redaction: Redaction;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  /** Whether functions of Kener monitors are run. */
  readonly evals: boolean;
  readonly signal: AbortSignal;
  /** Of a larger raw file only head and tail are kept. */
  readonly maxFileBytes: number;
  /** Where results are noted as they come, for `recover`, and where the bundle is to go; undefined: they are not. */
  readonly journal: { readonly workspace: Workspace; readonly target: string | null } | undefined;
}

/** plan → collect → redact → analyze: what `collect` and `preflight` share. Only redacted bytes leave here. */
export async function gather(spec: Spec, options: GatherOptions): Promise<Gathered> {
  const { redaction } = options;
  const plan = planCollection(spec);
  // Before anything is dialled: rendering a large spec would keep answers waiting.
  const specFile = await redaction.redact({ path: layout.spec, content: mergedSpec(spec, redaction.data) });
  const known = knownFacts(spec, redaction);
  const created = new Date().toISOString();
  const keeper = createKeeper({
    redaction,
    ...journalOf(plan, known, specFile, created, options),
    maxFileBytes: options.maxFileBytes,
    onFailure: (error) =>
      void writeErr(`warning: a kill would lose this run: no journal: ${diskFailure(error) ?? error}\n`),
  });
  const run = await collectAll(plan, options, keeper);
  const { collections, entries } = inOrder(await keeper.finish());
  const facts = { ...known, ...run, collections };
  return conclude(facts, [...entries, specFile], spec.analyzers, options);
}

/** What the collectors left, judged, with the files that are made of it: what `recover` shares with the others. */
export async function conclude(
  known: FactsBefore,
  collected: readonly Entry[],
  analyzers: readonly SpecAnalyzer[],
  { redaction, evals }: Pick<GatherOptions, 'redaction' | 'evals'>,
): Promise<Gathered> {
  const swept = redaction.sweep(collected);
  const collections = known.collections.map((collection) => namedCollection(collection, redaction));
  const byPath = new Map(swept.map((entry) => [entry.path, entry.bytes]));
  const results: Results = {
    has: (path) => byPath.has(redaction.path(path)),
    read: (path) => byPath.get(redaction.path(path)),
    collections,
  };
  const judged = await judge(results, analyzers, { created: known.created, evals });
  const clean = judged.map((finding) => cleanFinding(finding, redaction));
  const summary = renderSummary(collections, clean, titleOf, known.durationMs);
  const made = [
    { path: layout.analysis, content: renderInsights(clean) },
    { path: layout.summary, content: summary },
    { path: layout.version, content: versionFile },
  ];
  const all = [...swept];
  for (const file of made) all.push(await redaction.redact(file));
  return assembled({ ...known, collections }, clean, all, redaction);
}

function cleanFinding(finding: Finding, { text, path }: Redaction): Finding {
  const { title, name, message, reason, uri, evidence } = finding;
  return {
    ...finding,
    title: text(title),
    name: text(name),
    message: text(message),
    reason: reason === null ? null : text(reason),
    uri: uri === null ? null : text(uri),
    evidence: evidence === null ? null : { ...evidence, path: path(evidence.path) },
  };
}

/** What a journal begins with, each time by all that is known to be secret by then; and where it is. */
function journalOf(
  plan: readonly Planned[],
  { spec, host, notes }: KnownFacts,
  specFile: Entry,
  created: string,
  { journal, evals, redaction }: GatherOptions,
): Pick<KeeperOptions, 'journal'> {
  if (journal === undefined) return { journal: undefined };
  const { workspace, target } = journal;
  return {
    journal: {
      begin: async (beginning) => beginJournal(await workspace.folder(), beginning),
      beginning: () => ({
        target,
        created,
        host,
        specName: redaction.text(spec.name),
        notes: notes.map(redaction.text),
        evals,
        collections: plan.map((planned) =>
          namedCollection('skip' in planned ? skipped(planned.item, planned.skip) : unheard(planned.item), redaction),
        ),
        spec: redaction.sweep([specFile])[0] ?? specFile,
      }),
    },
  };
}

interface JudgeOptions {
  /** When the bundle was made: the time that functions of the spec see; null when it does not say. */
  readonly created: string | null;
  readonly evals: boolean;
  /** Absent: the usual ones. */
  readonly limits?: Limits;
}

/** The analyzers of a spec over results, with what the program lends them. */
export async function judge(
  results: Results,
  analyzers: readonly SpecAnalyzer[],
  { created, evals, limits = usualLimits }: JudgeOptions,
): Promise<readonly Finding[]> {
  const nowMs = Date.parse(created ?? '') || Date.now();
  const evaluator = evals ? openEvaluator(nowMs) : noEvaluator;
  try {
    return await analyze(results, analyzers, { limits, tools: { evaluator, nowMs } });
  } finally {
    evaluator.close();
  }
}

const noEvaluator = {
  evaluate: async () => ({ failure: 'functions of a spec are not run, because of --no-eval', refused: true }) as const,
  close() {},
};

async function collectAll(
  plan: readonly Planned[],
  { timeoutMs, concurrency, quiet, signal }: GatherOptions,
  keeper: Keeper,
): Promise<Run> {
  const child = [process.execPath, process.argv[1] ?? '', '--child'] as const;
  const [file, ...args] = child;
  const resolver = createResolver({ file, args: [...args, 'resolver'] });
  const progress = createProgress(quiet);
  const step = letNewSpaceGrow();
  try {
    return await runCollection(plan, {
      timeoutMs,
      concurrency,
      // A check may hold several descriptors: a name with many addresses, a listener and its peer.
      networkConcurrency: Math.max(8, Math.floor((await descriptorLimit()) / 4)),
      signal,
      host: openHost({ lookup: (name, ending) => resolver.lookup(name, ending), child }),
      onProgress(shown) {
        progress.show(shown);
        step();
      },
      onEnded: keeper.note,
    });
  } finally {
    resolver.close();
    await progress.end();
  }
}

/** What a manifest says that is known before anything is collected. */
type KnownFacts = Pick<FactsBefore, 'tool' | 'host' | 'spec' | 'notes'>;

function knownFacts({ name, skipped: left }: Spec, { text }: Redaction): KnownFacts {
  return {
    tool,
    host: { os: platform(), kernel: release(), arch: arch(), hostname: hostname() },
    spec: { name: text(name) },
    notes: left.map(({ reason, file, line }) => text(`${file}:${line}: left alone: ${reason}`)),
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
