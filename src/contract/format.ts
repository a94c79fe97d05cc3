import type { ParamMistake } from './collector.ts';
import type { ObjectSchema } from './schema.ts';

/** Keys from the outside in; numbers are places in lists. */
export type KeyPath = readonly (string | number)[];

/** An item of another system as a collector and an analyzer of ours. */
export interface Adopted {
  /** Both under this key, as in a troubleshoot spec. */
  readonly type: string;
  readonly collector: Readonly<Record<string, unknown>>;
  readonly analyzer: Readonly<Record<string, unknown>>;
  /** Where a key of those two stands in what was written, so that mistakes are told there. */
  locate(path: KeyPath): KeyPath;
  /** What is wrong with its frame; `path` leads from the item. */
  readonly mistakes: readonly (ParamMistake & { readonly severity: 'error' | 'warning' })[];
}

/** A spec of another system: a document, or a list, of items that one check understands. */
export interface SpecFormat {
  /** As messages call one item, such as `check_tcp_connection item`. */
  readonly name: string;
  /** An item as its author writes it, for editors; keys of the other system that do not matter here are left open. */
  readonly schema: ObjectSchema;
  /** How one begins, for whoever wrote none. */
  readonly hint: string;
  /** Undefined when the item is of no kind known here; a reason when it is left alone on purpose. */
  adopt(item: Readonly<Record<string, unknown>>): Adopted | { readonly skip: string } | undefined;
}
