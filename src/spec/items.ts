import type { Analyzer } from '../contract/analyzer.ts';
import { analyzerMeta, WhenError } from '../contract/analyzer.ts';
import { type Collector, collectorMeta, type Prepared } from '../contract/collector.ts';
import type { ObjectSchema } from '../contract/schema.ts';
import type { Severity, SpecAnalyzer, SpecCollector, SpecOutcome } from '../contract/spec.ts';
import { type ItemMistake, isRecord, type Path, validateItem } from './item.ts';

/** What an item comes to, and its mistakes with paths from the item's own keys. */
export interface Read<T> {
  readonly item: T;
  readonly mistakes: readonly ItemMistake[];
}

type IsPlain = (path: Path) => boolean;

/** What is known of an item before it is read. */
export type Named = Pick<SpecCollector, 'type' | 'source'>;

export function readCollector(
  { type, source }: Named,
  written: unknown,
  known: readonly Collector[],
  isPlain: IsPlain,
): Read<SpecCollector> {
  const collector = known.find((candidate) => candidate.type === type);
  const schema = collectorSchema(collector?.params ?? noCollector);
  const { value, excluded, mistakes } = validated(written, schema, isPlain, collector !== undefined);
  const { collectorName, exclude: _, ...params } = value;
  const isUsable = !excluded && !mistakes.some(({ severity }) => severity === 'error');
  const prepared = (isUsable ? collector?.prepare?.(params as never) : undefined) ?? { params };
  return {
    item: {
      type,
      source,
      collector,
      name: textOr(collectorName, ''),
      excluded,
      params: 'params' in prepared ? prepared.params : undefined,
      raw: { [type]: settled(written, value) },
    },
    mistakes: [...mistakes, ...unfit(prepared)],
  };
}

/** What `prepare` found, as mistakes of the item. */
function unfit(prepared: Prepared<unknown>): readonly ItemMistake[] {
  const isUsable = 'params' in prepared;
  const severity = isUsable ? 'warning' : 'error';
  const code = isUsable ? 'doubtful-value' : 'wrong-value';
  return (isUsable ? (prepared.doubts ?? []) : prepared.mistakes).map(({ path, message }) => {
    if (path === '') return { severity, code, path: [], message };
    const at = path.split('/').map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const name = at.findLast((key) => typeof key === 'string');
    return { severity, code, path: at, message: `"${name}" ${message}` };
  });
}

export function readAnalyzer(
  { type, source }: Named,
  written: unknown,
  known: readonly Analyzer[],
  isPlain: IsPlain,
): Read<SpecAnalyzer> {
  const analyzer = known.find((candidate) => candidate.type === type);
  const schema = analyzerSchema(analyzer?.params ?? noAnalyzer);
  const { value, excluded, mistakes } = validated(written, schema, isPlain, analyzer !== undefined);
  const { checkName, collectorName, strict, annotations, outcomes, exclude: _, ...params } = value;
  const isUsable = !excluded && !mistakes.some(({ severity }) => severity === 'error');
  const prepared = (isUsable ? analyzer?.prepare?.(params as never) : undefined) ?? { params };
  const read = readOutcomes(Array.isArray(outcomes) ? outcomes : [], analyzer, value);
  return {
    item: {
      type,
      source,
      analyzer,
      title: textOr(checkName, '') || (analyzer?.title ?? type),
      collectorName: textOr(collectorName, ''),
      excluded,
      strict: strict === true,
      annotations: isRecord(annotations) ? (annotations as Record<string, string>) : {},
      params: 'params' in prepared ? prepared.params : undefined,
      outcomes: read.outcomes,
      raw: { [type]: settled(written, value) },
    },
    mistakes: [...mistakes, ...unfit(prepared), ...read.mistakes],
  };
}

interface Outcomes {
  readonly outcomes: readonly SpecOutcome[];
  readonly mistakes: readonly ItemMistake[];
}

