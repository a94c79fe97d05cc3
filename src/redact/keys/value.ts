import type { Found } from '../rule.ts';
import { isNoSecret } from './words.ts';

/** The value of a secret key, in whatever syntax: what of it is to be masked. Offsets are those of the text. */
export interface Place {
  readonly text: string;
  /** Where the value begins, blanks passed. */
  readonly at: number;
  /** Whether the file ends with the text. */
  readonly isLast: boolean;
  /**
   * `line`: all that follows on the line is the value, as in `KEY=VALUE`; `word`: it ends at a blank; `argument`: it is a word of a
   * command line.
   */
  readonly extent: 'line' | 'word' | 'argument';
  /** Whether the text around is a string of JSON, in which a line ends with `\n` and the string with a quote. */
  readonly inJson: boolean;
  /** The key had quotes of its own, as in JSON. */
  readonly isQuotedKey: boolean;
  /** Blanks before the key; undefined when it does not begin its line. */
  readonly indent: number | undefined;
}

/** More than 64 KiB of one secret: what follows it cannot be told apart from it. */
export class EndlessSecret extends Error {}

export function findValue(place: Place): readonly Found[] {
  const { text, at } = place;
  const escapes = backslashes(text, at);
  const quote = text[at + escapes];
  if (escapes > 0 && escapes % 2 === 0) return findPlain(place);
  if (quote === '"' || quote === "'" || (quote === '`' && escapes === 0)) return quoted(place, quote, escapes);
  if ((quote === '{' || quote === '[') && escapes === 0) return container(place);
  if (isLineEnd(text.charCodeAt(at)) || /[|>]/.test(quote ?? '')) {
    const block = place.indent === undefined ? undefined : blockOf(place, place.indent);
    if (block !== undefined) return block;
  }
  if (place.isQuotedKey) {
    numberOrWord.lastIndex = at;
    const word = numberOrWord.exec(text)?.[0];
    if (word !== undefined) return isNoSecret(word) ? [] : [{ start: at, end: at + word.length, isBare: true }];
  }
  return findPlain(place);
}

const numberOrWord = /(?:-?\d[\d.eE+-]{0,400}|true|false|null)(?=[\s,}\]\\]|$)/y;

function quoted({ text, at }: Place, quote: string, escapes: number): readonly Found[] {
  const start = at + escapes + 1;
  const end = closing(text, start, quote, escapes);
  if (end === start || isNoSecret(text.slice(start, Math.min(end, start + 64)))) return [];
  // Where the quotes are escaped themselves, rather too much is masked than a quote taken for the wrong one.
  return [{ start, end, until: escapes === 0 ? quote : '\n' }];
}

/** Where a string ends whose quotes are escaped so often; at the end of its line, when nothing closes it. */
export function closing(text: string, start: number, quote: string, escapes: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) return at;
    if (code === 92) {
      const count = backslashes(text, at);
      if (text[at + count] === quote) {
        if (quote === "'" && escapes === 0) return at + count;
        if (count < escapes) return at;
        // An even number of them is text, and the quote ends the string around.
        if (isClosing(count, escapes)) return escapes > 0 && count % 2 === 0 ? at + count : at + count - escapes;
        at += count;
      } else {
        at += count - 1;
      }
    } else if (text[at] === quote) {
      // YAML doubles a quote that does not close.
      if (quote === "'" && escapes === 0 && text[at + 1] === "'") at++;
      else return at;
    }
  }
  return text.length;
}

/** Whether a quote behind so many backslashes ends a string whose own quotes have `escapes`: each level of JSON halves them. */
function isClosing(count: number, escapes: number): boolean {
  let left = count;
  for (let level = escapes; level > 0; level = (level - 1) / 2) {
    if (left % 2 === 0) return true;
    left = (left - 1) / 2;
  }
  return left % 2 === 0;
}

/** A value that is a word or the rest of a line, whatever it begins with. */
export function findPlain(place: Place): readonly Found[] {
  const { text, at, extent, inJson } = place;
  const end = extent === 'line' ? restOfLine(text, at, inJson) : wordEnd(text, at, extent, inJson);
  const value = text.slice(at, Math.min(end, at + 64));
  if (end <= at || isNoSecret(value)) return [];
  return [{ start: at, end }];
}

/** To the end of the line, blanks at its end left; in a string of JSON, to its `\n` or closing quote. */
function restOfLine(text: string, start: number, inJson: boolean): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code)) break;
    if (inJson && code === 34) break;
    if (inJson && code === 92) {
      if (/[nrt"]/.test(text[at + 1] ?? '')) break;
      if (text[at + 1] === '\\' && /[nrt"]/.test(text[at + 2] ?? '')) break;
      at++;
    }
  }
  if (at === text.length) return at;
  while (at > start && isBlank(text.charCodeAt(at - 1))) at--;
  return at;
}

const afterQuote = /[\s,;)\]}:]/;
const nextPair = /[&,][\w.-]{1,64}[=:]/y;

