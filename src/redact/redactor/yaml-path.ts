import { EVENT_ID, type Event, parseEvents, SCALAR_STYLE } from 'js-yaml';
import { mask } from '../span.ts';
import type { OnMasked } from './lines.ts';

/** A value of a YAML or JSON text, with the offsets of what is to be masked if it is. */
interface Node {
  readonly start: number;
  readonly end: number;
  readonly isBlock: boolean;
  readonly entries?: [key: string, value: Node][];
  readonly items?: Node[];
}

/**
 * Masks the values at a path such as `a.*.b`: `*` is every key or element, a number is an index too. Only those bytes change: other
 * documents, comments and the order of keys stay, JSON stays JSON. An alias is followed to what it stands for, and so is `<<`.
 * Throws what js-yaml does where the text is no YAML.
 */
export function maskYamlPath(text: string, path: string, rule: string, maxDepth: number, onMasked: OnMasked): string {
  const steps = path.split('.');
  const found = new Set<Node>();
  for (const root of documentsOf(text, parseEvents(text, { maxDepth }))) select(root, steps, 0, found);
  const leaves = [...new Set([...found].flatMap((node) => [...leavesOf(node, new Set())]))].sort(
    (a, b) => a.start - b.start,
  );
  let out = '';
  let end = 0;
  for (const leaf of leaves) {
    const value = text.slice(leaf.start, leaf.end);
    if (leaf.start < end || value === '' || value === mask || value === `"${mask}"`) continue;
    onMasked(rule, value, text.slice(0, leaf.start).split('\n').length);
    out += text.slice(end, leaf.start) + (leaf.isBlock ? maskedBlock(value) : `"${mask}"`);
    end = leaf.end;
  }
  return out + text.slice(end);
}

function maskedBlock(value: string): string {
  return value.replace(/[^\r\n]+/g, (line) => (line.trim() === '' ? line : `${/^ */.exec(line)?.[0] ?? ''}${mask}`));
}

function select(node: Node | undefined, steps: readonly string[], at: number, found: Set<Node>): void {
  if (node === undefined) return;
  const step = steps[at];
  if (step === undefined) {
    found.add(node);
    return;
  }
  for (const [index, item] of (node.items ?? []).entries())
    if (step === '*' || step === String(index)) select(item, steps, at + 1, found);
  for (const [key, value] of node.entries ?? []) {
    if (step === '*' || step === key) select(value, steps, at + 1, found);
    if (key === '<<') for (const merged of value.items ?? [value]) select(merged, steps, at, found);
  }
}

function* leavesOf(node: Node, seen: Set<Node>): Generator<Node> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.items === undefined && node.entries === undefined) yield node;
  for (const item of node.items ?? []) yield* leavesOf(item, seen);
  for (const [, value] of node.entries ?? []) yield* leavesOf(value, seen);
}

function documentsOf(text: string, events: readonly Event[]): readonly Node[] {
  const roots: Node[] = [];
  const open: { readonly node: Node; key: string | undefined }[] = [];
  let anchors = new Map<string, Node>();

  function place(node: Node): void {
    const parent = open.at(-1);
    if (parent === undefined) roots.push(node);
    else if (parent.node.items !== undefined) parent.node.items.push(node);
    else if (parent.key === undefined) parent.key = text.slice(node.start, node.end).replace(/^(["'])(.*)\1$/s, '$2');
    else {
      parent.node.entries?.push([parent.key, node]);
      parent.key = undefined;
    }
  }

  for (const event of events) {
    const name =
      'anchorStart' in event && event.anchorStart >= 0 ? text.slice(event.anchorStart, event.anchorEnd) : undefined;
    if (event.type === EVENT_ID.DOCUMENT) {
      anchors = new Map();
      open.push({ node: { start: 0, end: 0, isBlock: false, items: roots }, key: undefined });
    } else if (event.type === EVENT_ID.POP) {
      open.pop();
    } else if (event.type === EVENT_ID.ALIAS) {
      place(anchors.get(name ?? '') ?? { start: 0, end: 0, isBlock: false });
    } else {
      const node = nodeOf(event);
      if (name !== undefined) anchors.set(name, node);
      place(node);
      if (node.items !== undefined || node.entries !== undefined) open.push({ node, key: undefined });
    }
  }
  return roots;
}

function nodeOf(event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT }>): Node {
  if (event.type === EVENT_ID.MAPPING) return { start: 0, end: 0, isBlock: false, entries: [] };
  if (event.type === EVENT_ID.SEQUENCE) return { start: 0, end: 0, isBlock: false, items: [] };
  if (event.type !== EVENT_ID.SCALAR || event.valueStart < 0) return { start: 0, end: 0, isBlock: false };
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  // The parser's offsets leave the quotes out.
  const around = isQuoted ? 1 : 0;
  return { start: event.valueStart - around, end: event.valueEnd + around, isBlock };
}
