import type { TemplateError } from './error.ts';
import type { Token } from './lexer.ts';
import { errorAt, type Source } from './source.ts';

/** A walk over the tokens, with what the parser must remember on its way. */
export interface Parser {
  readonly source: Source;
  readonly tokens: readonly Token[];
  readonly functions: ReadonlySet<string>;
  readonly maxDepth: number;
  next: number;
  depth: number;
  rangeDepth: number;
  /** The variables in reach, innermost last. */
  readonly variables: string[];
}

export function peek(parser: Parser): Token {
  const token = parser.tokens[parser.next] ?? parser.tokens.at(-1);
  if (token === undefined || token.kind === 'error') {
    throw errorAt(parser.source, token?.at ?? 0, token?.text ?? 'empty');
  }
  return token;
}

export function take(parser: Parser): Token {
  const token = peek(parser);
  parser.next++;
  return token;
}

export function peekNonSpace(parser: Parser): Token {
  while (peek(parser).kind === 'space') {
    parser.next++;
  }
  return peek(parser);
}

export function takeNonSpace(parser: Parser): Token {
  peekNonSpace(parser);
  return take(parser);
}

export function expectRight(parser: Parser, context: string): void {
  const token = takeNonSpace(parser);
  if (token.kind !== 'right') {
    throw unexpected(parser, token, context);
  }
}

export function unexpected(parser: Parser, token: Token, context: string): TemplateError {
  return errorAt(parser.source, token.at, `unexpected "${token.text.slice(0, 40)}" in ${context}`);
}

export function nested<T>(parser: Parser, token: Token, parse: () => T): T {
  if (++parser.depth > parser.maxDepth) {
    throw errorAt(parser.source, token.at, `nested more than ${parser.maxDepth} levels deep`);
  }
  const result = parse();
  parser.depth--;
  return result;
}
