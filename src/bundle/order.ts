/**
 * Which paths stand elsewhere than a list says, as few as can be: all but a longest run that is in the list's order. What either
 * side does not know is passed over.
 */
export function outOfPlace(actual: Iterable<string>, listed: readonly string[]): readonly string[] {
  const places = new Map<string, number>();
  for (const [index, path] of listed.entries()) if (!places.has(path)) places.set(path, index);
  const paths = [...actual].filter((path) => places.has(path));
  const at = paths.map((path) => places.get(path) ?? 0);
  // Patience sorting: `ends[n]` is where the best run of n + 1 ends, `before[i]` is what stands before i in its run.
  const ends: number[] = [];
  const before: number[] = [];
  for (const [index, place] of at.entries()) {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((at[ends[middle] ?? 0] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    before.push(low === 0 ? -1 : (ends[low - 1] ?? -1));
    ends[low] = index;
  }
  const inPlace = new Set<number>();
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) inPlace.add(index);
  return paths.filter((_, index) => !inPlace.has(index));
}
