import { type Expression, parseExpressionAt, tokenizer } from 'acorn';

/** What Kener does where a monitor has no function of its own. */
export const defaultSource = `(arrayOfPings) => ({
  status: arrayOfPings.every((ping) => ping.status === 'open') ? 'UP' : 'DOWN',
  latency: arrayOfPings.reduce((sum, ping) => sum + ping.latency, 0) / arrayOfPings.length,
})`;

/** Limit of threats.md: what the sandbox takes. */
const mostBytes = 64 * 1024;

export type FunctionSource = { readonly source: string } | { readonly mistake: string };

const never = new Set(['Literal', 'TemplateLiteral', 'ObjectExpression', 'ArrayExpression']);

/**
 * The function in what a monitor has as its eval: without the semicolons and comments around it that Kener's documents
 * show and Kener refuses. Only read here, never run (rules E5, E7); what it parses as stands alone, so that nothing in it
 * can close what is put around it.
 */
export function readFunction(text: string): FunctionSource {
  if (Buffer.byteLength(text) > mostBytes) {
    return { mistake: `has ${Buffer.byteLength(text)} bytes; at most ${mostBytes} are taken` };
  }
  try {
    const start = firstToken(text);
    if (start === undefined) return { mistake: 'holds no function; write one, or leave it out' };
    const node = parseExpressionAt(text, start, { ecmaVersion: 2023, preserveParens: true });
    const rest = firstToken(text, node.end);
    if (rest !== undefined)
      return { mistake: `has more after its function, ${placeOf(text, rest)}; write one function` };
    if (never.has(withinParens(node).type))
      return { mistake: 'is no function; write one such as (pings) => ({ status: "UP", latency: 0 })' };
    return { source: text.slice(node.start, node.end) };
  } catch (error) {
    return { mistake: `does not parse: ${reasonOf(error)}` };
  }
}

function withinParens(node: Expression): Expression {
  let inner = node;
  while (inner.type === 'ParenthesizedExpression') inner = inner.expression;
  return inner;
}

/** Where the first token is that is neither a semicolon nor within a comment. */
function firstToken(text: string, from = 0): number | undefined {
  // Blanked up to `from`, so that places stay what they are.
  const tokens = tokenizer(text.slice(0, from).replace(/[^\n]/g, ' ') + text.slice(from), { ecmaVersion: 2023 });
  for (const { type, start } of tokens) {
    if (type.label === 'eof') return undefined;
    if (type.label !== ';') return start;
  }
  return undefined;
}

function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `in its line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deep';
  const { message, loc } = error as Error & { readonly loc?: { readonly line: number; readonly column: number } };
  const plain = message.replace(/ \(\d+:\d+\)$/, '');
  return loc === undefined ? plain : `${plain}, in its line ${loc.line}, column ${loc.column + 1}`;
}
