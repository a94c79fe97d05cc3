import type { ResultDeclaration } from './collector.ts';
import type { Infer, ObjectSchema, Reading, Schema } from './schema.ts';

/** Thrown by `condition` for a `when` that no result can ever fulfil. The message says what to write instead. */
export class WhenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WhenError';
  }
}

export interface AnalyzerDeclaration<P extends ObjectSchema, R extends Schema> {
  readonly type: string;
  /** What it is called where its author gave no `checkName`. */
  readonly title: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Parameters of its own, besides those that every analyzer takes. */
  readonly params: P;
  /** The collector whose result it judges: gives its path and its type. */
  readonly reads: ResultDeclaration<R>;
  /** How a `when` may be written, for `explain` and the schema. */
  readonly when: string;
  /** What a finding shows of the result, in this order. */
  readonly evidence: readonly (keyof Reading<R> & string)[];
  /** Parses a `when` once, as the spec is loaded. Throws `WhenError`. */
  condition(when: string, params: Infer<P>): Condition<R>;
}

/** Written as a method, so that the analyzer of one result fits into the list of all. */
type Condition<R extends Schema> = { test(result: Reading<R>): boolean }['test'];

export interface Analyzer<P extends ObjectSchema = ObjectSchema, R extends Schema = Schema>
  extends Omit<AnalyzerDeclaration<P, R>, 'evidence'> {
  readonly evidence: readonly string[];
}

export function defineAnalyzer<const P extends ObjectSchema, R extends Schema>(
  declaration: AnalyzerDeclaration<P, R>,
): Analyzer<P, R> {
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
