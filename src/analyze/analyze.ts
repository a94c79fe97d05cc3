import type { Analyzer, Refined, Ruling, Tools } from '../contract/analyzer.ts';
import type { Results } from '../contract/bundle.ts';
import type { Evidence, Finding, Verdict } from '../contract/finding.ts';
import { layout } from '../contract/layout.ts';
import type { Limits } from '../contract/limits.ts';
import type { Collection } from '../contract/manifest.ts';
import { resultPath, writtenPath } from '../contract/path.ts';
import type { SpecAnalyzer, SpecOutcome } from '../contract/spec.ts';
import { readResult } from './result.ts';

export interface AnalyzeOptions {
  readonly limits: Limits;
  readonly tools: Tools;
}

/** Judges results by the analyzers of a spec. Each analyzer yields at least one finding; never rejects. */
export async function analyze(
  results: Results,
  analyzers: readonly SpecAnalyzer[],
  options: AnalyzeOptions,
): Promise<readonly Finding[]> {
  const nodes = nodesOf(results, options.limits);
  const findings: Finding[] = [];
  for (const analyzer of analyzers) findings.push(...(await findingsOf(analyzer, results, nodes, options)));
  return findings;
}

async function findingsOf(
  item: SpecAnalyzer,
  results: Results,
  nodes: Nodes,
  options: AnalyzeOptions,
): Promise<readonly Finding[]> {
  if (item.excluded) return [finding(item, 'skipped', { reason: 'excluded by the spec' })];
  if (item.analyzer === undefined) {
    return [finding(item, 'unknown', { reason: `this version has no analyzer "${item.type}"` })];
  }
  const { reads } = item.analyzer;
  // What decides then stands in the spec itself.
  if (reads === undefined) return rulings(item, undefined, { path: layout.spec, title: item.title }, options.tools);
  const path = resultPath(reads, item.collectorName);
  const collection = collectionFor(item, results.collections);
  const places = [path, ...(collection?.paths ?? []), writtenPath(reads, item.collectorName)];
  const local = places.find((place) => place.startsWith(folderOf(path)) && results.has(place));
  if (local !== undefined) return judge(item, results, local, '', options);

  if (collection === undefined || collection.state === 'collected') {
    const remote = nodes.names.map((node) => [node, ofNode(path, node, results)] as const);
    const judged: Finding[] = [];
    for (const [node, found] of remote) {
      if (found !== undefined) judged.push(...(await judge(item, results, found, ` - Node ${node}`, options)));
    }
    const missing = remote.flatMap(([node, found]) => (found === undefined ? [node] : []));
    if (judged.length > 0 && missing.length === 0) return judged;
    if (judged.length > 0) {
      const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
      const reason = `not collected on ${missing.length} of ${remote.length} nodes: ${some}`;
      return [...judged, finding(item, 'unknown', { reason, evidence: { path: nodeList, values: {} } })];
    }
  }
  const refusal = places.map((place) => results.refusal?.(place)).find((found) => found !== undefined);
  if (refusal !== undefined) {
    return [finding(item, 'unknown', { reason: `${path} was refused: ${refusal}`, evidence: { path, values: {} } })];
  }
  const unreadable = collection === undefined ? nodes.mistake : undefined;
  const reason = unreadable ?? absence(collection, item, path);
  return [finding(item, 'unknown', { reason, evidence: { path, values: {} } })];
}

async function judge(
  item: SpecAnalyzer,
  results: Results,
  path: string,
  titleEnd: string,
  { limits, tools }: AnalyzeOptions,
): Promise<readonly Finding[]> {
  const bytes = results.read(path);
  const title = item.title + titleEnd;
  if (bytes === undefined) {
    const { documentBytes, heldBytes } = limits;
    const reason = `${path} was not read: it is larger than documentBytes=${documentBytes}, or all results together than heldBytes=${heldBytes}; --limit changes both`;
    return [finding(item, 'unknown', { title, reason, evidence: { path, values: {} } })];
  }
  const reads = item.analyzer?.reads;
  if (reads === undefined) throw new TypeError('an analyzer without a declaration is never judged');
  const reading = readResult(bytes, reads, limits);
  if ('mismatch' in reading) {
    const reason = `${path} does not fit a ${reads.type} result: ${reading.mismatch}`;
    return [finding(item, 'unknown', { title, reason, evidence: { path, values: {} } })];
  }
  return rulings(item, reading.result, { path, title }, tools);
}

/** What the analyzer says of one result: by its outcomes, else by itself. */
async function rulings(
  item: SpecAnalyzer,
  result: unknown,
  { path, title }: { readonly path: string; readonly title: string },
  tools: Tools,
): Promise<readonly Finding[]> {
  const analyzer = item.analyzer as Analyzer;
  const refined = await refine(analyzer, result, item.params, tools);
  if ('reason' in refined) {
    const { reason, values = {} } = refined;
    return [finding(item, 'unknown', { title, reason, evidence: { path, values } })];
  }
  const judged = refined.judged as never;
  const evidence = { path, values: evidenceOf(refined.judged as Readonly<Record<string, unknown>>, analyzer.evidence) };
  const advice = analyzer.advice?.(judged);
  const ruled =
    analyzer.rule === undefined ? firstMatch(analyzer, item.outcomes, judged) : analyzer.rule(judged, item.outcomes);
  const own = ruled.length === 0 ? analyzer.verdict?.(judged) : undefined;
  const said = own === undefined ? ruled : [own];
  if (said.length > 0) {
    return said.map(({ severity, ...rest }) =>
      severity === 'unknown'
        ? finding(item, severity, { title, reason: rest.message, evidence })
        : finding(item, severity, { title, ...rest, advice, evidence }),
    );
  }
  const reason =
    item.outcomes.length === 0
      ? 'this analyzer has no outcomes, so nothing says what is good or bad'
      : `no outcome matched${shownStatus(refined.judged as Readonly<Record<string, unknown>>)}`;
  return [finding(item, 'unknown', { title, reason, evidence })];
}

