import { WhenError } from '../../contract/analyzer.ts';
import { suggestion } from '../../contract/nearest.ts';

/**
 * Conditions in the language of github.com/Knetic/govaluate v3, as far as people speak it of numbers: comparisons, `in`, logic,
 * arithmetic and `? :`. What that finds wrong with types only as it evaluates is found here when the spec is loaded.
 */

type Value = number | boolean | string;
type Kind = 'number' | 'boolean' | 'text';

/** Undefined: it hangs on a number that the result does not have. */
interface Node {
  readonly kind: Kind;
  readonly evaluate: (numbers: Numbers) => Value | undefined;
}

/** So that no nesting is too deep. */
const longest = 1000;

export type Numbers = Readonly<Record<string, number | null | undefined>>;

interface Token {
  readonly type: 'number' | 'text' | 'name' | 'operator' | 'end';
  readonly text: string;
}

/** Throws `WhenError` for what is no condition on these variables. */
export function parseExpression(when: string, variables: readonly string[]): (numbers: Numbers) => boolean {
  if (when.length > longest) throw new WhenError(`the condition is longer than ${longest} characters`);
  // As the Go tool prepares it, to the blank.
  const prepared = when.replaceAll(' = ', ' == ').replaceAll(' === ', ' == ');
  const parser = new Parser(tokensOf(prepared, when), variables, when);
  const node = parser.expression(0);
  parser.end();
  if (node.kind !== 'boolean') {
    throw new WhenError(`"${when}" is no condition; compare, such as \`statusCode == 200\``);
  }
  return (numbers) => node.evaluate(numbers) === true;
}

const symbols = [
  ...['**', '==', '!=', '<=', '>=', '&&', '||'],
  ...['<', '>', '+', '-', '*', '/', '%', '!', '?', ':', '(', ')', ','],
];

function tokensOf(text: string, when: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const blank = /^\s+/.exec(rest)?.[0];
    const number = /^(0x[0-9a-fA-F]+|\d+(\.\d+)?)(?![\w.])/.exec(rest)?.[0];
    const name = /^([A-Za-z]\w*|\[[^\]]*\])/.exec(rest)?.[0];
    const quoted = /^'[^']*'|^"[^"]*"/.exec(rest)?.[0];
    const symbol = symbols.find((candidate) => rest.startsWith(candidate));
    if (blank !== undefined) at += blank.length;
    else if (number !== undefined) at += push('number', number);
    else if (name !== undefined) at += push('name', name.replace(/^\[(.*)\]$/, '$1'), name.length);
    else if (quoted !== undefined) at += push('text', quoted.slice(1, -1), quoted.length);
    else if (symbol !== undefined && !/^[=<>]{3,}/.test(rest)) at += push('operator', symbol);
    else if (/^=+/.test(rest)) throw new WhenError(`"${when}" has a = too many or too few; write ==`);
    else
      throw new WhenError(
        `"${when}" cannot be read from \`${rest.slice(0, 20)}\` on; write one like \`statusCode == 200\``,
      );
  }
  return tokens;

  function push(type: Token['type'], value: string, length = value.length): number {
    tokens.push({ type, text: value });
    return length;
  }
}

const end: Token = { type: 'end', text: '' };

/** From what binds least to what binds most, as govaluate orders them. */
const precedences: Readonly<Record<string, number>> = {
  ...level(1, ['?']),
  ...level(2, ['||']),
  ...level(3, ['&&']),
  ...level(4, ['==', '!=', '<', '<=', '>', '>=', 'in']),
  ...level(5, ['+', '-']),
  ...level(6, ['*', '/', '%']),
  ...level(7, ['**']),
};

