import type { Collection } from './manifest.ts';

/** A collector that has come to its end, with what it leaves: text at first, redacted later. */
export interface Ended<E extends { readonly path: string }> {
  readonly collection: Collection;
  readonly entries: readonly E[];
  /**
   * Its file below `host-collectors/errors/`. Its number there, and its place among the paths of `collection`, it gets when all
   * have ended.
   */
  readonly error?: { readonly title: string; readonly entry: E };
}
