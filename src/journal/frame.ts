import { createHash } from 'node:crypto';

/**
 * How a record stands in a journal: ten digits of length, a blank, the SHA-256 of the payload in hexadecimal, a line feed, the
 * payload. Records are only ever added at the end, so after a kill at any byte, or a power cut that kept some blocks and not
 * others, all that stands before the first record that does not fit is as it was written.
 */
const digits = 10;
const headBytes = digits + 1 + 64 + 1;

export function framed(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(headOf(payload)), payload]);
}

/** The payloads of all whole records, and whether anything stands after them. */
export function unframed(bytes: Buffer): { readonly payloads: readonly Buffer[]; readonly isTorn: boolean } {
  const payloads: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const head = bytes.toString('latin1', at, at + headBytes);
    const end = at + headBytes + Number(head.slice(0, digits));
    const payload = bytes.subarray(at + headBytes, end);
    if (!(end <= bytes.length) || head !== headOf(payload)) return { payloads, isTorn: true };
    payloads.push(payload);
    at = end;
  }
  return { payloads, isTorn: false };
}

function headOf(payload: Buffer): string {
  const sha256 = createHash('sha256').update(payload).digest('hex');
  return `${String(payload.length).padStart(digits, '0')} ${sha256}\n`;
}
