import { arch, hostname, platform, release } from 'node:os';
import { analyze } from '../analyze/analyze.ts';
import { encryptionFor } from '../bundle/age.ts';
import { shrink } from '../bundle/fit.ts';
import { type ManifestFacts, manifestFor, sha256 } from '../bundle/manifest.ts';
import { BundleTooLarge, type Written, writeBundle } from '../bundle/write.ts';
import * as all from '../checks/checks.ts';
import { descriptorLimit, openHost } from '../collect/host.ts';
import { inOrder, skipped, unheard } from '../collect/outcome.ts';
import { type Run, runCollection } from '../collect/run.ts';
import type { Analyzer } from '../contract/analyzer.ts';
import type { Entry, Results, StoredEntry } from '../contract/bundle.ts';
import type { Collector } from '../contract/collector.ts';
import { type Analysis, brokenCollections, type Finding, summarize } from '../contract/finding.ts';
import type { SpecFormat } from '../contract/format.ts';
import { type Limits, limits as usualLimits } from '../contract/limits.ts';
import type { Collection } from '../contract/manifest.ts';
import type { Planned } from '../contract/plan.ts';
import type { Checks, Spec, SpecAnalyzer } from '../contract/spec.ts';
import { diskFailure } from '../disk/failure.ts';
import { partialName } from '../disk/temporary.ts';
import { beginJournal } from '../journal/write.ts';
import { createResolver } from '../net/resolver.ts';
import type { Masking, MaskLevel } from '../redact/identities/masking.ts';
import type { Redaction } from '../redact/redaction.ts';
import { redactionCounts, renderReport, withheldOf } from '../redact/report.ts';
import { withheldContent } from '../redact/withheld.ts';
import { renderInsights } from '../report/insights.ts';
import { renderSummary } from '../report/summary.ts';
import { mergedSpec } from '../spec/merged.ts';
import { planCollection } from '../spec/plan.ts';
import { openEvaluator } from './evaluator.ts';
import { createKeeper, type Keeper, namedCollection } from './keeper.ts';
import type { Seal } from './key-files.ts';
import { letNewSpaceGrow } from './memory.ts';
import { writeErr } from './output.ts';
import { createProgress } from './progress.ts';
import { type Workspace, withTemporary } from './temporary.ts';
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

/** Everything that a bundle will hold, and what it amounts to. */
export interface Gathered {
  readonly findings: readonly Finding[];
  readonly analysis: Pick<Analysis, 'verdict' | 'counts' | 'findings' | 'notes'>;
  /** Redacted and sorted. */
  readonly entries: readonly Entry[];
  readonly facts: ManifestFacts;
}

