import { nearest } from '../../contract/nearest.ts';
import { characterConstant, numberConstant, rawConstant, stringConstant } from './constants.ts';
import { nested, type Parser, peek, peekNonSpace, take, takeNonSpace, unexpected } from './cursor.ts';
import { TemplateError } from './error.ts';
import type { Token, TokenKind } from './lexer.ts';
import type { Command, Operand, Pipe } from './nodes.ts';
import { errorAt } from './source.ts';
import type { Value } from './value.ts';

/** Commands up to the token that closes them: the delimiter, or the parenthesis. */
export function parsePipe(parser: Parser, context: string, close: TokenKind): Pipe {
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

function constantOf(parser: Parser, { kind, text, at }: Token): Value {
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
