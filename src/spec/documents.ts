import type { Adopted, SpecFormat } from '../contract/format.ts';
import { suggestion } from '../contract/nearest.ts';
import type { Problem } from '../contract/problem.ts';
import type { SkippedPart } from '../contract/spec.ts';
import { isRecord, type Path } from './item.ts';
import { nodeAt, position, type YamlDocument } from './yaml.ts';

/** A document and how to tell a place in it. */
export interface Placed {
  readonly value: unknown;
  readonly path: Path;
  readonly file: string;
  readonly document: YamlDocument;
  /** Line of the file for a line of the text that was parsed (they differ after templates). */
  readonly lineOf: (line: number) => number;
}

/** A list item of a spec, not yet looked at. */
export interface RawItem {
  readonly role: 'collector' | 'analyzer' | 'redactor';
  readonly value: unknown;
  readonly path: Path;
  readonly placed: Placed;
  /** Where a key path of `value` was written, when it came from another system; leads from `path`. */
  readonly locate?: Adopted['locate'];
}

export interface Contents {
  readonly name: string | undefined;
  readonly items: readonly RawItem[];
  readonly skipped: readonly SkippedPart[];
  readonly problems: readonly Problem[];
}

const versions = ['troubleshoot.sh/v1beta2', 'troubleshoot.sh/v1beta3', 'troubleshoot.replicated.com/v1beta1'];

interface Kind {
  readonly collectors?: readonly string[];
  readonly analyzers?: readonly string[];
  readonly redactors?: readonly string[];
  /** Keys of `spec` that are left alone, with the reason that the user is told. */
  readonly skips: Readonly<Record<string, string>>;
}

const cluster = 'it is meant for a Kubernetes cluster';
const uri = 'a newer spec is never fetched in place of the one that was reviewed';

/** Where each kind keeps what; the schemas of the kinds derive from this too. */
export const kinds: Readonly<Record<string, Kind>> = {
  SupportBundle: {
    collectors: ['hostCollectors'],
    analyzers: ['hostAnalyzers'],
    skips: {
      collectors: cluster,
      analyzers: cluster,
      runHostCollectorsInPod: cluster,
      afterCollection: 'nothing is ever uploaded',
      uri,
    },
  },
  HostPreflight: {
    collectors: ['collectors'],
    analyzers: ['analyzers'],
    skips: { remoteCollectors: cluster, uri },
  },
  HostCollector: { collectors: ['collectors'], analyzers: ['analyzers'], skips: { uri } },
  Analyzer: { analyzers: ['hostAnalyzers'], skips: { analyzers: cluster, uri } },
  Redactor: { redactors: ['redactors'], skips: { uri } },
};

const clusterKinds = ['Preflight', 'Collector', 'RemoteCollector'];
const embedded = ['support-bundle-spec', 'redactor-spec', 'preflight.yaml', 'preflight-spec'];

/** Whether a document is a box that carries others, and their texts. */
export function embeddedTexts(value: unknown): readonly { key: string; text: string }[] | undefined {
  if (!isRecord(value) || (value['kind'] !== 'ConfigMap' && value['kind'] !== 'Secret')) return undefined;
  const data = isRecord(value['data']) ? value['data'] : {};
  const plain = isRecord(value['stringData']) ? value['stringData'] : {};
  const texts: { key: string; text: string }[] = [];
  for (const key of embedded) {
    const encoded = data[key];
    if (typeof encoded === 'string') {
      texts.push({ key, text: value['kind'] === 'Secret' ? Buffer.from(encoded, 'base64').toString('utf8') : encoded });
    }
    if (typeof plain[key] === 'string') texts.push({ key, text: plain[key] });
  }
  return texts;
}

/** Whether a document is of some other system altogether, such as the rest of a Helm chart's output. */
export function isForeign(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { apiVersion, kind } = value;
  return (
    typeof apiVersion === 'string' &&
    !/troubleshoot/i.test(apiVersion) &&
    typeof kind === 'string' &&
    !Object.hasOwn(kinds, kind) &&
    !clusterKinds.includes(kind)
  );
}

