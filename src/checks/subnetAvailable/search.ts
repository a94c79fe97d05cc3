import { bitsOf, lastOf, type Network, overlap } from '../../go/net-ip.ts';

/** Something that takes addresses, and what it is. */
export interface Taken {
  readonly network: Network;
  readonly what: string;
}

export interface Search {
  /** The first free one; undefined when there is none. */
  readonly found: Network | undefined;
  /** What the search met on its way, in the order of addresses. */
  readonly blockers: readonly Taken[];
  /** How many of those taken lie in the range. */
  readonly inside: number;
}

/**
 * The first block of a size within a range that nothing taken overlaps. Blocks begin at multiples of their size, from the begin of
 * the range; behind whatever is taken the search goes on, so that it takes as long as there are routes, not addresses.
 */
export function findFree(range: Network, prefix: number, taken: readonly Taken[]): Search {
  const { family } = range;
  const size = 1n << BigInt(bitsOf(family) - prefix);
  const inside = taken
    .filter(({ network }) => overlap(network, range))
    .toSorted(
      (one, other) => Number(one.network.value > other.network.value) - Number(one.network.value < other.network.value),
    );
  const blockers: Taken[] = [];
  let begin = range.value;
  for (const one of inside) {
    if (one.network.value >= begin + size) break;
    const last = lastOf(one.network);
    if (last < begin) continue;
    blockers.push(one);
    begin = ((last + size) / size) * size;
  }
  const found = begin + size - 1n <= lastOf(range) ? { family, value: begin, prefix } : undefined;
  return { found, blockers, inside: inside.length };
}
