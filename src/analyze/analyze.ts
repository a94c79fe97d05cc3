import type { Results } from '../contract/bundle.ts';
import type { Evidence, Finding, Verdict } from '../contract/finding.ts';
import type { Limits } from '../contract/limits.ts';
import type { Collection } from '../contract/manifest.ts';
import { resultPath, writtenPath } from '../contract/path.ts';
import type { SpecAnalyzer, SpecOutcome } from '../contract/spec.ts';
import { readResult } from './result.ts';

/** Judges results by the analyzers of a spec. Each analyzer yields at least one finding; none ever throws. */
export function analyze(results: Results, analyzers: readonly SpecAnalyzer[], limits: Limits): readonly Finding[] {
  const nodes = nodesOf(results, limits);
  return analyzers.flatMap((analyzer) => findingsOf(analyzer, results, nodes, limits));
}

function findingsOf(item: SpecAnalyzer, results: Results, nodes: Nodes, limits: Limits): readonly Finding[] {
  if (item.excluded) return [finding(item, 'skipped', { reason: 'excluded by the spec' })];
  if (item.analyzer === undefined) {
    return [finding(item, 'unknown', { reason: `this version has no analyzer "${item.type}"` })];
  }
  const path = resultPath(item.analyzer.reads, item.collectorName);
  const collection = collectionFor(item, results.collections);
  const places = [path, ...(collection?.paths ?? []), writtenPath(item.analyzer.reads, item.collectorName)];
  const local = places.find((place) => place.startsWith(folderOf(path)) && results.has(place));
  if (local !== undefined) return [judge(item, results, local, '', limits)];

  if (collection === undefined || collection.state === 'collected') {
    const remote = nodes.names.map((node) => [node, ofNode(path, node, results)] as const);
    const judged = remote.flatMap(([node, found]) =>
      found === undefined ? [] : [judge(item, results, found, ` - Node ${node}`, limits)],
    );
    const missing = remote.flatMap(([node, found]) => (found === undefined ? [node] : []));
    if (judged.length > 0 && missing.length === 0) return judged;
    if (judged.length > 0) {
      const some = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
      const reason = `not collected on ${missing.length} of ${remote.length} nodes: ${some}`;
      return [...judged, finding(item, 'unknown', { reason, evidence: { path: nodeList, values: {} } })];
    }
  }
  const unreadable = collection === undefined ? nodes.mistake : undefined;
  const reason = unreadable ?? absence(collection, item, path);
  return [finding(item, 'unknown', { reason, evidence: { path, values: {} } })];
}

function judge(item: SpecAnalyzer, results: Results, path: string, titleEnd: string, limits: Limits): Finding {
  const bytes = results.read(path);
  const title = item.title + titleEnd;
  if (bytes === undefined) {
    const reason = `${path} is larger than the ${limits.documentBytes} bytes that are read of a result`;
    return finding(item, 'unknown', { title, reason, evidence: { path, values: {} } });
  }
  const { analyzer } = item;
  if (analyzer === undefined) throw new TypeError('an analyzer without a declaration is never judged');
  const reading = readResult(bytes, analyzer.reads, limits);
  if ('mismatch' in reading) {
    const reason = `${path} does not fit a ${analyzer.reads.type} result: ${reading.mismatch}`;
    return finding(item, 'unknown', { title, reason, evidence: { path, values: {} } });
  }
  const evidence = { path, values: evidenceOf(reading.result, analyzer.evidence) };
  const outcome = item.outcomes.find(({ matches }) => matches(reading.result));
  if (outcome !== undefined) return finding(item, outcome.severity, { title, outcome, evidence });
  const reason =
    item.outcomes.length === 0
      ? 'this analyzer has no outcomes, so nothing says what is good or bad'
      : `no outcome matched${shownStatus(reading.result)}`;
  return finding(item, 'unknown', { title, reason, evidence });
}

interface Details {
  readonly title?: string;
  readonly reason?: string;
  readonly outcome?: SpecOutcome;
  readonly evidence?: Evidence;
}

function finding(
  item: SpecAnalyzer,
  verdict: Verdict,
  { title = item.title, reason, outcome, evidence }: Details,
): Finding {
  return {
    type: item.type,
    name: item.collectorName,
    title,
    verdict,
    message: outcome?.message ?? '',
    uri: outcome !== undefined && /^https?:\/\//i.test(outcome.uri) && URL.canParse(outcome.uri) ? outcome.uri : null,
    strict: item.strict,
    annotations: item.annotations,
    reason: reason ?? null,
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
  const reads = item.analyzer?.reads.type ?? item.type;
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
    ? { names: reading.result['nodes'] as readonly string[], mistake: undefined }
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