/** The items of one document, and all that is wrong with its frame. */
export function readDocument(placed: Placed, formats: readonly SpecFormat[]): Contents {
  const items: RawItem[] = [];
  const skipped: SkippedPart[] = [];
  const problems: Problem[] = [];
  const problem = (severity: 'error' | 'warning', code: string, path: Path, message: string) =>
    problems.push({ severity, code, message, ...placeOf(placed, path, code === 'unknown-key') });
  const skip = (path: Path, reason: string) => {
    const { file, line } = placeOf(placed, path);
    skipped.push({ path: path.join('/'), reason, file, line });
  };
  const contents = (name?: string): Contents => ({ name, items, skipped, problems });

  const { value } = placed;
  const adopted = readForeign(placed, formats);
  if (adopted !== undefined) return adopted;
  if (!isRecord(value)) {
    const what = Array.isArray(value) ? 'a list' : 'plain text';
    problem(
      'error',
      'no-spec',
      [],
      `this is ${what}, not a spec; a spec begins with apiVersion: ${versions[0]} and a kind`,
    );
    return contents();
  }
  const { apiVersion, kind, metadata, spec } = value;
  if (typeof kind !== 'string' || kind === '') {
    problem('error', 'no-kind', [], `"kind" is missing; write one of ${Object.keys(kinds).join(', ')}`);
    return contents();
  }
  if (typeof apiVersion !== 'string' || !versions.includes(apiVersion)) {
    const found = apiVersion === undefined ? 'is missing' : `${JSON.stringify(apiVersion)} is not known`;
    problem('error', 'wrong-api-version', ['apiVersion'], `"apiVersion" ${found}; write ${versions[0]}`);
    return contents();
  }
  if (clusterKinds.includes(kind)) {
    skip(['kind'], `kind ${kind}: ${cluster}`);
    return contents();
  }
  const declared = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (declared === undefined) {
    problem('error', 'unknown-kind', ['kind'], `unknown kind "${kind}"${suggestion(kind, Object.keys(kinds))}`);
    return contents();
  }
  const name = isRecord(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : undefined;
  for (const key of Object.keys(value)) {
    if (['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(key)) continue;
    problem(
      'warning',
      'unknown-key',
      [key],
      `unknown key "${key}"${suggestion(key, ['apiVersion', 'kind', 'metadata', 'spec'])}`,
    );
  }
  if (!isRecord(spec)) {
    if (spec === undefined || spec === null)
      problem('warning', 'empty-spec', ['spec'], 'this document asks for nothing: its "spec" is empty');
    else problem('error', 'wrong-value', ['spec'], '"spec" must be a set of keys');
    return contents(name);
  }
  for (const [key, list] of Object.entries(spec)) {
    const role = (['collector', 'analyzer', 'redactor'] as const).find((one) => declared[`${one}s`]?.includes(key));
    if (role === undefined) {
      const reason = Object.hasOwn(declared.skips, key) ? declared.skips[key] : undefined;
      const { collectors = [], analyzers = [], redactors = [], skips } = declared;
      const known = [...collectors, ...analyzers, ...redactors, ...Object.keys(skips)];
      if (reason === undefined)
        problem('warning', 'unknown-key', ['spec', key], `unknown key "${key}"${suggestion(key, known)}`);
      else if (!isEmpty(list)) skip(['spec', key], `${key}: ${reason}`);
      continue;
    }
    if (list === null || list === undefined) continue;
    if (!Array.isArray(list)) {
      problem('error', 'wrong-value', ['spec', key], `"${key}" must be a list; begin each line with "- "`);
      continue;
    }
    list.forEach((item, index) => {
      items.push({ role, value: item, path: ['spec', key, index], placed });
    });
  }
  return contents(name);
}

/** A document of another system: one item, or a list of which at least one is known. Undefined when it is none. */
function readForeign(placed: Placed, formats: readonly SpecFormat[]): Contents | undefined {
  const { value } = placed;
  const list = Array.isArray(value) ? value.map((item, index) => ({ item, at: [index] })) : [{ item: value, at: [] }];
  const read = list.map(({ item, at }) => ({ at, found: isRecord(item) ? adopt(item, formats) : undefined }));
  if (!read.some(({ found }) => found !== undefined)) return undefined;

  const items: RawItem[] = [];
  const skipped: SkippedPart[] = [];
  const problems: Problem[] = [];
  for (const { at, found } of read) {
    if (found === undefined) {
      const hint = formats.map((format) => format.hint).join(', or ');
      const message = `this list item is no check that is known here; write ${hint}`;
      problems.push({ severity: 'error', code: 'unknown-item', message, ...placeOf(placed, at) });
    } else if ('skip' in found) {
      const { file, line } = placeOf(placed, at);
      skipped.push({ path: at.join('/'), reason: found.skip, file, line });
    } else {
      const { type, collector, analyzer, mistakes, locate } = found;
      for (const { severity, path, message } of mistakes) {
        const code = severity === 'error' ? 'wrong-value' : 'unknown-key';
        problems.push({ severity, code, message, ...placeOf(placed, [...at, ...path.split('/')], true) });
      }
      if (mistakes.some(({ severity }) => severity === 'error')) continue;
      items.push({ role: 'collector', value: { [type]: collector }, path: at, placed, locate });
      items.push({ role: 'analyzer', value: { [type]: analyzer }, path: at, placed, locate });
    }
  }
  return { name: undefined, items, skipped, problems };
}

function adopt(item: Readonly<Record<string, unknown>>, formats: readonly SpecFormat[]) {
  for (const format of formats) {
    const found = format.adopt(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where a path of a document stands, in the file that the user wrote. */
export function placeOf(
  placed: Placed,
  path: Path,
  atKey = false,
): { file: string; line: number; column: number; path: string } {
  const whole = [...placed.path, ...path];
  const node = nodeAt(placed.document.tree, whole);
  const isCollection = node?.entries !== undefined || node?.items !== undefined;
  const offset = isCollection || atKey ? (node?.keyOffset ?? node?.offset) : node?.offset;
  const { line, column } = position(placed.document, offset ?? 0);
  return { file: placed.file, line: placed.lineOf(line), column, path: whole.join('/') };
}

function isEmpty(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}