function level(precedence: number, operators: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(operators.map((operator) => [operator, precedence]));
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #variables: readonly string[];
  readonly #when: string;
  #at = 0;

  constructor(tokens: readonly Token[], variables: readonly string[], when: string) {
    this.#tokens = tokens;
    this.#variables = variables;
    this.#when = when;
  }

  expression(least: number): Node {
    let left = this.#operand();
    for (;;) {
      const operator = this.#peek().text;
      const precedence = this.#isOperator() ? (precedences[operator] ?? 0) : 0;
      if (precedence <= least) break;
      this.#at++;
      if (operator === '?') left = this.#choice(left);
      else if (operator === 'in') left = membership(left, this.#list());
      else left = this.#pair(left, operator, this.expression(precedence));
    }
    return left;
  }

  end(): void {
    if (this.#at < this.#tokens.length)
      throw new WhenError(`"${this.#when}" has "${this.#peek().text}" where it should end`);
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #isOperator(): boolean {
    const { type, text } = this.#peek();
    return type === 'operator' || (type === 'name' && text === 'in');
  }

  #operand(): Node {
    const token = this.#peek();
    this.#at++;
    if (token.type === 'number') {
      const value = Number(token.text);
      return { kind: 'number', evaluate: () => value };
    }
    if (token.type === 'text') return { kind: 'text', evaluate: () => token.text };
    if (token.type === 'name') return this.#named(token.text);
    if (token.text === '(') return this.#closed(this.expression(0));
    if (token.text === '!') return negated(this.#operandOf('boolean', '!'));
    if (token.text === '-') return numeric(this.#operandOf('number', '-'), (value) => -value);
    if (token.type === 'end') throw new WhenError(`"${this.#when}" ends too early`);
    throw new WhenError(`"${this.#when}" has "${token.text}" where a value should stand`);
  }

  #operandOf(kind: Kind, operator: string): Node {
    const operand = this.#operand();
    if (operand.kind !== kind) throw this.#misfit(operator, operand);
    return operand;
  }

  #named(name: string): Node {
    if (name === 'true' || name === 'false') return { kind: 'boolean', evaluate: () => name === 'true' };
    if (name === 'and' || name === 'or') {
      throw new WhenError(`"${this.#when}" has "${name}"; write ${name === 'and' ? '&&' : '||'}`);
    }
    if (!this.#variables.includes(name)) {
      throw new WhenError(`"${name}" is no number of this check${suggestion(name, this.#variables)}`);
    }
    return { kind: 'number', evaluate: (numbers) => numbers[name] ?? undefined };
  }

  #closed<T>(inside: T): T {
    if (!this.#takes(')')) throw new WhenError(`"${this.#when}" lacks a closing parenthesis`);
    return inside;
  }

  #takes(operator: string): boolean {
    const { type, text } = this.#peek();
    const isIt = type === 'operator' && text === operator;
    if (isIt) this.#at++;
    return isIt;
  }

  #list(): readonly Node[] {
    if (!this.#takes('(')) throw new WhenError(`"${this.#when}" has "in" without a list; write \`in (200, 204)\``);
    const items = [this.expression(0)];
    while (this.#takes(',')) items.push(this.expression(0));
    return this.#closed(items);
  }

  #choice(condition: Node): Node {
    if (condition.kind !== 'boolean') throw this.#misfit('?', condition);
    const yes = this.expression(1);
    if (!this.#takes(':')) throw new WhenError(`"${this.#when}" has a ? without its :`);
    const no = this.expression(0);
    if (yes.kind !== no.kind) throw new WhenError(`"${this.#when}" chooses between a ${yes.kind} and a ${no.kind}`);
    return {
      kind: yes.kind,
      evaluate(numbers) {
        const chosen = condition.evaluate(numbers);
        return chosen === undefined ? undefined : (chosen === true ? yes : no).evaluate(numbers);
      },
    };
  }

  #pair(left: Node, operator: string, right: Node): Node {
    if (operator === '&&' || operator === '||') return this.#logic(left, operator, right);
    if (operator === '==' || operator === '!=') {
      return combined('boolean', left, right, (one, other) => (one === other) === (operator === '=='));
    }
    const order = orders[operator];
    if (order !== undefined) {
      if (left.kind !== right.kind || left.kind === 'boolean') throw this.#misfit(operator, right);
      return combined('boolean', left, right, order);
    }
    if (left.kind !== 'number') throw this.#misfit(operator, left);
    if (right.kind !== 'number') throw this.#misfit(operator, right);
    const compute = arithmetics[operator];
    return combined('number', left, right, (one, other) => compute?.(Number(one), Number(other)));
  }

  #logic(left: Node, operator: '&&' | '||', right: Node): Node {
    if (left.kind !== 'boolean') throw this.#misfit(operator, left);
    if (right.kind !== 'boolean') throw this.#misfit(operator, right);
    const decides = operator === '||';
    return {
      kind: 'boolean',
      evaluate(numbers) {
        const first = left.evaluate(numbers) === true;
        return first === decides ? decides : right.evaluate(numbers) === true;
      },
    };
  }

  #misfit(operator: string, { kind }: Pick<Node, 'kind'>): WhenError {
    return new WhenError(`"${this.#when}" has a ${kind} beside ${operator}, which does not take one`);
  }
}

/** Without a number that it needs, a comparison does not hold, and neither does its opposite. */
function combined(kind: Kind, left: Node, right: Node, combine: (one: Value, other: Value) => Value | undefined): Node {
  return {
    kind,
    evaluate(numbers) {
      const one = left.evaluate(numbers);
      const other = right.evaluate(numbers);
      return one === undefined || other === undefined ? undefined : combine(one, other);
    },
  };
}

function membership(left: Node, items: readonly Node[]): Node {
  return {
    kind: 'boolean',
    evaluate(numbers) {
      const value = left.evaluate(numbers);
      return value === undefined ? undefined : items.some((item) => item.evaluate(numbers) === value);
    },
  };
}

function negated(operand: Node): Node {
  return {
    kind: 'boolean',
    evaluate(numbers) {
      const value = operand.evaluate(numbers);
      return value === undefined ? undefined : value !== true;
    },
  };
}

function numeric(operand: Node, change: (value: number) => number): Node {
  return {
    kind: 'number',
    evaluate(numbers) {
      const value = operand.evaluate(numbers);
      return value === undefined ? undefined : change(Number(value));
    },
  };
}

const orders: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

/** On floating point numbers: 201 / 100 is 2.01. */
const arithmetics: Readonly<Record<string, (one: number, other: number) => number>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
  '%': (one, other) => one % other,
  '**': (one, other) => one ** other,
};
