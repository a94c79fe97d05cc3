import { OutOfTime } from './rule.ts';

/**
 * Many texts searched for at once by their first bytes: three of these tell how far the next that could begin is away (Wu and Manber, A
 * fast algorithm for multi-pattern searching, 1994), so that most bytes are never looked at. Many that begin alike, as JSON Web Tokens
 * do, are told apart by length and last bytes.
 */
export interface Needles<T> {
  /** A character a byte. What is too short is not added. */
  add(needle: string, tag: T): void;
  /** The longest that stands at each place of [from, to). */
  find(bytes: Buffer, from: number, to: number, hit: (start: number, end: number, tag: T) => void): void;
  readonly count: number;
}

export interface NeedlesOptions {
  /** How many at most; absent: any number. */
  readonly most?: number;
  /** For how long one window may be searched. */
  readonly budgetMs: number;
}

export const headBytes = 8;

interface SameLength<T> {
  readonly length: number;
  /** Hashes of their last bytes. */
  readonly tails: Set<number>;
  readonly tags: Map<string, T>;
}

export function createNeedles<T>({ most = Number.POSITIVE_INFINITY, budgetMs }: NeedlesOptions): Needles<T> {
  /** By hash of the head; the longest first. */
  const byHead = new Map<number, SameLength<T>[]>();
  /** By the last three bytes of a head that may stand here: how far its begin is away at least. */
  const shifts = new Uint8Array(1 << blockBits).fill(headBytes - blockBytes + 1);
  let count = 0;

  function longestAt(groups: readonly SameLength<T>[], bytes: Buffer, at: number): SameLength<T> | undefined {
    return groups.find(({ length, tails, tags }) => {
      const end = at + length;
      return (
        end <= bytes.length && tails.has(hashOf(bytes, end - headBytes)) && tags.has(bytes.toString('latin1', at, end))
      );
    });
  }

  return {
    get count() {
      return count;
    },
    add(needle, tag) {
      if (needle.length < headBytes || count >= most) return;
      const bytes = Buffer.from(needle, 'latin1');
      const head = hashOf(bytes, 0);
      const groups = byHead.get(head) ?? [];
      byHead.set(head, groups);
      for (let end = blockBytes; end <= headBytes; end++) {
        const block = blockOf(bytes, end);
        shifts[block] = Math.min(shifts[block] as number, headBytes - end);
      }
      let group = groups.find(({ length }) => length === bytes.length);
      if (group === undefined) {
        group = { length: bytes.length, tails: new Set(), tags: new Map() };
        groups.push(group);
        groups.sort((a, b) => b.length - a.length);
      }
      if (group.tags.has(needle)) return;
      group.tails.add(hashOf(bytes, bytes.length - headBytes));
      group.tags.set(needle, tag);
      count++;
    },
    find(bytes, from, to, hit) {
      if (count === 0 || bytes.length - from < headBytes) return;
      const last = Math.min(to, bytes.length - headBytes + 1);
      const start = performance.now();
      let looks = 0;
      for (let at = from; at < last; ) {
        const shift = shifts[blockOf(bytes, at + headBytes)] as number;
        if (shift > 0) {
          at += shift;
          continue;
        }
        const groups = byHead.get(hashOf(bytes, at));
        if (groups !== undefined) {
          if (++looks % 256 === 0 && performance.now() - start > budgetMs) throw new OutOfTime();
          const found = longestAt(groups, bytes, at);
          if (found !== undefined) {
            const end = at + found.length;
            hit(at, end, found.tags.get(bytes.toString('latin1', at, end)) as T);
          }
        }
        at++;
      }
    },
  };
}

const blockBytes = 3;
const blockBits = 18;

/** Of the bytes before `end`. Two blocks of one number cost a look, and never a needle. */
function blockOf(bytes: Uint8Array, end: number): number {
  const block = ((bytes[end - 3] as number) << 12) ^ ((bytes[end - 2] as number) << 6) ^ (bytes[end - 1] as number);
  return block & ((1 << blockBits) - 1);
}

const base = 0x01000193;

function hashOf(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + headBytes; at++) hash = (Math.imul(hash, base) + (bytes[at] as number)) | 0;
  return hash;
}
