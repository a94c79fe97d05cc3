import { toBuffer } from './content.ts';
import { createRolling } from './rolling.ts';
import { type Finder, mask, maskOf, merged, type Span, type Window } from './span.ts';

/** A file passing through: what is given comes out masked, piece by piece, in bounded memory. */
export interface Scrub {
  /** The piece is only lent; what it gives is, until the next call. */
  write(piece: Uint8Array): readonly Buffer[];
  end(): readonly Buffer[];
  /** Instead of both, for a file that is held anyway: what it gives is part of it. */
  whole(bytes: Uint8Array): readonly Buffer[];
}

/** Told of each span that was masked, with the line that it stands in, from 1. */
export type OnSpan = (span: Span, found: string, line: number) => void;

export interface ScrubOptions {
  readonly finders: readonly Finder[];
  readonly onSpan: OnSpan;
  /** Of tests alone. */
  readonly sizes?: Sizes;
}

/** How much is looked at in one go, how much of what follows a finder sees, and how much of what went before. */
interface Sizes {
  readonly windowBytes: number;
  readonly aheadBytes: number;
  readonly behindBytes: number;
}

const usual: Sizes = { windowBytes: 256 * 1024, aheadBytes: 64 * 1024, behindBytes: 8 * 1024 };

/**
 * Goes over a file window by window. Windows begin where the content says and never where a piece happened to end, so that how it
 * comes in changes nothing. What is found may lie behind the end of what is given out: it is kept for the next window.
 */
export function createScrub({ finders, onSpan, sizes = usual }: ScrubOptions): Scrub {
  const { windowBytes, aheadBytes, behindBytes } = sizes;
  const rolling = createRolling(2 * windowBytes);
  let held: Buffer = rolling.bytes;
  /** How much of `held` has been given out, and how much has been searched. */
  let given = 0;
  let searched = 0;
  let known: readonly Span[] = [];
  let line = 1;
  /** Set while what goes by belongs to a span that was longer than a window. */
  let until: string | undefined;

  function next(isEnd: boolean): Buffer[] {
    const out: Buffer[] = [];
    while (held.length - given >= windowBytes) out.push(...step(held.subarray(0, given + windowBytes), false));
    if (isEnd) while (given < held.length) out.push(...step(held, true));
    return out;
  }

  function step(bytes: Buffer, isLast: boolean): Buffer[] {
    if (until !== undefined) return swallow(bytes, until, isLast);
    const window = windowOf(bytes, isLast);
    let cut = isLast ? bytes.length : lineEnd(bytes, bytes.length - aheadBytes, aheadBytes);
    const found = finders.flatMap((finder) => finder.find(window, searched, cut));
    searched = Math.max(searched, cut);
    if (found.length === 0 && known.length === 0) {
      const piece = give(bytes, cut);
      forget();
      return [piece];
    }

    let spans = merged([...known, ...found], window.text);
    const last = spans.at(-1);
    const across = spans.find(({ start, end }) => start < cut && end > cut);
    if (last !== undefined && last.end === bytes.length && !isLast) {
      // Nobody knows how far it goes: what stands before it is done with, and then all that comes is swallowed.
      if (last.start > cut)
        spans = merged([...spans, ...finders.flatMap((finder) => finder.find(window, cut, last.start))], window.text);
      cut = bytes.length;
    } else if (across !== undefined) {
      cut = across.start > given ? across.start : across.end;
    }
    const pieces: Buffer[] = [];
    for (const span of spans) {
      if (span.end > cut) break;
      if (span.start > given) pieces.push(give(bytes, span.start));
      onSpan(span, window.text.slice(span.start, span.end), line);
      give(bytes, span.end);
      pieces.push(Buffer.from(maskOf(window.text, span), 'latin1'));
      if (!isLast && span.end === bytes.length) until = span.until ?? '\n';
    }
    known = spans.filter(({ end }) => end > cut);
    if (given < cut) pieces.push(give(bytes, cut));
    forget();
    return pieces;
  }

  /** Lets go by what is neither searched nor shown, up to the end of a span that is longer than a window. */
  function swallow(bytes: Buffer, marker: string, isLast: boolean): Buffer[] {
    let found = bytes.indexOf(marker, given, 'latin1');
    while (found !== -1 && bytes[found - 1] === backslash) found = bytes.indexOf(marker, found + 1, 'latin1');
    const end = found === -1 ? (isLast ? bytes.length : Math.max(given, bytes.length - marker.length)) : found;
    const lines = bytes.toString('latin1', given, end).replace(/[^\r\n]+/g, '');
    const masked = lines.replace(/\r?\n|\r/g, (ending: string) => `${ending}${mask}`);
    if (found !== -1) until = undefined;
    give(bytes, end);
    searched = Math.max(searched, end);
    forget();
    return [Buffer.from(masked, 'latin1')];
  }

  function give(bytes: Buffer, end: number): Buffer {
    const piece = bytes.subarray(given, end);
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) line++;
    given = end;
    return piece;
  }

  /** What a finder may still look back at stays. */
  function forget(): void {
    searched = Math.max(searched, given);
    const gone = Math.max(0, given - behindBytes);
    held = held.subarray(gone);
    rolling.drop(gone);
    given -= gone;
    searched -= gone;
    known = known.map((span) => ({ ...span, start: span.start - gone, end: span.end - gone }));
  }

  return {
    write(piece) {
      rolling.append(piece);
      held = rolling.bytes;
      return next(false);
    },
    end: () => next(true),
    whole(bytes) {
      held = toBuffer(bytes);
      return next(true);
    },
  };
}

const backslash = 92;

/** Most windows hold nothing that anybody looks at: the text is made when it is asked for. */
function windowOf(bytes: Buffer, isLast: boolean): Window {
  let text: string | undefined;
  return {
    bytes,
    isLast,
    get text() {
      text ??= bytes.toString('latin1');
      return text;
    },
  };
}

/** Behind the last line end before `wanted`; in a long line, there itself. */
function lineEnd(bytes: Buffer, wanted: number, nearbyBytes: number): number {
  const found = bytes.lastIndexOf(10, wanted - 1);
  return found !== -1 && wanted - found <= nearbyBytes ? found + 1 : wanted;
}
