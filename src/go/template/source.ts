import { TemplateError, type TemplatePlace } from './error.ts';

const shownCharacters = 120;

/** The text of a template with what is needed to name a place in it. */
export interface Source {
  readonly text: string;
  readonly left: string;
  readonly right: string;
  readonly lineStarts: readonly number[];
}

export function createSource(text: string, left: string, right: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  return { text, left, right, lineStarts };
}

/** The line, from 1, in which the character at this offset stands. */
export function lineAt(source: Source, offset: number): number {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.lineStarts[middle] ?? 0) <= offset) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low + 1;
}

export function errorAt(source: Source, offset: number, reason: string): TemplateError {
  return new TemplateError(reason, placeAt(source, offset));
}

export function placeAt(source: Source, offset: number): TemplatePlace {
  const line = lineAt(source, offset);
  const column = offset - (source.lineStarts[line - 1] ?? 0) + 1;
  return { line, column, expression: tagAround(source, offset) };
}

/** A tag that never ends is shown to the end of its line. */
function tagAround({ text, left, right }: Source, offset: number): string {
  const start = Math.max(0, text.lastIndexOf(left, offset));
  const end = text.indexOf(right, Math.max(offset, start + left.length));
  const newline = text.indexOf('\n', offset);
  const stop = end >= 0 ? end + right.length : newline >= 0 ? newline : text.length;
  const tag = text.slice(start, Math.min(stop, start + shownCharacters));
  return (stop - start > shownCharacters ? `${tag}…` : tag).replace(/\s+/g, ' ').trim();
}
