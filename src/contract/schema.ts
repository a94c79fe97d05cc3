/** Our subset of JSON Schema: what a check declares, and the types that follow from it. */

interface Described {
  /** One sentence on what the value means; with its unit and source where it has them. */
  readonly description: string;
  /** Of a result: the key is left out where it would say nothing. All others are always written. */
  readonly optional?: true;
  readonly nullable?: boolean;
}

export interface StringSchema extends Described {
  readonly type: 'string';
  readonly enum?: readonly string[];
  /** `go-duration`: text that Go's time.ParseDuration takes, such as `10s` or `1m30s`. */
  readonly format?: 'go-duration';
  readonly default?: string;
  readonly minLength?: number;
}

export interface NumberSchema extends Described {
  readonly type: 'number' | 'integer';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface BooleanSchema extends Described {
  readonly type: 'boolean';
  /** Also takes the texts of Go's strconv.ParseBool; the loader hands on a boolean. */
  readonly parseBool?: true;
  readonly default?: boolean;
}

export interface ArraySchema extends Described {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** The schema of every key that `properties` does not name; without it such a key is unknown. */
  readonly values?: Schema;
}

/** Any JSON value at all: what somebody else wrote. */
export interface AnySchema extends Described {
  readonly type: 'any';
}

export type Schema = AnySchema | StringSchema | NumberSchema | BooleanSchema | ArraySchema | ObjectSchema;

type OrNull<S, T> = S extends { readonly nullable: true } ? T | null : T;

type Scalar<S extends Schema> = S extends AnySchema
  ? unknown
  : S extends StringSchema
    ? S extends { readonly enum: readonly (infer E)[] }
      ? E
      : string
    : S extends NumberSchema
      ? number
      : S extends BooleanSchema
        ? boolean
        : never;

type RequiredKeys<S extends ObjectSchema> = S extends { readonly required: readonly (infer K)[] }
  ? K & keyof S['properties']
  : never;
type DefaultedKeys<S extends ObjectSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { readonly default: unknown } ? K : never;
}[keyof S['properties']];
type OptionalKeys<S extends ObjectSchema> = Exclude<keyof S['properties'], RequiredKeys<S> | DefaultedKeys<S>>;

type Flat<T> = { [K in keyof T]: T[K] };

/** The value that validation hands on: defaults filled in, so a key with a default is never absent. */
export type Infer<S extends Schema> = S extends ArraySchema
  ? readonly Infer<S['items']>[]
  : S extends ObjectSchema
    ? S extends { readonly values: infer V extends Schema }
      ? Readonly<Record<string, Infer<V>>>
      : Flat<
          { readonly [K in RequiredKeys<S> | DefaultedKeys<S>]: Infer<S['properties'][K]> } & {
            readonly [K in OptionalKeys<S>]?: Infer<S['properties'][K]> | undefined;
          }
        >
    : OrNull<S, Scalar<S>>;

type LeftOut<S extends ObjectSchema> = {
  [K in keyof S['properties']]: S['properties'][K] extends { readonly optional: true } ? K : never;
}[keyof S['properties']];

/** A result as we write it: every declared key is there, but for those that are optional. */
export type Written<S extends Schema> = OrNull<
  S,
  S extends ArraySchema
    ? readonly Written<S['items']>[]
    : S extends ObjectSchema
      ? S extends { readonly values: infer V extends Schema }
        ? Readonly<Record<string, Written<V>>>
        : Flat<
            { readonly [K in Exclude<keyof S['properties'], LeftOut<S>>]: Written<S['properties'][K]> } & {
              readonly [K in LeftOut<S>]?: Written<S['properties'][K]>;
            }
          >
      : Scalar<S>
>;

type Loose<S extends Schema> = S extends StringSchema ? OrNull<S, string> : Written<S>;

/** A result as anybody may have written it: only the required keys are sure, and its words are any words. */
export type Reading<S extends Schema> = S extends ObjectSchema
  ? OrNull<
      S,
      Flat<
        { readonly [K in RequiredKeys<S>]: Loose<S['properties'][K]> } & {
          readonly [K in Exclude<keyof S['properties'], RequiredKeys<S>>]?: Loose<S['properties'][K]> | undefined;
        }
      >
    >
  : Loose<S>;
