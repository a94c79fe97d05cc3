import type { Analyzer } from '../contract/analyzer.ts';
import { analyzerMeta, WhenError } from '../contract/analyzer.ts';
import { collectorMeta } from '../contract/collector.ts';
import type { Limits } from '../contract/limits.ts';
import { suggestion } from '../contract/nearest.ts';
import type { Problem } from '../contract/problem.ts';
import type { ObjectSchema } from '../contract/schema.ts';
import type {
  Checks,
  Severity,
  SkippedPart,
  Spec,
  SpecAnalyzer,
  SpecCollector,
  SpecOutcome,
} from '../contract/spec.ts';
import type { TemplateData } from '../go/template/value.ts';
import { embeddedTexts, isForeign, type Placed, placeOf, type RawItem, readDocument } from './documents.ts';
import { type ItemMistake, isRecord, type Path, validateItem } from './item.ts';
import { relate } from './relations.ts';
import type { SourceText } from './sources.ts';
import { renderSpec } from './template.ts';
import { nodeAt, parseYaml } from './yaml.ts';

export interface LoadOptions {
  readonly checks: Checks;
  readonly limits: Limits;
  /** What `{{kurl … }}` templates see. */
  readonly template: TemplateData;
  /** Warnings are errors. */
  readonly strict: boolean;
}

export interface Loaded {
  /** Absent when there is an error: nothing may be run. */
  readonly spec: Spec | undefined;
  readonly problems: readonly Problem[];
  readonly documents: number;
  /** How many of them have an error. */
  readonly broken: number;
}

/** Reads, renders, parses, validates and merges the texts of a spec; reports every mistake with its place. */
export function loadSpec(sources: readonly SourceText[], options: LoadOptions): Loaded {
  const reading = new Reading(options);
  for (const source of sources) reading.text(source.file, source.text, []);
  return reading.result();
}

/** What has been read so far. A class only to keep the growing lists in one place. */
class Reading {
  readonly #options: LoadOptions;
  readonly #problems: Problem[] = [];
  readonly #collectors: SpecCollector[] = [];
  readonly #analyzers: SpecAnalyzer[] = [];
  readonly #skipped: SkippedPart[] = [];
  readonly #foreign: Problem[] = [];
  #name: string | undefined;
  #documents = 0;
  #broken = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  text(file: string, text: string, within: readonly string[]): void {
    const label = [file, ...within].join(' > ');
    const rendered = renderSpec(text, label, this.#options);
    if ('problem' in rendered) {
      this.#problems.push(rendered.problem);
      return;
    }
    const parts = parseYaml(rendered.text, this.#options.limits);
    if (parts.length === 0) {
      this.#problems.push({
        severity: 'error',
        code: 'empty-file',
        file: label,
        message: 'this file is empty; a spec begins with apiVersion: troubleshoot.sh/v1beta2 and a kind',
      });
    }
    for (const part of parts) {
      const before = this.#errors();
      if ('fault' in part) {
        const { reason, line, column } = part.fault;
        const message = `this is not YAML: ${reason}`;
        const place = { file: label, line: rendered.lineOf(line), column };
        this.#problems.push({ severity: 'error', code: 'not-yaml', message, ...place });
      } else {
        const { value } = part;
        this.#document({ value, path: [], file: label, document: part, lineOf: rendered.lineOf }, file, within);
      }
      this.#documents++;
      if (this.#errors() > before) this.#broken++;
    }
  }

