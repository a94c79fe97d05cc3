/**
 * Tokens that their vendors begin with a fixed prefix, from the vendors' own pages. Examples are made of repeated characters, so
 * that nobody takes them for real.
 */
export interface Vendor {
  readonly name: string;
  readonly anchors: readonly string[];
  readonly token: RegExp;
  readonly example: string;
  /** What stands in front of the part that it is known by; it is no secret alone. */
  readonly lead?: string;
}

/** A text over and over, to a length. */
export const r = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

export const uuid = [8, 4, 4, 4, 12].map((length) => r('a1', length)).join('-');
