import type { Entry } from '../contract/bundle.ts';
import { shortened } from '../contract/cut.ts';

/** Below this a file's head and tail would tell nobody anything. */
const leastBytes = 4 * 1024;

/**
 * About this share of all bytes: the largest raw files are cut to one common size. Results are documents and are never cut. Undefined
 * when nothing is left to cut.
 */
export function shrink(entries: readonly Entry[], share: number): readonly Entry[] | undefined {
  const total = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const sizes = entries.filter(({ isRaw }) => isRaw === true).map(({ bytes }) => bytes.length);
  if (!sizes.some((size) => size > leastBytes)) return undefined;
  // A little more than seems necessary: how well the rest compresses is not known before.
  const maxBytes = commonSize(sizes, total * (1 - share * 0.95));
  return entries.map((entry) => (entry.isRaw === true ? shortened(entry, maxBytes) : entry));
}

/** To which the largest must be cut so that `excess` bytes go. */
function commonSize(sizes: readonly number[], excess: number): number {
  const sorted = sizes.toSorted((a, b) => b - a);
  let sum = 0;
  for (const [index, size] of sorted.entries()) {
    sum += size;
    const common = Math.floor((sum - excess) / (index + 1));
    if (common >= (sorted[index + 1] ?? 0)) return Math.max(common, leastBytes);
  }
  return leastBytes;
}