function firstMatch(analyzer: Analyzer, outcomes: readonly SpecOutcome[], judged: never): readonly Ruling[] {
  const outcome = outcomes.find(({ matches }) => matches(judged));
  if (outcome === undefined) return [];
  let { message } = outcome;
  try {
    message = analyzer.message?.(message, judged) ?? message;
  } catch {
    // A template that fails is still text; the verdict does not hang on it.
  }
  return [{ severity: outcome.severity, message, uri: outcome.uri }];
}

/** A check that fails at its own work is one finding, not the end of the others. */
async function refine(analyzer: Analyzer, result: unknown, params: unknown, tools: Tools): Promise<Refined<unknown>> {
  try {
    return (await analyzer.refine?.(result as never, params as never, tools)) ?? { judged: result };
  } catch (error) {
    return { reason: `the ${analyzer.type} analyzer broke: ${error instanceof Error ? error.message : String(error)}` };
  }
}

interface Details {
  readonly title?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly uri?: string;
  readonly advice?: string | undefined;
  readonly evidence?: Evidence;
}

function finding(
  item: SpecAnalyzer,
  verdict: Verdict,
  { title = item.title, reason, message = '', uri = '', advice, evidence }: Details,
): Finding {
  return {
    type: item.type,
    name: item.collectorName,
    title,
    verdict,
    message,
    uri: /^https?:\/\//i.test(uri) && URL.canParse(uri) ? uri : null,
    strict: item.strict,
    annotations: item.annotations,
    reason: reason ?? null,
    advice: verdict === 'pass' ? null : (advice ?? null),
    evidence: evidence ?? null,
  };
}

/** The collection whose file an analyzer looks for: same type, same file name. */
function collectionFor(item: SpecAnalyzer, collections: readonly Collection[] | null): Collection | undefined {
  const reads = item.analyzer?.reads;
  if (collections === null || reads === undefined) return undefined;
  const path = resultPath(reads, item.collectorName);
  return collections.find(({ type, name }) => type === reads.type && resultPath(reads, name) === path);
}

/** Up to the last slash. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** Why there is no file: what the manifest knows, else just that. */
function absence(collection: Collection | undefined, item: SpecAnalyzer, path: string): string {
  const reads = item.analyzer?.reads?.type ?? item.type;
  const which = item.collectorName === '' ? `its ${reads} collector` : `its ${reads} collector "${item.collectorName}"`;
  switch (collection?.state) {
    case undefined:
      return `not collected: there is no ${path} in the bundle`;
    case 'collected':
      return `${which} left no file ${path}`;
    case 'skipped':
      return `${which} was skipped: ${collection.reason ?? 'no reason given'}`;
    case 'failed':
      return `${which} failed: ${collection.reason ?? 'no reason given'}`;
    case 'timedOut':
      return `${which} ran out of time: ${collection.reason ?? 'no reason given'}`;
  }
}

function evidenceOf(result: Readonly<Record<string, unknown>>, keys: readonly string[]): Evidence['values'] {
  const values: Record<string, string | number | boolean | null> = {};
  for (const key of keys) {
    const value = Object.hasOwn(result, key) ? result[key] : undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null)
      values[key] = value;
  }
  return values;
}

function shownStatus(result: Readonly<Record<string, unknown>>): string {
  return typeof result['status'] === 'string' ? ` (the status is ${result['status']})` : '';
}

const nodeList = 'host-collectors/system/node_list.json';

interface Nodes {
  readonly names: readonly string[];
  /** Why the list cannot be read, if so. */
  readonly mistake: string | undefined;
}

/** The nodes of a bundle that the Go tool collected in pods; none for any other. */
function nodesOf(results: Results, limits: Limits): Nodes {
  const bytes = results.read(nodeList);
  if (bytes === undefined) return { names: [], mistake: undefined };
  const reading = readResult(bytes, { result: nodeListSchema }, limits);
  return 'result' in reading
    ? { names: (reading.result as { nodes: readonly string[] }).nodes, mistake: undefined }
    : { names: [], mistake: `${nodeList} is no list of nodes: ${reading.mismatch}` };
}

function ofNode(path: string, node: string, results: Results): string | undefined {
  return nodePaths(path, node).find((candidate) => results.has(candidate));
}

const nodeListSchema = {
  type: 'object',
  description: 'What the Go tool writes beside results collected in pods',
  required: ['nodes'],
  properties: {
    nodes: { type: 'array', description: 'Node names', items: { type: 'string', description: 'A node name' } },
  },
} as const;

/** The Go tool's documentation says TYPE/NODE/FILE, its code writes NODE/TYPE/FILE: either is read. */
function nodePaths(path: string, node: string): readonly string[] {
  const [root, type, ...file] = path.split('/');
  return [`${root}/${type}/${node}/${file.join('/')}`, `${root}/${node}/${type}/${file.join('/')}`];
}
