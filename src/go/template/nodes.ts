import type { Value } from './value.ts';

/** Every node knows the offset in the source at which it begins. */
interface Placed {
  readonly at: number;
}

export type Node = TextNode | ActionNode | BranchNode | RangeNode | JumpNode;

interface TextNode extends Placed {
  readonly type: 'text';
  readonly text: string;
}

interface ActionNode extends Placed {
  readonly type: 'action';
  readonly pipe: Pipe;
}

/** `if` or `with`, and the `else if` or `else with` that follow it. */
export interface BranchNode extends Placed {
  readonly type: 'if' | 'with';
  readonly branches: readonly { readonly pipe: Pipe; readonly body: readonly Node[] }[];
  readonly otherwise: readonly Node[];
}

export interface RangeNode extends Placed {
  readonly type: 'range';
  readonly pipe: Pipe;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

interface JumpNode extends Placed {
  readonly type: 'break' | 'continue';
}

export interface Pipe extends Placed {
  readonly type: 'pipe';
  readonly variables: readonly string[];
  /** `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command extends Placed {
  readonly first: Operand;
  readonly rest: readonly Operand[];
}

export type Operand =
  | Pipe
  | (Placed & { readonly type: 'dot' | 'nil' })
  | (Placed & { readonly type: 'constant'; readonly value: Value })
  | (Placed & { readonly type: 'function'; readonly name: string })
  | (Placed & { readonly type: 'field'; readonly fields: readonly string[] })
  | (Placed & { readonly type: 'variable'; readonly name: string; readonly fields: readonly string[] })
  | (Placed & { readonly type: 'chain'; readonly operand: Operand; readonly fields: readonly string[] });
