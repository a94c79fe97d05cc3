import { nearest } from '../../contract/nearest.ts';
import { characterConstant, numberConstant, rawConstant, stringConstant } from './constants.ts';
import { TemplateError } from './error.ts';
import { type Token, type TokenKind, tokenize } from './lexer.ts';
import type { BranchNode, Command, Node, Operand, Pipe, RangeNode } from './nodes.ts';
import { errorAt, type Source } from './source.ts';

interface Parser {
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

function parsePipe(parser: Parser, context: string, close: TokenKind): Pipe {
  const at = peekNonSpace(parser).at;
  const { variables, assigns } = parseDeclaration(parser, context);
  const commands: Command[] = [];
  for (;;) {
    const token = takeNonSpace(parser);
    if (token.kind === close) {
      break;
    }
    if (!startsOperand(token)) {
      throw unexpected(parser, token, context);
    }
    parser.next--;
    commands.push(parseCommand(parser));
  }
  if (commands.length === 0) {
    throw errorAt(parser.source, at, `missing value for ${context}`);
  }
  commands.forEach(({ first }, stage) => {
    if (stage > 0 && (first.type === 'constant' || first.type === 'dot' || first.type === 'nil')) {
      throw errorAt(parser.source, first.at, `non executable command in pipeline stage ${stage + 1}`);
    }
  });
  return { type: 'pipe', variables, assigns, commands, at };
}

function parseDeclaration(parser: Parser, context: string): Pick<Pipe, 'variables' | 'assigns'> {
  const variables: string[] = [];
  for (;;) {
    const variable = peekNonSpace(parser);
    if (variable.kind !== 'variable') {
      return { variables, assigns: false };
    }
    const start = parser.next;
    take(parser);
    const sign = peekNonSpace(parser);
    if (sign.kind === 'assign' || sign.kind === 'declare') {
      take(parser);
      declare(parser, variables, variable.text);
      return { variables, assigns: sign.kind === 'assign' };
    }
    if (sign.kind !== 'sign' || sign.text !== ',') {
      parser.next = start;
      return { variables, assigns: false };
    }
    take(parser);
    declare(parser, variables, variable.text);
    if (context !== 'range' || variables.length > 1) {
      throw errorAt(parser.source, variable.at, `too many declarations in ${context}`);
    }
    if (peekNonSpace(parser).kind !== 'variable') {
      throw errorAt(parser.source, variable.at, 'range can only initialize variables');
    }
  }
}

function declare(parser: Parser, variables: string[], name: string): void {
  variables.push(name);
  parser.variables.push(name);
}

function parseCommand(parser: Parser): Command {
  const at = peekNonSpace(parser).at;
  const operands: Operand[] = [];
  for (;;) {
    if (startsOperand(peekNonSpace(parser))) {
      operands.push(parseOperand(parser));
    }
    const token = take(parser);
    if (token.kind === 'space') {
      continue;
    }
    if (token.kind === 'right' || token.kind === 'close') {
      parser.next--;
    } else if (token.kind !== 'pipe') {
      throw unexpected(parser, token, 'operand');
    }
    break;
  }
  const [first, ...rest] = operands;
  if (first === undefined) {
    throw errorAt(parser.source, at, 'empty command');
  }
  return { first, rest, at };
}

function startsOperand(token: Token): boolean {
  switch (token.kind) {
    case 'bool':
    case 'character':
    case 'dot':
    case 'field':
    case 'identifier':
    case 'nil':
    case 'number':
    case 'open':
    case 'raw':
    case 'string':
    case 'variable':
      return true;
    default:
      return false;
  }
}

function parseOperand(parser: Parser): Operand {
  const operand = parseTerm(parser);
  const fields: string[] = [];
  while (peek(parser).kind === 'field') {
    fields.push(take(parser).text.slice(1));
  }
  if (fields.length === 0) {
    return operand;
  }
  if (operand.type === 'field' || operand.type === 'variable') {
    return { ...operand, fields: [...operand.fields, ...fields] };
  }
  if (operand.type === 'constant' || operand.type === 'nil' || operand.type === 'dot') {
    throw errorAt(parser.source, operand.at, `unexpected . after a constant`);
  }
  return { type: 'chain', operand, fields, at: operand.at };
}

function parseTerm(parser: Parser): Operand {
  const token = takeNonSpace(parser);
  const { at, text } = token;
  switch (token.kind) {
    case 'identifier':
      if (!parser.functions.has(text)) {
        throw errorAt(parser.source, at, `function "${text}" not defined${similar(text, parser.functions)}`);
      }
      return { type: 'function', name: text, at };
    case 'variable':
      if (!parser.variables.includes(text)) {
        throw errorAt(parser.source, at, `undefined variable "${text}"`);
      }
      return { type: 'variable', name: text, fields: [], at };
    case 'field':
      return { type: 'field', fields: [text.slice(1)], at };
    case 'open':
      return nested(parser, token, () => parsePipe(parser, 'parenthesized pipeline', 'close'));
    case 'dot':
    case 'nil':
      return { type: token.kind, at };
    default:
      return { type: 'constant', value: constantOf(parser, token), at };
  }
}

function similar(name: string, functions: ReadonlySet<string>): string {
  const near = nearest(name, [...functions]);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function constantOf(parser: Parser, { kind, text, at }: Token) {
  try {
    switch (kind) {
      case 'bool':
        return text === 'true';
      case 'number':
        return numberConstant(text);
      case 'character':
        return characterConstant(text);
      case 'raw':
        return rawConstant(text);
      default:
        return stringConstant(text);
    }
  } catch (error) {
    throw error instanceof TemplateError ? errorAt(parser.source, at, error.reason) : error;
  }
}

function nested<T>(parser: Parser, token: Token, parse: () => T): T {
  if (++parser.depth > parser.maxDepth) {
    throw errorAt(parser.source, token.at, `nested more than ${parser.maxDepth} levels deep`);
  }
  const result = parse();
  parser.depth--;
  return result;
}

function peek(parser: Parser): Token {
  const token = parser.tokens[parser.next] ?? parser.tokens.at(-1);
  if (token === undefined || token.kind === 'error') {
    throw errorAt(parser.source, token?.at ?? 0, token?.text ?? 'empty');
  }
  return token;
}

function take(parser: Parser): Token {
  const token = peek(parser);
  parser.next++;
  return token;
}

function peekNonSpace(parser: Parser): Token {
  while (peek(parser).kind === 'space') {
    parser.next++;
  }
  return peek(parser);
}

function takeNonSpace(parser: Parser): Token {
  peekNonSpace(parser);
  return take(parser);
}

function expectRight(parser: Parser, context: string): void {
  const token = takeNonSpace(parser);
  if (token.kind !== 'right') {
    throw unexpected(parser, token, context);
  }
}

function unexpected(parser: Parser, token: Token, context: string): TemplateError {
  return errorAt(parser.source, token.at, `unexpected "${token.text.slice(0, 40)}" in ${context}`);
}
