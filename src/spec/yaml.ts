import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  mergeTag,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from 'js-yaml';
import type { Limits } from '../contract/limits.ts';

/** Where a value was written, and everything below it. Offsets count from the start of the document. */
export interface Located {
  readonly offset: number;
  /** Where its key begins; absent for what is no value of a mapping. */
  readonly keyOffset?: number | undefined;
  /** A scalar without quotes: the only form in which YAML 1.1 reads `yes` as a boolean. */
  readonly plain: boolean;
  readonly entries?: ReadonlyMap<string, Located>;
  readonly items?: readonly Located[];
}

export interface YamlDocument {
  readonly value: unknown;
  readonly tree: Located | undefined;
  /** Offset at which each line of the document begins. */
  readonly lineStarts: readonly number[];
  /** Lines of the file before this document. */
  readonly linesBefore: number;
}

export interface YamlFault {
  readonly reason: string;
  readonly line: number;
  readonly column: number;
}

export type YamlPart = YamlDocument | { readonly fault: YamlFault };

/** With aliases written out. A spec of 10,000 collectors has about 60,000. */
const maxNodes = 1_000_000;

const schema = CORE_SCHEMA.withTags(mergeTag);

/**
 * The documents of a stream, each on its own, so that a broken one does not hide the others. A line that begins with
 * `---` at column 0 always separates documents, also inside a block scalar (YAML 1.2, section 9.1.2). Comment-only
 * documents are left out.
 */
export function parseYaml(text: string, limits: Limits): readonly YamlPart[] {
  const parts: YamlPart[] = [];
  for (const { source, linesBefore } of splitDocuments(text)) {
    try {
      const events = parseEvents(source, { maxDepth: limits.depth });
      const values = constructFromEvents(events, {
        source,
        schema,
        maxAliases: limits.yamlAliases,
        maxTotalMergeKeys: limits.yamlMergeKeys,
      });
      const tree = locate(source, events);
      if (values.length === 0 || values[0] === null) continue;
      if (expandedNodes(values[0], new Map()) > maxNodes) {
        parts.push({
          fault: { reason: 'its aliases multiply into too many values', line: linesBefore + 1, column: 1 },
        });
        continue;
      }
      parts.push({ value: values[0], tree, lineStarts: lineStarts(source), linesBefore });
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      parts.push({
        fault: {
          reason: error.reason,
          line: linesBefore + (error.mark?.line ?? 0) + 1,
          column: (error.mark?.column ?? 0) + 1,
        },
      });
    }
  }
  return parts;
}

/** Line and column, from 1, of an offset of this document, in its file. */
export function position(document: YamlDocument, offset: number): { line: number; column: number } {
  const { lineStarts } = document;
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: document.linesBefore + low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}

/** The node at a path, or the nearest one above it that is known. */
export function nodeAt(tree: Located | undefined, path: readonly (string | number)[]): Located | undefined {
  let node = tree;
  for (const step of path) {
    const next = typeof step === 'number' ? node?.items?.[step] : node?.entries?.get(step);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function splitDocuments(text: string): readonly { source: string; linesBefore: number }[] {
  const documents: { source: string; linesBefore: number }[] = [];
  let start = 0;
  let linesBefore = 0;
  for (const match of text.matchAll(/(?:^|\r\n|\n|\r)(?=---(?:[ \t\r\n]|$))/g)) {
    const end = match.index + match[0].length;
    if (end === 0) continue;
    const source = text.slice(start, end);
    documents.push({ source, linesBefore });
    linesBefore += lineStarts(source).length - 1;
    start = end;
  }
  documents.push({ source: text.slice(start), linesBefore });
  return documents;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1);
  }
  return starts;
}

/** How many values a walk over the tree meets, each alias counted as what it stands for; infinite for a cycle. */
function expandedNodes(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const counted = known.get(value);
  if (counted !== undefined) return counted;
  known.set(value, Number.POSITIVE_INFINITY);
  let nodes = 1;
  for (const child of Object.values(value)) nodes += expandedNodes(child, known);
  known.set(value, nodes);
  return nodes;
}

interface Open {
  readonly node: Located;
  key: { readonly text: string; readonly offset: number } | undefined;
}

function locate(source: string, events: readonly Event[]): Located | undefined {
  const open: Open[] = [];
  let root: Located | undefined;

  function place(node: Located, keyText: string | undefined): void {
    const parent = open.at(-1);
    if (parent === undefined) {
      root ??= node;
    } else if (parent.node.items !== undefined) {
      (parent.node.items as Located[]).push(node);
    } else if (parent.key === undefined) {
      parent.key = { text: keyText ?? '', offset: node.offset };
    } else {
      (parent.node.entries as Map<string, Located>).set(parent.key.text, { ...node, keyOffset: parent.key.offset });
      parent.key = undefined;
    }
  }

  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR) {
      const plain = event.style === SCALAR_STYLE.PLAIN;
      const offset = event.valueStart >= 0 ? event.valueStart : event.tagStart;
      const text = event.valueStart >= 0 ? source.slice(event.valueStart, event.valueEnd) : '';
      place({ offset: Math.max(offset, 0), plain }, text);
    } else if (event.type === EVENT_ID.ALIAS) {
      place({ offset: event.anchorStart, plain: false }, '*');
    } else if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      const node: Located =
        event.type === EVENT_ID.MAPPING
          ? { offset: event.start, plain: false, entries: new Map() }
          : { offset: event.start, plain: false, items: [] };
      place(node, '?');
      open.push({ node, key: undefined });
    } else if (event.type === EVENT_ID.POP) {
      open.pop();
    }
  }
  return root;
}
