/** Letters, digits, `-`, `_`: what tokens are made of, and most names. */
const joined = Uint8Array.from({ length: 256 }, (_, byte) => (/[\w-]/.test(String.fromCharCode(byte)) ? 1 : 0));

/**
 * Where runs of at least so many begin, in [from, to): one byte in so many is looked at, and what is around it where it is of a run.
 * Those of a run that began before are passed over.
 */
export function scanRuns(
  bytes: Uint8Array,
  from: number,
  to: number,
  least: number,
  hit: (start: number) => void,
): void {
  let at = from;
  while (at > 0 && at < bytes.length && joined[bytes[at - 1] as number] === 1) at++;
  for (let probe = at + least - 1; at < to && probe < bytes.length; probe = at + least - 1) {
    if (joined[bytes[probe] as number] === 0) {
      at = probe + 1;
      continue;
    }
    let start = probe;
    while (start > at && joined[bytes[start - 1] as number] === 1) start--;
    let end = probe + 1;
    while (end < bytes.length && joined[bytes[end] as number] === 1) end++;
    if (end - start >= least && start < to) hit(start);
    at = end + 1;
  }
}

/** Whether a text has one. */
export function hasRun(text: string, least: number): boolean {
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    length = joined[text.charCodeAt(at)] === 1 ? length + 1 : 0;
    if (length >= least) return true;
  }
  return false;
}
