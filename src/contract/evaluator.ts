/** A value that code from a spec gave: short text, any number (NaN too), or the name of what else it was. */
export type EvaluatedValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'other'; readonly value: string };

/** The keys that were asked for, or why there are none: `failure` is one sentence, without a full stop. */
export type Evaluated =
  | { readonly values: Readonly<Record<string, EvaluatedValue>> }
  /** `refused`: it was not even begun, because the user does not want it. */
  | { readonly failure: string; readonly refused?: true };

export interface Evaluation {
  /** A JavaScript expression that yields a function, sync or async (rule E5). */
  readonly source: string;
  /** Its only argument. Handed over as JSON. */
  readonly argument: unknown;
  /** Which keys of the object that it gives are read. */
  readonly keys: readonly string[];
}

/** Runs functions from a spec, which are hostile, away from this process (rules E1 to E6). */
export interface Evaluator {
  /** Never rejects, and ends whatever the function does. */
  evaluate(evaluation: Evaluation): Promise<Evaluated>;
}
