import type { Masked } from '../contract/bundle.ts';
import { contentOf, type TextWatch, watchText } from './content.ts';
import type { Notes } from './report.ts';
import { createScrub } from './scrub.ts';
import type { Finder } from './span.ts';
import { reasonOf, Withheld } from './withheld.ts';

/** A file that is too large to be held, as it goes by: what is given out is masked, as far as it is known to be text. */
export interface Passage {
  write(piece: Uint8Array): readonly Uint8Array[];
  end(): Passed;
}

/** The rest of it; or why it is withheld, and then nothing of what was given out may be kept. */
export type Passed =
  | { readonly pieces: readonly Uint8Array[]; readonly masked: readonly Masked[] }
  | { readonly withheld: string };

export interface PassageOptions {
  readonly finders: readonly Finder[];
  readonly notes: Notes;
  /** What was masked in it before. */
  readonly before: readonly Masked[];
  /** Whether a binary file is taken as it is. */
  readonly isAllowed: boolean;
}

/** Told by so much of its beginning; the rest must be of the same kind. */
const headBytes = 64 * 1024;

export function createPassage({ finders, notes, before, isAllowed }: PassageOptions): Passage {
  const scrub = createScrub({ finders, onSpan: notes.note });
  let head: Uint8Array[] | undefined = [];
  let held = 0;
  let watch: TextWatch | undefined;
  let failure: string | undefined;

  function take(piece: Uint8Array): readonly Uint8Array[] {
    if (head === undefined) return watch === undefined ? [piece] : watched(piece, watch);
    // The pieces are only lent.
    head.push(Buffer.from(piece));
    held += piece.length;
    return held < headBytes ? [] : begin();
  }

  function begin(): readonly Uint8Array[] {
    const bytes = Buffer.concat(head ?? []);
    head = undefined;
    const content = contentOf(bytes);
    if (content === 'text') {
      watch = watchText();
      return watched(bytes, watch);
    }
    if (content === 'binary' && isAllowed) return [bytes];
    const wide = content === 'utf-16le' || content === 'utf-16be';
    throw new Withheld(
      wide
        ? 'it is UTF-16, and too large'
        : content === 'binary'
          ? 'it is binary'
          : `it is an archive (${content}), and too large to be opened`,
    );
  }

  function watched(piece: Uint8Array, { see }: TextWatch): readonly Uint8Array[] {
    see(piece);
    return scrub.write(piece);
  }

  function attempt<T>(work: () => T, otherwise: T): T {
    if (failure !== undefined) return otherwise;
    try {
      return work();
    } catch (error) {
      failure = reasonOf(error);
      return otherwise;
    }
  }

  return {
    write: (piece) => attempt(() => take(piece), []),
    end() {
      const first = attempt(() => (head === undefined ? [] : begin()), []);
      const last = attempt(() => (watch === undefined ? [] : scrub.end()), []);
      if (failure === undefined && watch?.isText() === false) failure = 'it is binary';
      return failure === undefined
        ? { pieces: [...first, ...last], masked: notes.about({ masked: before }).masked ?? [] }
        : { withheld: failure };
    },
  };
}
