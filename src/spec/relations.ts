import { suggestion } from '../contract/nearest.ts';
import { pathPart, resultPath } from '../contract/path.ts';
import type { Problem } from '../contract/problem.ts';
import type { Source, SpecAnalyzer, SpecCollector } from '../contract/spec.ts';

export interface Related {
  readonly collectors: readonly SpecCollector[];
  readonly analyzers: readonly SpecAnalyzer[];
  /** Warnings. */
  readonly problems: readonly Problem[];
}

/** What holds between items: each analyzer reads the collector of its own document; nobody shares a file unnoticed. */
export function relate(collectors: readonly SpecCollector[], analyzers: readonly SpecAnalyzer[]): Related {
  const paired = pairByDocument(collectors, analyzers);
  return { ...paired, problems: [...paired.problems, ...duplicates(paired.collectors), ...strays(paired)] };
}

/**
 * Merged documents may use one name for different things; most often they leave the default. The later document's
 * collector is then called `connect-2`, and its analyzers read that: so also in `spec.yaml`, for whoever judges again.
 */
function pairByDocument(collectors: readonly SpecCollector[], analyzers: readonly SpecAnalyzer[]): Related {
  const owners = new Map<string, SpecCollector>();
  const renamed = new Map<string, string>();
  const problems: Problem[] = [];
  const kept = collectors.map((item) => {
    const path = fileOf(item);
    if (path === undefined) return item;
    const owner = owners.get(path);
    if (owner === undefined || owner.source.document === item.source.document) {
      owners.set(path, owner ?? item);
      return item;
    }
    const key = `${item.source.document} ${path}`;
    const name = renamed.get(key) ?? freeName(item, owners);
    // Of a machine there is one such file, whatever its collectors are called.
    if (name === undefined) return item;
    const copy: SpecCollector = { ...item, name, raw: withName(item.type, item.raw, name) };
    if (!renamed.has(key)) {
      const message = `${item.type}: ${place(owner.source)} in another document has one ${called(item)} too; this one is called "${name}" here, and read by the analyzers of its document`;
      problems.push({ severity: 'warning', code: 'duplicate-name', message, ...told(item.source) });
    }
    renamed.set(key, name);
    owners.set(fileOf(copy) ?? path, copy);
    return copy;
  });
  const judging = analyzers.map((item) => {
    const path = item.analyzer?.reads && resultPath(item.analyzer.reads, item.collectorName).toLowerCase();
    const collectorName = path === undefined ? undefined : renamed.get(`${item.source.document} ${path}`);
    return collectorName === undefined
      ? item
      : { ...item, collectorName, raw: withName(item.type, item.raw, collectorName) };
  });
  return { collectors: kept, analyzers: judging, problems };
}

/** Undefined where no name leads to another file. */
function freeName({ name, collector }: SpecCollector, owners: ReadonlyMap<string, SpecCollector>): string | undefined {
  if (collector === undefined || collector.output('a') === collector.output('b')) return undefined;
  // Cut, so that the number at its end survives the limit of a path part.
  const base = pathPart(name === '' ? collector.defaultName : name, 200);
  for (let number = 2; ; number++) {
    const candidate = `${base}-${number}`;
    if (!owners.has(resultPath(collector, candidate).toLowerCase())) return candidate;
  }
}

function withName(type: string, raw: unknown, collectorName: string): unknown {
  const [, written] = Object.entries(raw as Record<string, unknown>)[0] ?? [];
  return { [type]: { ...(written as Record<string, unknown>), collectorName } };
}

/** Of one document: all are kept. The last has the plain path, as in the Go tool; those before it are numbered. */
function duplicates(collectors: readonly SpecCollector[]): readonly Problem[] {
  const last = new Map<string, SpecCollector>();
  for (const item of collectors) last.set(fileOf(item) ?? '', item);
  return collectors.flatMap((item) => {
    const path = fileOf(item);
    const other = path === undefined ? undefined : last.get(path);
    if (other === undefined || other === item) return [];
    const message = `${item.type}: another one ${called(item)} is at ${place(other.source)}; both are kept, but analyzers of that name read the other`;
    return [{ severity: 'warning' as const, code: 'duplicate-name', message, ...told(item.source) }];
  });
}

/** Analyzers that name a collector which this spec does not have. */
function strays({ collectors, analyzers }: Related): readonly Problem[] {
  if (collectors.length === 0) return [];
  const files = new Set(
    collectors.map(({ collector, name }) => collector && resultPath(collector, name).toLowerCase()),
  );
  return analyzers.flatMap(({ analyzer, collectorName, excluded, type, source }) => {
    const reads = analyzer?.reads;
    if (reads === undefined || excluded) return [];
    if (files.has(resultPath(reads, collectorName).toLowerCase())) return [];
    const known = collectors.filter((item) => item.type === reads.type && item.name !== '').map(({ name }) => name);
    const hint = known.length > 0 ? suggestion(collectorName, known.slice(0, 20)) : '';
    const which = collectorName === '' ? 'without a collectorName' : `named "${collectorName}"`;
    const message = `${type}: no ${reads.type} collector ${which} in this spec${hint}`;
    return [{ severity: 'warning' as const, code: 'no-such-collector', message, ...told(source) }];
  });
}

/** The file that a collector will write; letter case aside, because some disks do not tell it. */
function fileOf({ collector, name, excluded }: SpecCollector): string | undefined {
  return collector === undefined || excluded ? undefined : resultPath(collector, name).toLowerCase();
}

function called({ name }: SpecCollector): string {
  return name === '' ? 'without a collectorName' : `named "${name}"`;
}

function place({ file, line }: Source): string {
  return `${file}:${line}`;
}

function told({ file, line, column }: Source): Pick<Problem, 'file' | 'line' | 'column'> {
  return { file, line, column };
}
