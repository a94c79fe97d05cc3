import type { Verdict } from '../contract/finding.ts';

/** Colour for a terminal, or none: the words are the same. */
export interface Style {
  verdict(verdict: Verdict, text: string): string;
  bold(text: string): string;
  dim(text: string): string;
}

const codes: Readonly<Record<Verdict, number>> = { pass: 32, warn: 33, fail: 31, unknown: 35, skipped: 90 };

export function createStyle(color: boolean): Style {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    verdict: (verdict, text) => paint(codes[verdict], text),
    bold: (text) => paint(1, text),
    dim: (text) => paint(2, text),
  };
}

export const marks: Readonly<Record<Verdict, string>> = { pass: '✔', warn: '!', fail: '✘', unknown: '?', skipped: '-' };
