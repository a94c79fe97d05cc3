import { StringDecoder } from 'node:string_decoder';
import type { Limits } from '../contract/limits.ts';
import { neverCollected } from '../contract/never-collected.ts';
import { createBudget, isArchive } from './archives/archive.ts';
import { throughFiles } from './archives/members.ts';
import { contentOf, toBuffer } from './content.ts';
import { createRolling } from './rolling.ts';
import { createScrub } from './scrub.ts';
import type { Finder, Span } from './span.ts';
import { isWithheldNote, reasonOf, Withheld } from './withheld.ts';

/** What a second look at a redacted file finds: what rules would mask in it still, and where known secrets stand. */
export interface FileScan {
  write(piece: Uint8Array): void;
  end(): void;
}

/** Where something is that should not be there; never what it is. */
export interface Sighting {
  /** `canary 3` stands for the third line of the file of known secrets. */
  readonly rule: string;
  /** From 1; null in a name, and in what has no lines. */
  readonly line: number | null;
  /** In which file of an archive; absent: in the file itself. */
  readonly member?: string;
}

export interface ScanOptions {
  /** As it is to be told. */
  readonly path: string;
  /** The rules. */
  readonly finder: Finder;
  readonly canaries: Canaries;
  readonly onSighting: (sighting: Sighting) => void;
  /** Told why the rules cannot be applied to it, or to a file in it. */
  readonly onUnsearched: (path: string, reason: string) => void;
  /** Told of the name of a file in an archive; gives how it is to be told. */
  readonly onName: (name: string) => string;
  readonly limits: Limits;
}

/** Known secrets, looked for in each form that they may have. */
export interface Canaries {
  readonly longest: number;
  find(bytes: Buffer, from: number, to: number, hit: (start: number, end: number, line: number) => void): void;
}

const headBytes = 64 * 1024;

export function createScan(options: ScanOptions): FileScan {
  const { path, finder, canaries, onSighting, onUnsearched, onName, limits } = options;
  const scrub = createScrub({
    finders: [finder],
    onSpan: ({ rule }: Span, _found, line) => onSighting({ rule, line }),
  });
  const search = createSearch(canaries, (canary, line) => onSighting({ rule: `canary ${canary}`, line }));
  let head: Buffer[] | undefined = [];
  let held = 0;
  /** Undefined once the rules can be applied no more. */
  let toText: ((piece: Buffer) => Buffer) | undefined = (piece) => piece;
  let archive: Buffer[] | undefined;
  let archiveBytes = 0;

  function attempt(work: () => void): void {
    if (toText === undefined) return;
    try {
      work();
    } catch (error) {
      toText = undefined;
      onUnsearched(path, reasonOf(error));
    }
  }

  function begin(): void {
    const bytes = Buffer.concat(head ?? []);
    head = undefined;
    if (neverCollected(path) !== undefined && !isWithheldNote(bytes))
      onSighting({ rule: 'never-collected', line: null });
    attempt(() => {
      const content = contentOf(bytes);
      if (isArchive(content)) {
        archive = [];
        return take(bytes);
      }
      if (content === 'utf-16le' || content === 'utf-16be') toText = fromWide(content);
      else if (content !== 'text') throw new Withheld('it is binary');
      scrub.write(toText?.(bytes) ?? bytes);
    });
  }

  function take(piece: Buffer): void {
    if (archive === undefined) return void scrub.write(toText?.(piece) ?? piece);
    archiveBytes += piece.length;
    if (archiveBytes > limits.archiveBytes) {
      archive = [];
      throw new Withheld('it is an archive, and too large to be opened');
    }
    archive.push(Buffer.from(piece));
  }

  function scanArchive(bytes: Buffer): void {
    throughFiles(path, bytes, {
      budget: createBudget(limits),
      isReading: true,
      isAllowed: () => false,
      name: onName,
      withhold: onUnsearched,
      file(at, inside) {
        const scan = createScan({
          ...options,
          path: at,
          onSighting: (sighting) => onSighting({ ...sighting, member: at }),
        });
        scan.write(inside);
        scan.end();
        return inside;
      },
    });
  }

  return {
    write(lent) {
      search.write(lent);
      if (head === undefined) return attempt(() => take(toBuffer(lent)));
      const piece = Buffer.from(lent);
      head.push(piece);
      held += piece.length;
      if (held >= headBytes) begin();
    },
    end() {
      if (head !== undefined) begin();
      attempt(() => (archive === undefined ? void scrub.end() : scanArchive(Buffer.concat(archive))));
      search.end();
    },
  };
}

function fromWide(order: 'utf-16le' | 'utf-16be'): (piece: Buffer) => Buffer {
  const decoder = new StringDecoder('utf16le');
  let odd: Buffer = Buffer.alloc(0);
  return (piece) => {
    const bytes = Buffer.concat([odd, piece]);
    const even = bytes.length - (bytes.length % 2);
    odd = bytes.subarray(even);
    const units = bytes.subarray(0, even);
    return Buffer.from(decoder.write(order === 'utf-16be' ? Buffer.from(units).swap16() : units));
  };
}

/** Canaries in what comes by piece by piece, with the line each stands in. */
export function createSearch(canaries: Canaries, onHit: (canary: number, line: number) => void): FileScan {
  const windowBytes = 256 * 1024;
  const rolling = createRolling(2 * windowBytes);
  let line = 1;

  function search(isLast: boolean): void {
    const held = rolling.bytes;
    const to = isLast ? held.length : Math.max(0, held.length - canaries.longest);
    let counted = 0;
    const countTo = (end: number) => {
      for (let at = held.indexOf(10, counted); at !== -1 && at < end; at = held.indexOf(10, at + 1)) line++;
      counted = end;
    };
    canaries.find(held, 0, to, (start, _end, canary) => {
      countTo(start);
      onHit(canary, line);
    });
    countTo(to);
    rolling.drop(to);
  }

  return {
    write(piece) {
      rolling.append(piece);
      if (rolling.bytes.length >= windowBytes + canaries.longest) search(false);
    },
    end: () => search(true),
  };
}
