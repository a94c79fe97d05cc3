import type { Limits } from '../../contract/limits.ts';
import { isPlaced, TemplateError } from './error.ts';
import { callFunction, type GoFunction } from './function.ts';
import { iterate } from './iterate.ts';
import type { BranchNode, Command, Node, Operand, Pipe, RangeNode } from './nodes.ts';
import { errorAt, type Source } from './source.ts';
import { fieldOf, isTrue, type Value } from './value.ts';

export interface Evaluation {
  readonly source: Source;
  readonly limits: Limits;
  readonly functions: ReadonlyMap<string, GoFunction>;
  /** Called with the text nodes and with the values of actions, in the order of the result. */
  readonly onText: (text: string, at: number) => void;
  readonly onValue: (value: Value, at: number) => void;
  /** Counts the bytes that functions make and read; fails when a template makes too much. */
  readonly spend: (bytes: number) => void;
}

interface State extends Evaluation {
  readonly variables: { readonly name: string; value: Value }[];
  steps: number;
}

type Jump = 'break' | 'continue' | undefined;

/** Runs a parsed template on its data. */
export function evaluate(nodes: readonly Node[], data: Value, evaluation: Evaluation): void {
  const state: State = { ...evaluation, variables: [{ name: '$', value: data }], steps: 0 };
  walkList(state, nodes, data);
}

function walkList(state: State, nodes: readonly Node[], dot: Value): Jump {
  const reach = state.variables.length;
  for (const node of nodes) {
    const jump = walk(state, node, dot);
    if (jump !== undefined) {
      state.variables.length = reach;
      return jump;
    }
  }
  return undefined;
}

function walk(state: State, node: Node, dot: Value): Jump {
  step(state, node.at);
  switch (node.type) {
    case 'text':
      placed(state, node.at, () => state.onText(node.text, node.at));
      return undefined;
    case 'action': {
      const value = evaluatePipe(state, node.pipe, dot);
      if (node.pipe.variables.length === 0) {
        placed(state, node.at, () => state.onValue(value, node.at));
      }
      return undefined;
    }
    case 'if':
    case 'with':
      return walkBranch(state, node, dot);
    case 'range':
      return walkRange(state, node, dot);
    default:
      return node.type;
  }
}

function walkBranch(state: State, node: BranchNode, dot: Value): Jump {
  const reach = state.variables.length;
  for (const { pipe, body } of node.branches) {
    const value = evaluatePipe(state, pipe, dot);
    if (isTrue(value)) {
      return scoped(state, reach, () => walkList(state, body, node.type === 'with' ? value : dot));
    }
  }
  return scoped(state, reach, () => walkList(state, node.otherwise, dot));
}

function walkRange(state: State, node: RangeNode, dot: Value): Jump {
  const reach = state.variables.length;
  const value = evaluatePipe(state, node.pipe, dot);
  const inside = state.variables.length;
  let ran = false;
  for (const [index, element] of placed(state, node.at, () => iterate(value, node.pipe.variables.length))) {
    ran = true;
    step(state, node.at);
    setRangeVariables(state, node.pipe, index, element);
    const jump = scoped(state, inside, () => walkList(state, node.body, element));
    if (jump === 'break') {
      break;
    }
  }
  return scoped(state, reach, () => (ran ? undefined : walkList(state, node.otherwise, dot)));
}

function setRangeVariables(state: State, pipe: Pipe, index: Value, element: Value): void {
  const [first, second] = pipe.variables;
  if (second !== undefined) {
    setVariable(state, second, element, pipe.at);
  }
  if (first !== undefined) {
    setVariable(state, first, second === undefined ? element : index, pipe.at);
  }
}

function evaluatePipe(state: State, pipe: Pipe, dot: Value): Value {
  let value: Value;
  pipe.commands.forEach((command, stage) => {
    value = evaluateCommand(state, command, dot, stage === 0 ? [] : [value]);
    // A nil of the data is a plain "no value" once it went through a pipeline.
    value = value === null ? undefined : value;
  });
  for (const name of pipe.variables) {
    if (pipe.assigns) {
      setVariable(state, name, value, pipe.at);
    } else {
      state.variables.push({ name, value });
    }
  }
  return value;
}

