/** What stands in the place of a secret: the Go tool's own mark, so that people recognise it. */
export const mask = '***HIDDEN***';

/** A stretch of a window that must not come out: offsets of its first byte and of the one behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Id of the rule that found it. */
  readonly rule: string;
  /** Whether the same text is masked wherever else it appears. */
  readonly isSecret: boolean;
  /** What is put there; absent: the mask. */
  readonly replacement?: string;
  /** A number in JSON: its mask needs quotes of its own. */
  readonly isBare?: boolean;
  /**
   * Where it would end, were it not cut by the end of the window; absent: at the end of its line. Whatever follows is masked
   * until then.
   */
  readonly until?: string;
}

/** A piece of a file, of which offsets are bytes. */
export interface Window {
  readonly bytes: Buffer;
  /** The same as text, one character a byte, so that what is no UTF-8 survives and offsets agree. */
  readonly text: string;
  /** Whether the file ends with it. */
  readonly isLast: boolean;
}

/** Finds what must not come out. What it finds begins at `from` or behind; whatever begins at `to` or behind is left to a later call. */
export interface Finder {
  find(window: Window, from: number, to: number): readonly Span[];
}

/** Sorted, without overlaps, and without what is masked already. Where a secret overlaps something else, all of it is secret. */
export function merged(spans: readonly Span[], text: string): Span[] {
  const sorted = spans.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start || b.end - a.end);
  const kept: Span[] = [];
  for (const span of sorted) {
    const before = kept.at(-1);
    if (before === undefined || span.start >= before.end) {
      kept.push(span);
    } else if (span.end > before.end || (before.replacement !== undefined && span.replacement === undefined)) {
      const { start } = before;
      const main = before.replacement === undefined ? before : span;
      kept[kept.length - 1] = {
        ...main,
        start,
        end: Math.max(before.end, span.end),
        isSecret: before.isSecret || span.isSecret,
      };
    }
  }
  return kept.filter((span) => !isMasked(text, span));
}

/** What begins with a mask was looked at before. */
function isMasked(text: string, { start, end }: Span): boolean {
  return text.startsWith(mask, start) || text.slice(start, end).replaceAll(mask, '').trim() === '';
}

/** What a span becomes: line ends stay, so that lines keep their numbers, and so does what leads a line in. */
export function maskOf(text: string, { start, end, replacement, isBare }: Span): string {
  if (replacement !== undefined) return replacement;
  if (isBare === true) return `"${mask}"`;
  const found = text.slice(start, end);
  if (!/[\r\n\0]/.test(found)) return mask;
  return found.replace(/[^\r\n\0]+/g, (line) =>
    line.trim() === '' ? line : `${/^[ \t]*/.exec(line)?.[0] ?? ''}${mask}`,
  );
}
