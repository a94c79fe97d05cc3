/** JSON and text from outside: RFC 8259 as `JSON.parse` reads it, less what overflows stacks, hides or pollutes. */

export interface HostileJsonOptions {
  /** How many arrays and objects may stand inside each other. */
  readonly maxDepth: number;
  /** Refuse a key that stands twice in one object: another reader may take the first. */
  readonly refuseDuplicates?: boolean;
}

/** The value, or an Error whose message says what is wrong and in which line. */
export function parseHostileJson(text: string, options: HostileJsonOptions): unknown {
  refuseHostile(text, options);
  return JSON.parse(text);
}

/** UTF-8 with replacement characters for what is none, without its byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const prototypeKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

interface Container {
  readonly isObject: boolean;
  readonly keys: Set<string> | undefined;
  expectsKey: boolean;
}

/** One pass that assumes nothing of the text: JSON.parse says afterwards whether it is JSON at all. */
function refuseHostile(text: string, { maxDepth, refuseDuplicates = false }: HostileJsonOptions): void {
  const open: Container[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const top = open.at(-1);
      if (top?.isObject && top.expectsKey) refuseKey(text, at, end, top.keys);
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length === maxDepth) throw new Error(`nested deeper than ${maxDepth} levels in line ${line(text, at)}`);
      const isObject = character === '{';
      open.push({ isObject, keys: isObject && refuseDuplicates ? new Set() : undefined, expectsKey: true });
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',' || character === ':') {
      const top = open.at(-1);
      if (top) top.expectsKey = character === ',';
    }
  }
}

/** Position of the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function refuseKey(text: string, start: number, end: number, keys: Set<string> | undefined): void {
  const key = keyAt(text, start, end);
  if (prototypeKeys.has(key)) throw new Error(`the key "${key}" in line ${line(text, start)} is not allowed`);
  if (keys?.has(key)) {
    throw new Error(`the key ${JSON.stringify(key.slice(0, 100))} stands twice, again in line ${line(text, start)}`);
  }
  keys?.add(key);
}

function keyAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  if (!raw.includes('\\')) return raw;
  const key: unknown = JSON.parse(text.slice(start, end + 1));
  return String(key);
}

function line(text: string, at: number): number {
  let lines = 1;
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) lines++;
  return lines;
}