  #errors(): number {
    return this.#problems.filter(({ severity }) => severity === 'error').length;
  }

  #document(placed: Placed, file: string, within: readonly string[]): void {
    const { value } = placed;
    if (isRecord(value) && value['kind'] === 'List' && Array.isArray(value['items'])) {
      value['items'].forEach((item, index) => {
        this.#document({ ...placed, value: item, path: [...placed.path, 'items', index] }, file, within);
      });
      return;
    }
    const texts = embeddedTexts(value);
    if (texts !== undefined && texts.length > 0 && within.length < 3) {
      for (const { key, text } of texts) this.text(file, text, [...within, key]);
      return;
    }
    if (isForeign(value)) {
      const kind = String((value as Record<string, unknown>)['kind']);
      const message = `kind ${kind} is no spec; left alone`;
      this.#foreign.push({ severity: 'warning', code: 'foreign-document', message, ...placeOf(placed, ['kind']) });
      return;
    }
    const { name, items, skipped, problems } = readDocument(placed);
    this.#name ??= name;
    this.#skipped.push(...skipped);
    this.#problems.push(...problems);
    for (const item of items) this.#item(item);
  }

  #item(item: RawItem): void {
    const { role, value, placed, path } = item;
    if (this.#collectors.length + this.#analyzers.length >= this.#options.limits.specItems) {
      if (this.#problems.at(-1)?.code !== 'too-many-items') {
        const message = `more than the ${this.#options.limits.specItems} collectors and analyzers that a spec may have`;
        this.#report(item, { severity: 'error', code: 'too-many-items', path: [], message });
      }
      return;
    }
    const known = (role === 'collector' ? this.#options.checks.collectors : this.#options.checks.analyzers).map(
      ({ type }) => type,
    );
    const types = isRecord(value) ? Object.keys(value) : [];
    if (types.length === 0) {
      const message = `each ${role} is one key, its type; known: ${known.join(', ')}`;
      this.#report(item, { severity: 'error', code: 'no-type', path: [], message });
      return;
    }
    if (types.length > 1) {
      const message = `${types.length} types in one list item (${types.join(', ')}); begin each with "- "`;
      this.#report(item, { severity: 'warning', code: 'several-types', path: [], message });
    }
    for (const type of types) {
      const { file, line, column } = placeOf(placed, [...path, type]);
      const written = (value as Record<string, unknown>)[type];
      const common = { type, source: { file, line, column, document: this.#documents } };
      if (!known.includes(type)) {
        const message = `unknown ${role} type "${type}"${suggestion(type, known)}`;
        this.#report(item, { severity: 'warning', code: 'unknown-type', path: [type], message });
      }
      if (role === 'collector') {
        this.#collectors.push({ ...common, ...this.#collector(item, type, written) });
      } else {
        this.#analyzers.push({ ...common, ...this.#analyzer(item, type, written) });
      }
    }
  }

  #collector(item: RawItem, type: string, written: unknown): Omit<SpecCollector, 'type' | 'source'> {
    const collector = this.#options.checks.collectors.find((candidate) => candidate.type === type);
    const schema = collectorSchema(collector?.params ?? noCollector);
    const { value, excluded } = this.#validated(item, type, written, schema, collector !== undefined);
    const { collectorName, exclude: _, ...params } = value;
    if (collector?.check !== undefined && !excluded && !this.#hasError(item, type)) {
      for (const { path, message } of collector.check(params as never)) {
        const at = path.split('/');
        this.#reportIn(item, {
          severity: 'error',
          code: 'wrong-value',
          path: [type, ...at],
          message: `"${at.at(-1)}" ${message}`,
        });
      }
    }
    return { collector, name: textOr(collectorName, ''), excluded, params, raw: { [type]: settled(written, value) } };
  }

  #analyzer(item: RawItem, type: string, written: unknown): Omit<SpecAnalyzer, 'type' | 'source'> {
    const analyzer = this.#options.checks.analyzers.find((candidate) => candidate.type === type);
    const schema = analyzerSchema(analyzer?.params ?? noAnalyzer);
    const { value, excluded } = this.#validated(item, type, written, schema, analyzer !== undefined);
    const meta = value;
    return {
      analyzer,
      title: textOr(meta.checkName, '') || (analyzer?.title ?? type),
      collectorName: textOr(meta.collectorName, ''),
      excluded,
      strict: meta.strict === true,
      raw: { [type]: settled(written, value) },
      annotations: isRecord(meta.annotations) ? (meta.annotations as Record<string, string>) : {},
      outcomes: Array.isArray(meta.outcomes) ? this.#outcomes(item, type, meta.outcomes, analyzer, value) : [],
    };
  }

  #outcomes(
    item: RawItem,
    type: string,
    written: readonly unknown[],
    analyzer: Analyzer | undefined,
    params: unknown,
  ): readonly SpecOutcome[] {
    const outcomes: SpecOutcome[] = [];
    let unconditional = false;
    written.forEach((entry, index) => {
      const path = [type, 'outcomes', index];
      const severities = isRecord(entry)
        ? (['fail', 'warn', 'pass'] as const).filter((key) => isRecord(entry[key]))
        : [];
      const [severity] = severities;
      if (severity === undefined) {
        const message = 'this outcome has none of fail, warn, pass, so it never says anything';
        this.#reportIn(item, { severity: 'warning', code: 'empty-outcome', path, message });
        return;
      }
      if (severities.length > 1) {
        const message = `only ${severity} counts of an outcome with ${severities.join(' and ')}; begin each with "- "`;
        this.#reportIn(item, { severity: 'warning', code: 'several-outcomes', path, message });
      }
      if (unconditional) {
        const message = 'this outcome is never reached: one above it has no "when" and always matches';
        this.#reportIn(item, { severity: 'warning', code: 'unreachable-outcome', path: [...path, severity], message });
      }
      const outcome = this.#outcome(
        item,
        [...path, severity],
        severity,
        (entry as Record<string, unknown>)[severity],
        analyzer,
        params,
      );
      unconditional ||= outcome.when === '';
      outcomes.push(outcome);
    });
    return outcomes;
  }

  #outcome(
    item: RawItem,
    path: Path,
    severity: Severity,
    written: unknown,
    analyzer: Analyzer | undefined,
    params: unknown,
  ): SpecOutcome {
    const { when, message, uri } = written as { when?: unknown; message?: unknown; uri?: unknown };
    const common = { severity, when: textOr(when, ''), message: textOr(message, ''), uri: textOr(uri, '') };
    if (common.uri !== '' && !/^https?:\/\//i.test(common.uri)) {
      const text = `"uri" must begin with http:// or https://; it is not shown`;
      this.#reportIn(item, { severity: 'warning', code: 'wrong-uri', path: [...path, 'uri'], message: text });
    }
    if (common.when === '') return { ...common, matches: () => true, neverTrue: undefined };
    if (analyzer === undefined) return { ...common, matches: () => false, neverTrue: undefined };
    try {
      return { ...common, matches: analyzer.condition(common.when, params as never) as never, neverTrue: undefined };
    } catch (error) {
      if (!(error instanceof WhenError)) throw error;
      const text = `this "when" can never be true: ${error.message}`;
      this.#reportIn(item, { severity: 'warning', code: 'never-true', path: [...path, 'when'], message: text });
      return { ...common, matches: () => false, neverTrue: error.message };
    }
  }

  /** Validates an item. One that is excluded is never used, so its values may be anything (an address left empty, say). */
  #validated(item: RawItem, type: string, written: unknown, schema: ObjectSchema, isKnown: boolean) {
    const { placed, path } = item;
    const tree = placed.document.tree;
    const base = [...placed.path, ...path, type];
    const isPlain = (below: Path) => nodeAt(tree, [...base, ...below])?.plain === true;
    const { value, mistakes } = validateItem(written ?? {}, schema, isPlain);
    const excludeIsWrong = mistakes.some((mistake) => mistake.path[0] === 'exclude');
    const excluded = value['exclude'] === true;
    for (const mistake of mistakes) {
      if (excluded && mistake.severity === 'error' && !excludeIsWrong) continue;
      if (!isKnown && mistake.path[0] !== 'exclude') continue;
      this.#reportIn(item, { ...mistake, path: [type, ...mistake.path] });
    }
    return { value, excluded };
  }

  #report(item: RawItem, { severity, code, path, message }: ItemMistake): void {
    this.#problems.push({
      severity,
      code,
      message,
      ...placeOf(item.placed, [...item.path, ...path], code === 'unknown-key'),
    });
  }

  /** The same, for what lies inside an item: its message begins with the type. */
  #reportIn(item: RawItem, mistake: ItemMistake): void {
    this.#report(item, { ...mistake, message: `${mistake.path[0]}: ${mistake.message}` });
  }

  #hasError(item: RawItem, type: string): boolean {
    const prefix = [...item.placed.path, ...item.path, type].join('/');
    return this.#problems.some(
      ({ severity, path, file }) => severity === 'error' && file === item.placed.file && path?.startsWith(prefix),
    );
  }

  result(): Loaded {
    const hasItems = this.#collectors.length + this.#analyzers.length > 0;
    const hasErrors = this.#errors() > 0;
    if (!hasItems && !hasErrors) {
      const first = this.#skipped[0] ?? this.#foreign[0];
      const because = this.#skipped[0] !== undefined ? ` (${this.#skipped[0].reason})` : '';
      this.#problems.push({
        severity: 'error',
        code: 'nothing-to-do',
        message: `there is no host collector and no host analyzer here${because}`,
        file: first?.file,
      });
    }
    // What does not fit together is only worth telling where each part is right by itself.
    const { collectors, analyzers, problems: misfits } = relate(this.#collectors, this.#analyzers);
    const all = [...this.#problems, ...this.#foreign, ...(hasErrors ? [] : misfits)];
    const problems = all.map((problem) =>
      this.#options.strict ? { ...problem, severity: 'error' as const } : problem,
    );
    const failed = problems.some(({ severity }) => severity === 'error');
    const spec: Spec = {
      name: this.#name ?? 'hostbundle',
      collectors,
      analyzers,
      skipped: this.#skipped,
      problems,
    };
    return { spec: failed ? undefined : spec, problems, documents: this.#documents, broken: this.#broken };
  }
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
