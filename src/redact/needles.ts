import { OutOfTime } from './rule.ts';

/**
 * Many texts searched for at once, by a rolling hash of their first bytes, so that a thousand cost no more than one. Many that begin
 * alike, as JSON Web Tokens do, are told apart by length and last bytes.
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
  const bloom = new Uint8Array(1 << 16);
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
      bloom[head >>> 16] = 1;
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
      let hash = hashOf(bytes, from);
      for (let at = from; at < last; at++) {
        const groups = bloom[hash >>> 16] === 1 ? byHead.get(hash) : undefined;
        if (groups !== undefined) {
          if (++looks % 256 === 0 && performance.now() - start > budgetMs) throw new OutOfTime();
          const found = longestAt(groups, bytes, at);
          if (found !== undefined) {
            const end = at + found.length;
            hit(at, end, found.tags.get(bytes.toString('latin1', at, end)) as T);
          }
        }
        hash = (Math.imul(hash - Math.imul(bytes[at] as number, highest), base) + (bytes[at + headBytes] ?? 0)) | 0;
      }
    },
  };
}

const base = 0x01000193;
const highest = Math.imul(
  Math.imul(Math.imul(base, base), Math.imul(base, base)),
  Math.imul(Math.imul(base, base), base),
);

function hashOf(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + headBytes; at++) hash = (Math.imul(hash, base) + (bytes[at] as number)) | 0;
  return hash;
}