/** `piped` holds the value of the command before, if there is one: it becomes the last argument. */
function evaluateCommand(state: State, { first, rest }: Command, dot: Value, piped: readonly Value[]): Value {
  step(state, first.at);
  if (first.type === 'function') {
    return evaluateFunction(state, first, rest, dot, piped);
  }
  if (first.type === 'nil') {
    throw errorAt(state.source, first.at, 'nil is not a command');
  }
  if (rest.length > 0 || piped.length > 0) {
    const name = 'fields' in first ? first.fields.at(-1) : undefined;
    const reason =
      name === undefined ? "can't give argument to non-function" : `${name} is not a method but has arguments`;
    throw errorAt(state.source, first.at, reason);
  }
  return evaluateOperand(state, first, dot);
}

function evaluateOperand(state: State, operand: Operand, dot: Value): Value {
  switch (operand.type) {
    case 'dot':
      return dot;
    case 'nil':
      return null;
    case 'constant':
      return operand.value;
    case 'function':
      return evaluateFunction(state, operand, [], dot, []);
    case 'pipe':
      return evaluatePipe(state, operand, dot);
    case 'field':
      return fieldChain(state, operand, operand.fields, dot);
    case 'variable':
      return fieldChain(state, operand, operand.fields, variable(state, operand.name, operand.at).value);
    case 'chain':
      if (operand.operand.type === 'nil') {
        throw errorAt(state.source, operand.at, 'indirection through explicit nil');
      }
      return fieldChain(state, operand, operand.fields, evaluateOperand(state, operand.operand, dot));
  }
}

function fieldChain(state: State, { at }: Operand, fields: readonly string[], receiver: Value): Value {
  return placed(state, at, () => fields.reduce((value, name) => fieldOf(value, name), receiver));
}

function evaluateFunction(
  state: State,
  operand: Operand & { readonly type: 'function' },
  rest: readonly Operand[],
  dot: Value,
  piped: readonly Value[],
): Value {
  const { name, at } = operand;
  step(state, at);
  const count = rest.length + piped.length;
  if (name === 'and' || name === 'or') {
    if (count === 0) {
      throw errorAt(state.source, at, `wrong number of args for ${name}: want at least 1 got 0`);
    }
    let value: Value;
    for (const argument of rest) {
      value = evaluateOperand(state, argument, dot);
      if (isTrue(value) === (name === 'or')) {
        return value;
      }
    }
    return piped.length > 0 ? piped[0] : value;
  }
  const goFunction = state.functions.get(name);
  if (goFunction === undefined) {
    throw errorAt(state.source, at, `function "${name}" not defined`);
  }
  const { fixed, variadic } = goFunction;
  if (count < fixed.length || (variadic === undefined && count > fixed.length)) {
    const least = variadic === undefined ? '' : 'at least ';
    throw errorAt(state.source, at, `wrong number of args for ${name}: want ${least}${fixed.length} got ${count}`);
  }
  const values = [...rest.map((argument) => evaluateOperand(state, argument, dot)), ...piped];
  return placed(state, at, () => callFunction(name, goFunction, values, state.spend));
}

function variable(state: State, name: string, at: number): { value: Value } {
  const found = state.variables.findLast((candidate) => candidate.name === name);
  if (found === undefined) {
    throw errorAt(state.source, at, `undefined variable: ${name}`);
  }
  return found;
}

function setVariable(state: State, name: string, value: Value, at: number): void {
  variable(state, name, at).value = value;
}

function scoped(state: State, reach: number, walkBody: () => Jump): Jump {
  const jump = walkBody();
  state.variables.length = reach;
  return jump;
}

function step(state: State, at: number): void {
  if (++state.steps > state.limits.templateSteps) {
    throw errorAt(state.source, at, `the template takes more than ${state.limits.templateSteps} steps`);
  }
}

/** Runs what may fail without knowing where it stands in the source. */
function placed<T>(state: State, at: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof TemplateError && !isPlaced(error) ? errorAt(state.source, at, error.reason) : error;
  }
}
