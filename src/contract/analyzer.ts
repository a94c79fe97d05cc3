import type { Prepared, ResultDeclaration } from './collector.ts';
import type { Evaluator } from './evaluator.ts';
import type { Infer, ObjectSchema, Reading, Schema } from './schema.ts';
import type { Severity, SpecOutcome } from './spec.ts';

/** Thrown by `condition` for a `when` that no result can ever fulfil. The message says what to write instead. */
export class WhenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WhenError';
  }
}

/** What the program lends to analyzers. */
export interface Tools {
  readonly evaluator: Evaluator;
  /** By which time things are judged: when the bundle was made, so that it is judged alike for ever; now where it does not say. */
  readonly nowMs: number;
}

/** What is judged, or why there is nothing to judge; `values` is then what a person should still see. */
export type Refined<J> =
  | { readonly judged: J }
  | { readonly reason: string; readonly values?: Readonly<Record<string, string | number | null>> };

/** `R` is the file that is read, `T` the prepared parameters, `J` what is judged. */
export interface AnalyzerDeclaration<P extends ObjectSchema, R extends Schema, T = Infer<P>, J = Reading<R>> {
  readonly type: string;
  /** What it is called where its author gave no `checkName`. */
  readonly title: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Parameters of its own, besides those that every analyzer takes. */
  readonly params: P;
  /** The collector whose result it judges: gives its path and its type. Absent: it judges its own parameters (`refine`). */
  readonly reads?: ResultDeclaration<R>;
  /** A whole spec, for `explain` and the tests; of one that reads a result, that collector has it. */
  readonly example?: string;
  /** Reads what no schema can judge: once, when the spec is loaded. Absent: the parameters are used as they are. */
  prepare?(params: Infer<P>): Prepared<T>;
  /** Makes what is judged of the file that was read. Absent: the file itself is. Never rejects. */
  refine?(result: Reading<R>, params: T, tools: Tools): Promise<Refined<J>>;
  /** How a `when` may be written, for `explain` and the schema. */
  readonly when: string;
  /** What a finding shows of what was judged, in this order. */
  readonly evidence: readonly (keyof NoInfer<J> & string)[];
  /** Parses a `when` once, as the spec is loaded. Throws `WhenError`. */
  condition(when: string, params: Infer<P>): Condition<NoInfer<J>>;
  /** Its own way with the outcomes, where the first that matches is not it; each ruling is a finding, none is unknown. */
  rule?(judged: NoInfer<J>, outcomes: readonly SpecOutcome[]): readonly Ruling[];
  /** An outcome's message as it is shown. Absent, or where it throws: as written. */
  message?(written: string, judged: NoInfer<J>): string;
  /** What it says where no outcome matches. Absent: then it is unknown. */
  verdict?(judged: NoInfer<J>): Ruling;
  /** What to look at next; undefined where nothing is wrong. */
  advice?(judged: NoInfer<J>): string | undefined;
}

/** A verdict of the analyzer's own; the message of an unknown one says why. */
export interface Ruling {
  readonly severity: Severity | 'unknown';
  readonly message: string;
  readonly uri?: string;
}

/** Written as a method, so that the analyzer of one result fits into the list of all. */
type Condition<J> = { test(judged: J): boolean }['test'];

export interface Analyzer<P extends ObjectSchema = ObjectSchema, R extends Schema = Schema, T = unknown, J = unknown>
  extends Omit<AnalyzerDeclaration<P, R, T, J>, 'evidence'> {
  readonly evidence: readonly string[];
}

export function defineAnalyzer<const P extends ObjectSchema, const R extends Schema, T = Infer<P>, J = Reading<R>>(
  declaration: AnalyzerDeclaration<P, R, T, J>,
): Analyzer<P, R, T, J> {
  return declaration;
}

const outcome = {
  type: 'object',
  description: 'What to say when it holds',
  properties: {
    when: {
      type: 'string',
      description: 'The condition; an outcome without one always matches',
    },
    message: { type: 'string', description: 'What the report says; as written, no templates' },
    uri: { type: 'string', description: 'Where to read more (http or https)' },
  },
} as const satisfies ObjectSchema;

/** Every analyzer of a spec takes these besides its own parameters. */
export const analyzerMeta = {
  checkName: { type: 'string', description: 'Title of the finding' },
  collectorName: {
    type: 'string',
    description: 'Whose result is judged: the collectorName of a collector of the same type; absent: the default one',
  },
  exclude: {
    type: 'boolean',
    parseBool: true,
    description: 'Leave this analyzer out when true; a boolean, or text such as "true" or "0"',
  },
  strict: {
    type: 'boolean',
    parseBool: true,
    description: 'Handed through to the finding, for programs that treat such a failure as final',
  },
  annotations: {
    type: 'object',
    description: 'Free text by key, handed through to the finding',
    properties: {},
    values: { type: 'string', description: 'Any text' },
  },
  outcomes: {
    type: 'array',
    description: 'Tried from top to bottom; the first whose condition holds is the finding',
    items: {
      type: 'object',
      description: 'One of fail, warn, pass',
      properties: { fail: outcome, warn: outcome, pass: outcome },
    },
  },
} as const satisfies ObjectSchema['properties'];