function readOutcomes(written: readonly unknown[], analyzer: Analyzer | undefined, params: unknown): Outcomes {
  const outcomes: SpecOutcome[] = [];
  const mistakes: ItemMistake[] = [];
  const warn = (code: string, path: Path, message: string) =>
    mistakes.push({ severity: 'warning', code, path: ['outcomes', ...path], message });

  written.forEach((entry, index) => {
    const severities = isRecord(entry) ? (['fail', 'warn', 'pass'] as const).filter((key) => isRecord(entry[key])) : [];
    const [severity] = severities;
    if (severity === undefined) {
      warn('empty-outcome', [index], 'this outcome has none of fail, warn, pass, so it never says anything');
      return;
    }
    const path = [index, severity];
    if (severities.length > 1) {
      const both = severities.join(' and ');
      warn('several-outcomes', [index], `only ${severity} counts of an outcome with ${both}; begin each with "- "`);
    }
    if (analyzer?.rule === undefined && outcomes.some(({ when }) => when === '')) {
      const message = 'this outcome is never reached: one above it has no "when" and always matches';
      warn('unreachable-outcome', path, message);
    }
    const outcome = readOutcome(severity, (entry as Record<string, unknown>)[severity], analyzer, params);
    if (outcome.uri !== '' && !/^https?:\/\//i.test(outcome.uri)) {
      warn('wrong-uri', [...path, 'uri'], '"uri" must begin with http:// or https://; it is not shown');
    }
    if (outcome.neverTrue !== undefined) {
      warn('never-true', [...path, 'when'], `this "when" can never be true: ${outcome.neverTrue}`);
    }
    outcomes.push(outcome);
  });
  return { outcomes, mistakes };
}

function readOutcome(
  severity: Severity,
  written: unknown,
  analyzer: Analyzer | undefined,
  params: unknown,
): SpecOutcome {
  const { when, message, uri } = written as { when?: unknown; message?: unknown; uri?: unknown };
  const common = { severity, when: textOr(when, ''), message: textOr(message, ''), uri: textOr(uri, '') };
  if (common.when === '') return { ...common, matches: () => true, neverTrue: undefined };
  if (analyzer === undefined) return { ...common, matches: () => false, neverTrue: undefined };
  try {
    return { ...common, matches: analyzer.condition(common.when, params as never) as never, neverTrue: undefined };
  } catch (error) {
    if (!(error instanceof WhenError)) throw error;
    return { ...common, matches: () => false, neverTrue: error.message };
  }
}

/** Validates an item. One that is excluded is never used, so its values may be anything (an address left empty, say). */
function validated(written: unknown, schema: ObjectSchema, isPlain: IsPlain, isKnown: boolean) {
  const { value, mistakes } = validateItem(written ?? {}, schema, isPlain);
  const excluded = value['exclude'] === true;
  const excludeIsWrong = mistakes.some(({ path }) => path[0] === 'exclude');
  const told = mistakes.filter(({ severity, path }) => {
    if (excluded && severity === 'error' && !excludeIsWrong) return false;
    return isKnown || path[0] === 'exclude';
  });
  return { value, excluded, mistakes: told };
}

const wholeSchemas = new WeakMap<ObjectSchema, ObjectSchema>();

/** All that an item of this type may hold. One object per declaration, so that it is compiled once. */
export function collectorSchema(params: ObjectSchema): ObjectSchema {
  return wholeSchema(params, collectorMeta);
}

export function analyzerSchema(params: ObjectSchema): ObjectSchema {
  return wholeSchema(params, analyzerMeta);
}

function wholeSchema(params: ObjectSchema, meta: ObjectSchema['properties']): ObjectSchema {
  const known = wholeSchemas.get(params);
  if (known !== undefined) return known;
  const schema: ObjectSchema = { ...params, properties: { ...meta, ...params.properties } };
  wholeSchemas.set(params, schema);
  return schema;
}

/** For types that we do not have: nothing of their own is known. */
const noCollector: ObjectSchema = { type: 'object', description: 'Parameters of an unknown collector', properties: {} };
const noAnalyzer: ObjectSchema = { type: 'object', description: 'Parameters of an unknown analyzer', properties: {} };

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

/** As written, but with the switches as plain booleans: `yes` and "1" are not read alike by every YAML reader. */
function settled(written: unknown, value: Readonly<Record<string, unknown>>): unknown {
  if (!isRecord(written)) return written;
  const copy = { ...written };
  for (const key of ['exclude', 'strict']) {
    if (typeof copy[key] === 'string' && typeof value[key] === 'boolean') copy[key] = value[key];
  }
  return copy;
}
