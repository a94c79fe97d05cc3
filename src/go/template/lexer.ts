import { afterSpaces, beforeSpaces, isDigit, isLetterOrDigit, isSpace, wordEnd } from './characters.ts';
import type { Source } from './source.ts';

export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'keyword'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'number'
  | 'character'
  | 'string'
  | 'raw'
  | 'open'
  | 'close'
  | 'pipe'
  | 'assign'
  | 'declare'
  | 'sign'
  | 'error'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the source; the reason when the kind is `error`. */
  readonly text: string;
  readonly at: number;
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
/** `- ` after the left delimiter, ` -` before the right one. */
const trimMarkerLength = 2;

/** The tokens of a whole template; the last one is `end` or `error`. */
export function tokenize(source: Source): readonly Token[] {
  const tokens: Token[] = [];
  const { text, left } = source;
  let at = 0;
  while (at < text.length) {
    const tag = text.indexOf(left, at);
    if (tag < 0) {
      tokens.push({ kind: 'text', text: text.slice(at), at });
      break;
    }
    const afterLeft = tag + left.length;
    const trims = text[afterLeft] === '-' && isSpace(text[afterLeft + 1]);
    const end = trims ? beforeSpaces(text, at, tag) : tag;
    if (end > at) {
      tokens.push({ kind: 'text', text: text.slice(at, end), at });
    }
    const body = trims ? afterLeft + trimMarkerLength : afterLeft;
    const next = text.startsWith('/*', body)
      ? skipComment(source, tag, body, tokens)
      : tokenizeTag(source, tag, body, tokens);
    if (next === undefined) {
      return tokens;
    }
    at = next;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

function skipComment(source: Source, tag: number, body: number, tokens: Token[]): number | undefined {
  const close = source.text.indexOf('*/', body + 2);
  if (close < 0) {
    tokens.push({ kind: 'error', text: 'unclosed comment', at: tag });
    return undefined;
  }
  const after = afterRight(source, close + 2);
  if (after === undefined) {
    tokens.push({ kind: 'error', text: 'comment ends before closing delimiter', at: tag });
  }
  return after;
}

/** Where the text goes on behind a right delimiter that begins here, its trim marker included. */
function afterRight({ text, right }: Source, at: number): number | undefined {
  if (isSpace(text[at]) && text[at + 1] === '-' && text.startsWith(right, at + trimMarkerLength)) {
    return afterSpaces(text, at + trimMarkerLength + right.length);
  }
  return text.startsWith(right, at) ? at + right.length : undefined;
}

function tokenizeTag(source: Source, tag: number, body: number, tokens: Token[]): number | undefined {
  const { text } = source;
  const first = tokens.length;
  tokens.push({ kind: 'left', text: source.left, at: tag });
  let depth = 0;
  let at = body;
  for (;;) {
    const after = afterRight(source, at);
    if (after !== undefined) {
      if (depth > 0) {
        tokens.push({ kind: 'error', text: 'unclosed left paren', at: tag });
        return undefined;
      }
      tokens.push({ kind: 'right', text: source.right, at });
      return after;
    }
    if (at >= text.length) {
      // In place of the tag: what it swallowed would only give a puzzling mistake.
      tokens.length = first;
      tokens.push({ kind: 'error', text: 'unclosed action', at: tag });
      return undefined;
    }
    const token = nextToken(source, at);
    depth += token.kind === 'open' ? 1 : token.kind === 'close' ? -1 : 0;
    tokens.push(depth < 0 ? { kind: 'error', text: 'unexpected right paren', at } : token);
    if (depth < 0 || token.kind === 'error') {
      return undefined;
    }
    at += token.text.length;
  }
}

function nextToken(source: Source, at: number): Token {
  const { text } = source;
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const token = (kind: TokenKind, end: number): Token => ({ kind, text: text.slice(at, end), at });
  if (isSpace(character)) {
    return token('space', spacesEnd(source, at));
  }
  if (isLetterOrDigit(character) && !isDigit(character)) {
    return wordToken(source, at);
  }
  switch (character) {
    case '=':
      return token('assign', at + 1);
    case ':':
      return text[at + 1] === '=' ? token('declare', at + 2) : problem('expected :=', at);
    case '|':
      return token('pipe', at + 1);
    case '(':
      return token('open', at + 1);
    case ')':
      return token('close', at + 1);
    case '"':
      return quotedToken(text, at, 'string', 'unterminated quoted string');
    case "'":
      return quotedToken(text, at, 'character', 'unterminated character constant');
    case '`': {
      const close = text.indexOf('`', at + 1);
      return close < 0 ? problem('unterminated raw quoted string', at) : token('raw', close + 1);
    }
    case '$':
      return nameToken(source, at, 'variable', 'variable');
  }
  if (character === '.' && !isDigit(text[at + 1])) {
    return nameToken(source, at, 'field', 'dot');
  }
  if (character === '.' || character === '+' || character === '-' || isDigit(character)) {
    return numberToken(text, at);
  }
  return character > ' ' && character < '\x7f'
    ? token('sign', at + 1)
    : problem(`unrecognized character in action: ${shown(character)}`, at);
}

/** A space that belongs to ` -}}` is left for the delimiter. */
function spacesEnd(source: Source, at: number): number {
  const end = afterSpaces(source.text, at);
  return end - 1 > at && afterRight(source, end - 1) !== undefined ? end - 1 : end;
}

function wordToken(source: Source, at: number): Token {
  const end = wordEnd(source.text, at);
  if (!isTerminator(source, end)) {
    return problem(`bad character ${shown(source.text.slice(end))}`, end);
  }
  const text = source.text.slice(at, end);
  if (keywords.has(text)) {
    return { kind: 'keyword', text, at };
  }
  if (text === 'true' || text === 'false') {
    return { kind: 'bool', text, at };
  }
  return { kind: text === 'nil' ? 'nil' : 'identifier', text, at };
}

/** `.name` or `$name`; the sign alone has a kind of its own. */
function nameToken(source: Source, at: number, kind: TokenKind, alone: TokenKind): Token {
  const end = wordEnd(source.text, at + 1);
  if (!isTerminator(source, end)) {
    return problem(`bad character ${shown(source.text.slice(end))}`, end);
  }
  return { kind: end === at + 1 ? alone : kind, text: source.text.slice(at, end), at };
}

function quotedToken(text: string, at: number, kind: TokenKind, unterminated: string): Token {
  const quote = text[at];
  for (let end = at + 1; end < text.length && text[end] !== '\n'; end++) {
    if (text[end] === quote) {
      return { kind, text: text.slice(at, end + 1), at };
    }
    if (text[end] === '\\') {
      end++;
      if (text[end] === '\n') {
        break;
      }
    }
  }
  return problem(unterminated, at);
}

const numberPattern =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;

function numberToken(text: string, at: number): Token {
  numberPattern.lastIndex = at;
  const number = numberPattern.exec(text)?.[0] ?? '';
  const next = text.codePointAt(at + number.length);
  const follows = next === undefined ? '' : String.fromCodePoint(next);
  if (isLetterOrDigit(follows) || follows === '+' || follows === '-') {
    return problem(`bad number syntax: "${number}${follows}"`, at);
  }
  return { kind: 'number', text: number, at };
}

function isTerminator(source: Source, at: number): boolean {
  const character = source.text[at];
  return (
    character === undefined ||
    isSpace(character) ||
    '.,|:)('.includes(character) ||
    source.text.startsWith(source.right, at)
  );
}

function problem(text: string, at: number): Token {
  return { kind: 'error', text, at };
}

function shown(text: string): string {
  const code = text.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{L}\p{N}\p{P}\p{S}]/u.test(text) ? `${name} '${String.fromCodePoint(code)}'` : name;
}
