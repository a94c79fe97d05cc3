import type { IncomingMessage } from 'node:http';

/** Header lines in their order, with canonical names. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** `content-type` as Go's net/textproto spells it: `Content-Type`; what is no token stays as it is. */
export function canonicalName(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Of the way in which a body came, not of the answer; Go's net/http takes them away as well. */
const ofTransfer: ReadonlySet<string> = new Set(['Transfer-Encoding', 'Trailer']);

/** What is no UTF-8 becomes U+FFFD. */
export function headersOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): Headers {
  const lines: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = Buffer.from(rawHeaders[at + 1] ?? '', 'latin1').toString('utf8');
    const name = canonicalName(rawHeaders[at] ?? '');
    if (!ofTransfer.has(name)) lines.push([name, value]);
  }
  return lines;
}

/** The first of that canonical name. */
export function headerOf(headers: Headers, name: string): string | undefined {
  return headers.find(([own]) => own === name)?.[1];
}

/** As the Go tool writes them: several values of one name joined by a comma. */
export function joined(headers: Headers): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = all.get(name);
    all.set(name, before === undefined ? value : `${before},${value}`);
  }
  return all;
}