function wordEnd(text: string, start: number, extent: Place['extent'], inJson: boolean): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isLineEnd(code) || isBlank(code)) break;
    const character = text[at] as string;
    if (inJson && (code === 34 || (code === 92 && /[nrt"\\]/.test(text[at + 1] ?? '')))) break;
    if ((code === 34 || code === 39) && (at + 1 >= text.length || afterQuote.test(text[at + 1] as string))) break;
    if (extent === 'argument') continue;
    if (character === ';' || character === '<') break;
    if (character === '&' || character === ',') {
      nextPair.lastIndex = at;
      if (nextPair.test(text)) break;
    }
  }
  if (at === text.length) return at;
  while (extent === 'word' && at > start && /[,)\]}.]/.test(text[at - 1] as string)) at--;
  return at;
}

/** All strings and numbers of a JSON value, or of YAML in its manner; keys stay. */
function container({ text, at: start, isLast }: Place): readonly Found[] {
  const found: Found[] = [];
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '{' || character === '[') {
      if (++depth > deepest) throw new EndlessSecret();
    } else if (character === '}' || character === ']') {
      depth--;
      if (depth === 0) return found;
    } else if (/[\s,:]/.test(character)) {
    } else {
      const escapes = backslashes(text, at);
      const quote = text[at + escapes] ?? '';
      const isString = quote === '"' || (quote === "'" && escapes === 0);
      const valueStart = isString ? at + escapes + 1 : at;
      const valueEnd = isString ? closing(text, valueStart, quote, escapes) : bareEnd(text, at);
      at = isString ? Math.max(valueEnd, valueEnd + backslashes(text, valueEnd)) : Math.max(at, valueEnd - 1);
      key.lastIndex = at + 1;
      if (key.test(text)) continue;
      const value = text.slice(valueStart, Math.min(valueEnd, valueStart + 64));
      if (isNoSecret(value)) continue;
      found.push({ start: valueStart, end: valueEnd, ...(!isString && { isBare: true }) });
    }
  }
  if (!isLast) throw new EndlessSecret();
  return found;
}

const key = /\s*:/y;
const deepest = 100;

function bareEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && !/[\s,:}\]]/.test(text[at] as string)) at++;
  return at;
}

/** The lines below a key of YAML that are further in: a block of text, a list, or more keys. Undefined when there are none. */
function blockOf({ text, at, isLast }: Place, indent: number): readonly Found[] | undefined {
  const isText = !isLineEnd(text.charCodeAt(at));
  if (isText && !/^[|>][-+0-9]{0,3}[ \t]*(?:#[^\r\n]*)?(?:\r?\n|$)/.test(text.slice(at, at + 80))) return undefined;
  const found: Found[] = [];
  let line = behindLine(text, at);
  for (; line < text.length; line = behindLine(text, line)) {
    const end = lineEnd(text, line);
    const start = line + (/^[ \t]*/.exec(text.slice(line, Math.min(end, line + 256)))?.[0].length ?? 0);
    if (start >= end) continue;
    const isItem = !isText && text[start] === '-' && isBlank(text.charCodeAt(start + 1)) && start - line === indent;
    if (start - line <= indent && !isItem) break;
    const from = isText ? start : behindKey(text, start, end);
    if (from < end && !isNoSecret(text.slice(from, Math.min(end, from + 64)))) found.push(unquoted(text, from, end));
  }
  if (line >= text.length && !isLast) throw new EndlessSecret();
  return isText || found.length > 0 ? found : undefined;
}

const leading = /(?:- +)*(?:[\w."'-]{1,128}: *)?/y;

function behindKey(text: string, start: number, end: number): number {
  leading.lastIndex = start;
  leading.test(text);
  return Math.min(leading.lastIndex || start, end);
}

function unquoted(text: string, start: number, end: number): Found {
  const quote = text[start];
  return quote !== undefined && /["']/.test(quote) && text[end - 1] === quote && end - start >= 2
    ? { start: start + 1, end: end - 1 }
    : { start, end };
}

function lineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isLineEnd(text.charCodeAt(end))) end++;
  return end;
}

function behindLine(text: string, at: number): number {
  const end = lineEnd(text, at);
  return end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
}

/** NUL ends a line where a file keeps a process's environment. */
export function isLineEnd(code: number): boolean {
  return code === 10 || code === 13 || code === 0;
}

export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

export function backslashes(text: string, at: number): number {
  let count = 0;
  while (text.charCodeAt(at + count) === 92) count++;
  return count;
}