/** plan → collect → redact → analyze: what `collect` and `preflight` share. Only redacted bytes leave here. */
export async function gather(spec: Spec, options: GatherOptions): Promise<Gathered> {
  const { redaction } = options;
  const plan = planCollection(spec);
  // Before anything is dialled: rendering a large spec would keep answers waiting.
  const specFile = await redaction.redact({ path: 'spec.yaml', content: mergedSpec(spec, redaction.data) });
  const known = knownFacts(spec, specFile, redaction);
  const created = new Date().toISOString();
  const keeper = createKeeper({
    redaction,
    begin: options.journal && (() => begin(plan, known, specFile, created, options)),
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
  known: ManifestFacts,
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
    { path: 'analysis.json', content: renderInsights(clean) },
    { path: 'execution-data/summary.txt', content: summary },
    { path: 'version.yaml', content: versionFile },
  ];
  const all = [...swept];
  for (const file of made) all.push(await redaction.redact(file));
  return assembled({ ...known, collections }, clean, all, redaction);
}

/** What is kept of a run: with stand-ins for identities, if they are to be masked. Everything was judged before. */
function assembled(
  known: ManifestFacts,
  judged: readonly Finding[],
  files: readonly Entry[],
  redaction: Redaction,
): Gathered {
  const { masking, isOff } = redaction;
  // First of all: the files tell whom to look for in what is said of them.
  const entries = [...redaction.mask(files)];
  const findings = masking === undefined ? judged : judged.map((finding) => maskedFinding(finding, masking));
  const facts = masking === undefined ? known : maskedFacts(known, masking);
  entries.push({ path: reportPath, bytes: Buffer.from(renderReport(entries)) });
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const maskRemarks = [
    ...(masking === undefined ? [] : [maskNote(masking.level)]),
    ...(masking?.hasCommon === true ? ['a name of this host is a common word, and is left where it stands alone'] : []),
  ];
  const remarks = [...(isOff ? [`${redactionWasOff}: secrets are in it as they were found`] : []), ...maskRemarks];
  const faults = [
    ...(facts.incompleteReason === null ? [] : [`incomplete: ${facts.incompleteReason}`]),
    ...entries.flatMap(withheldOf).map(({ path, reason }) => `${path} is withheld: ${reason}`),
    ...brokenCollections(facts.collections),
  ];
  const spec = entries.find(({ path }) => path === 'spec.yaml');
  return {
    findings,
    analysis: { ...summarize(findings, faults.length === 0), findings, notes: [...remarks, ...faults] },
    entries,
    facts: {
      ...facts,
      notes: [...(facts.notes ?? []), ...(isOff ? [redactionWasOff] : []), ...maskRemarks],
      redaction: { ...redaction.facts, ...redactionCounts(entries), source: null },
      // What was found in the last file may have been masked in the spec too.
      spec: { ...facts.spec, sha256: sha256(spec?.bytes ?? Buffer.alloc(0)) },
    },
  };
}

/** A note in the manifest, which is no longer true of a bundle that is made of this one by `redact`. */
export const redactionWasOff = 'redaction was off';

const reportPath = 'redaction-report.json';

/** What was gathered, less the files that a person did not want in the bundle. */
export function withhold(gathered: Gathered, paths: ReadonlySet<string>): Gathered {
  if (paths.size === 0) return gathered;
  const { findings, analysis, facts } = gathered;
  const withheld = 'by the reviewer';
  const left = (entry: Entry): Entry =>
    paths.has(entry.path) ? { path: entry.path, bytes: withheldContent(entry.path, withheld), withheld } : entry;
  const kept = gathered.entries.map(left);
  const report = Buffer.from(renderReport(kept.filter(({ path }) => path !== reportPath)));
  const entries = kept.map((entry) =>
    entry.path === reportPath && entry.withheld === undefined ? { ...entry, bytes: report } : entry,
  );
  const spec = entries.find(({ path }) => path === 'spec.yaml');
  const notes = [...analysis.notes, ...[...paths].map((path) => `${path} is withheld: ${withheld}`)];
  return {
    findings,
    analysis: { ...analysis, ...summarize(findings, false), notes },
    entries,
    facts: {
      ...facts,
      ...(facts.redaction && { redaction: { ...facts.redaction, ...redactionCounts(entries) } }),
      spec: { ...facts.spec, sha256: sha256(spec?.bytes ?? Buffer.alloc(0)) },
    },
  };
}

/** For whoever reads a bundle or its report. */
export function maskNote(level: MaskLevel): string {
  const which = level === 'all' ? 'addresses and names' : 'public addresses and names';
  return `${which} in it are stand-ins (--mask ${level})`;
}

function maskedFinding({ type, verdict, evidence, ...said }: Finding, { data, path }: Masking): Finding {
  const masked = evidence && { path: path(evidence.path), values: data(evidence.values) };
  return { ...data(said), type, verdict, evidence: masked };
}

function maskedFacts(facts: ManifestFacts, { text, path, level }: Masking): ManifestFacts {
  const { collections, notes, host, spec, incompleteReason } = facts;
  const hostname = host?.hostname;
  // The name may be a word that is left alone elsewhere.
  const shown = hostname === undefined || (level === 'all' && text(hostname) === hostname) ? '' : text(hostname);
  return {
    ...facts,
    collections: collections.map((collection) => namedCollection(collection, { text, path })),
    notes: notes?.map(text),
    host: { ...host, hostname: shown },
    spec: { ...spec, name: text(spec?.name ?? '') },
    incompleteReason: typeof incompleteReason === 'string' ? text(incompleteReason) : incompleteReason,
  } as ManifestFacts;
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

async function begin(
  plan: readonly Planned[],
  { spec, host, notes }: KnownFacts,
  specFile: Entry,
  created: string,
  { journal, evals, redaction }: GatherOptions,
) {
  if (journal === undefined) throw new Error('no journal was asked for');
  return beginJournal(await journal.workspace.folder(), {
    target: journal.target,
    created,
    host,
    specName: spec.name,
    notes,
    evals,
    collections: plan.map((planned) =>
      namedCollection('skip' in planned ? skipped(planned.item, planned.skip) : unheard(planned.item), redaction),
    ),
    spec: specFile,
  });
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

/** The last stage: what was gathered as one file, whole or not at all. */
export async function write(file: string, gathered: Gathered, seal: Seal, maxBytes: number): Promise<Written> {
  const { facts } = gathered;
  let { entries } = gathered;
  for (let limit = maxBytes; ; ) {
    try {
      return await writeEntries(file, entries, facts, seal, { maxBytes: limit });
    } catch (error) {
      if (!(error instanceof BundleTooLarge)) throw error;
      const smaller = shrink(entries, maxBytes / error.sizeBytes);
      if (smaller !== undefined) {
        entries = smaller;
        continue;
      }
      // What is left are results: rather a bundle that is too large than one without them.
      limit = Number.POSITIVE_INFINITY;
      await writeErr(
        'warning: the bundle is larger than --max-bundle-size, and holds nothing more that could be cut\n',
      );
    }
  }
}

/** Redacted entries in the order given; `limits` are those of whoever is to open it. */
export function writeEntries(
  file: string,
  entries: readonly (Entry | StoredEntry)[],
  facts: ManifestFacts,
  { signKey, recipients }: Seal,
  { maxBytes, limits = usualLimits }: { readonly maxBytes: number; readonly limits?: Limits },
): Promise<Written> {
  const partial = partialName(file);
  const manifest = manifestFor(facts, entries);
  return withTemporary(partial, () =>
    writeBundle(file, entries, manifest, {
      partial,
      maxBytes,
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
type KnownFacts = Pick<ManifestFacts, 'tool' | 'host' | 'spec' | 'notes'>;

function knownFacts({ name, skipped: left }: Spec, { bytes }: Entry, { text }: Redaction): KnownFacts {
  return {
    tool,
    host: { os: platform(), kernel: release(), arch: arch(), hostname: hostname() },
    spec: { name: text(name), sha256: sha256(bytes) },
    notes: left.map(({ reason, file, line }) => text(`${file}:${line}: left alone: ${reason}`)),
  };
}

export const tool: ManifestFacts['tool'] = { name: 'hostbundle', version };

function titleOf({ type, name }: Collection): string {
  return name === '' ? (checks.collectors.find((collector) => collector.type === type)?.title ?? type) : name;
}

const versionFile = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
spec:
  versionNumber: hostbundle-${version}
`;
