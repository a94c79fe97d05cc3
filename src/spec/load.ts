import type { Limits } from '../contract/limits.ts';
import { suggestion } from '../contract/nearest.ts';
import type { Problem } from '../contract/problem.ts';
import type { Checks, SkippedPart, Spec, SpecAnalyzer, SpecCollector, SpecRedactor } from '../contract/spec.ts';
import type { TemplateData } from '../go/template/value.ts';
import { embeddedTexts, isForeign, type Placed, placeOf, type RawItem, readDocument } from './documents.ts';
import { type ItemMistake, isRecord, type Path } from './item.ts';
import { readAnalyzer, readCollector } from './items.ts';
import { readRedactor } from './redactor.ts';
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
  /** What there must be one of at least; absent: checks. */
  readonly wants?: 'checks' | 'redactors';
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
  readonly #redactors: SpecRedactor[] = [];
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
    const { name, items, skipped, problems } = readDocument(placed, this.#options.checks.formats);
    this.#name ??= name;
    this.#skipped.push(...skipped);
    this.#problems.push(...problems);
    for (const item of items) this.#item(item);
  }

  #item(item: RawItem): void {
    const { role, value, placed } = item;
    if (this.#collectors.length + this.#analyzers.length + this.#redactors.length >= this.#options.limits.specItems) {
      if (this.#problems.at(-1)?.code !== 'too-many-items') {
        const message = `more than the ${this.#options.limits.specItems} collectors and analyzers that a spec may have`;
        this.#report(item, { severity: 'error', code: 'too-many-items', path: [], message });
      }
      return;
    }
    if (role === 'redactor') {
      this.#redactor(item);
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
      const { file, line, column } = placeOf(placed, writtenAt(item, [type]));
      const written = (value as Record<string, unknown>)[type];
      const named = { type, source: { file, line, column, document: this.#documents } };
      if (!known.includes(type)) {
        const message = `unknown ${role} type "${type}"${suggestion(type, known)}`;
        this.#report(item, { severity: 'warning', code: 'unknown-type', path: [type], message });
      }
      const isPlain = (below: Path) =>
        nodeAt(placed.document.tree, [...placed.path, ...writtenAt(item, [type, ...below])])?.plain === true;
      if (role === 'collector') {
        const read = readCollector(named, written, this.#options.checks.collectors, isPlain);
        this.#collectors.push(read.item);
        this.#reportIn(item, type, read.mistakes);
      } else {
        const read = readAnalyzer(named, written, this.#options.checks.analyzers, isPlain);
        this.#analyzers.push(read.item);
        this.#reportIn(item, type, read.mistakes);
      }
    }
  }

  #redactor(item: RawItem): void {
    const { value, path, placed } = item;
    const isPlain = (below: Path) => nodeAt(placed.document.tree, [...placed.path, ...path, ...below])?.plain === true;
    const { redactor, mistakes } = readRedactor(value, this.#redactors.length, isPlain);
    if (redactor !== undefined) this.#redactors.push(redactor);
    for (const mistake of mistakes) this.#report(item, { ...mistake, message: `redactor: ${mistake.message}` });
  }

  #report(item: RawItem, { severity, code, path, message }: ItemMistake): void {
    this.#problems.push({
      severity,
      code,
      message,
      ...placeOf(item.placed, writtenAt(item, path), code === 'unknown-key'),
    });
  }

  /** The same, for what lies inside an item of this type. */
  #reportIn(item: RawItem, type: string, mistakes: readonly ItemMistake[]): void {
    for (const mistake of mistakes) {
      this.#report(item, { ...mistake, path: [type, ...mistake.path], message: `${type}: ${mistake.message}` });
    }
  }

  result(): Loaded {
    const wants = this.#options.wants ?? 'checks';
    const wanted = wants === 'checks' ? this.#collectors.length + this.#analyzers.length : this.#redactors.length;
    const hasItems = wanted > 0;
    const hasErrors = this.#errors() > 0;
    if (!hasItems && !hasErrors) {
      const first = this.#skipped[0] ?? this.#foreign[0];
      const because = this.#skipped[0] !== undefined ? ` (${this.#skipped[0].reason})` : '';
      this.#problems.push({
        severity: 'error',
        code: 'nothing-to-do',
        message:
          wants === 'checks'
            ? `there is no host collector and no host analyzer here${because}`
            : 'there is no redactor here; write kind: Redactor with spec.redactors',
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
      redactors: this.#redactors,
      skipped: this.#skipped,
      problems,
    };
    return { spec: failed ? undefined : spec, problems, documents: this.#documents, broken: this.#broken };
  }
}

/** From the document: where a key path of an item stands as its author wrote it. */
function writtenAt({ path, locate }: RawItem, below: Path): Path {
  if (locate === undefined || below.length === 0) return [...path, ...below];
  // Its type is a word of ours: nobody wrote it.
  return [...path, ...locate(below.slice(1))];
}
