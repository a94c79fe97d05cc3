import { expectRight, nested, type Parser, peekNonSpace, take, takeNonSpace } from './cursor.ts';
import { type Token, tokenize } from './lexer.ts';
import type { BranchNode, Node, Pipe, RangeNode } from './nodes.ts';
import { parsePipe } from './pipeline.ts';
import { errorAt, type Source } from './source.ts';

export function parseTemplate(source: Source, functions: ReadonlySet<string>, maxDepth: number): readonly Node[] {
  const tokens = tokenize(source);
  const parser: Parser = { source, tokens, functions, maxDepth, next: 0, depth: 0, rangeDepth: 0, variables: ['$'] };
  const { nodes, stop } = parseList(parser);
  if (stop.kind === 'keyword') {
    throw errorAt(source, stop.at, `unexpected {{${stop.text}}}`);
  }
  return nodes;
}

/** Nodes up to an `else`, an `end` or the end of the source, which is returned and consumed. */
function parseList(parser: Parser): { readonly nodes: readonly Node[]; readonly stop: Token } {
  const nodes: Node[] = [];
  for (;;) {
    const token = take(parser);
    if (token.kind === 'text') {
      nodes.push({ type: 'text', text: token.text, at: token.at });
      continue;
    }
    if (token.kind === 'end') {
      return { nodes, stop: token };
    }
    const word = peekNonSpace(parser);
    if (word.kind === 'keyword' && (word.text === 'else' || word.text === 'end')) {
      takeNonSpace(parser);
      return { nodes, stop: word };
    }
    nodes.push(word.kind === 'keyword' ? parseKeyword(parser, token.at) : parseAction(parser, token.at));
  }
}

function parseAction(parser: Parser, at: number): Node {
  return { type: 'action', pipe: parsePipe(parser, 'command', 'right'), at };
}

function parseKeyword(parser: Parser, at: number): Node {
  const word = takeNonSpace(parser);
  switch (word.text) {
    case 'if':
    case 'with':
      return nested(parser, word, () => parseBranch(parser, word.text === 'if' ? 'if' : 'with', at));
    case 'range':
      return nested(parser, word, () => parseRange(parser, at));
    case 'break':
    case 'continue':
      if (parser.rangeDepth === 0) {
        throw errorAt(parser.source, word.at, `{{${word.text}}} outside {{range}}`);
      }
      expectRight(parser, word.text);
      return { type: word.text, at };
    default:
      throw errorAt(parser.source, word.at, `{{${word.text}}} is not supported`);
  }
}

function parseBranch(parser: Parser, type: BranchNode['type'], at: number): BranchNode {
  const reach = parser.variables.length;
  const branches: { pipe: Pipe; body: readonly Node[] }[] = [];
  let otherwise: readonly Node[] = [];
  for (;;) {
    const pipe = parsePipe(parser, type, 'right');
    const { nodes, stop } = parseList(parser);
    branches.push({ pipe, body: nodes });
    if (isElse(parser, stop, at) && isKeyword(peekNonSpace(parser), type)) {
      takeNonSpace(parser);
      continue;
    }
    otherwise = parseEnding(parser, stop, at);
    break;
  }
  parser.variables.length = reach;
  return { type, branches, otherwise, at };
}

function parseRange(parser: Parser, at: number): RangeNode {
  const reach = parser.variables.length;
  const pipe = parsePipe(parser, 'range', 'right');
  parser.rangeDepth++;
  const { nodes, stop } = parseList(parser);
  parser.rangeDepth--;
  const otherwise = parseEnding(parser, stop, at);
  parser.variables.length = reach;
  return { type: 'range', pipe, body: nodes, otherwise, at };
}

/** What stands between a last `else` and its `end`; nothing when the block has already ended. */
function parseEnding(parser: Parser, stop: Token, at: number): readonly Node[] {
  if (!isElse(parser, stop, at)) {
    expectRight(parser, 'end');
    return [];
  }
  expectRight(parser, 'else');
  const { nodes, stop: last } = parseList(parser);
  if (isElse(parser, last, at)) {
    throw errorAt(parser.source, last.at, 'expected end; found {{else}}');
  }
  expectRight(parser, 'end');
  return nodes;
}

function isElse(parser: Parser, stop: Token, at: number): boolean {
  if (stop.kind === 'end') {
    throw errorAt(parser.source, at, 'unexpected EOF: this block has no end');
  }
  return stop.text === 'else';
}

function isKeyword(token: Token, text: string): boolean {
  return token.kind === 'keyword' && token.text === text;
}
