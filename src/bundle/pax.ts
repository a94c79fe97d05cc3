/** POSIX.1-2001 pax, section "pax Extended Header": records of the form "LENGTH KEY=VALUE\n". */
import { quoted, type Refuse } from './refusal.ts';

const sparse = /^(?:GNU\.sparse\.|SCHILY\.(?:realsize|filetype)$)/;
const space = 0x20;
const lineFeed = 0x0a;

/** The records that decide what an entry is, checked so that the parser's own, laxer reading comes to the same. */
export function readPax(bytes: Buffer, isGlobal: boolean, refuse: Refuse): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = recordLength(bytes, at);
    if (length === undefined) throw refuse('bad-header', 'a PAX header holds a record whose length is wrong');
    const record = bytes.subarray(at + String(length).length + 1, at + length - 1);
    const [key, value] = readRecord(record, refuse);
    if (records.has(key)) throw refuse('bad-header', `a PAX header holds ${quoted(key)} twice`);
    if (isGlobal && key !== 'comment') {
      throw refuse('bad-header', `a global PAX header sets ${quoted(key)}; a bundle may only hold a comment there`);
    }
    records.set(key, value);
    at += length;
  }
  return records;
}

/** Undefined unless the length is canonical, inside the header, and ends the record at its line feed. */
function recordLength(bytes: Buffer, at: number): number | undefined {
  const blank = bytes.indexOf(space, at);
  if (blank === -1 || blank - at > 9) return undefined;
  const digits = bytes.toString('latin1', at, blank);
  const length = Number(digits);
  if (!/^[1-9][0-9]*$/.test(digits) || at + length > bytes.length) return undefined;
  return length > digits.length + 2 && bytes[at + length - 1] === lineFeed ? length : undefined;
}

function readRecord(record: Buffer, refuse: Refuse): readonly [string, string] {
  const text = record.toString('utf8');
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(equals, 0));
  const value = text.slice(equals + 1);
  if (key === '') throw refuse('bad-header', 'a PAX header holds a record without a key');
  // The parser reads records line by line, so a line feed inside one could smuggle in another.
  if (text.includes('\n')) throw refuse('bad-header', `the PAX record ${quoted(key)} holds a line feed`);
  if (text.includes('\0')) throw refuse('bad-name', `the PAX record ${quoted(key)} holds a NUL`);
  if (sparse.test(key)) throw refuse('forbidden-type', `the PAX record ${quoted(key)} marks a sparse file`);
  if (Object.hasOwn(numbers, key) && !numbers[key]?.(value)) {
    throw refuse(
      'bad-header',
      `a PAX header gives the ${key} ${quoted(value)}, which is no such number; other readers stop there`,
    );
  }
  if (key === 'hdrcharset' && value !== 'BINARY' && value !== 'ISO-IR 10646 2000 UTF-8') {
    throw refuse(
      'bad-header',
      `a PAX header gives the character set ${quoted(value)}; readers would disagree on its names`,
    );
  }
  // The parser drops a record that is not UTF-8, and the entry would keep its other name.
  if ((key === 'path' || key === 'linkpath') && (value === '' || !Buffer.from(text).equals(record))) {
    throw refuse('bad-name', `the PAX record ${quoted(key)} is empty or not UTF-8`);
  }
  return [key, value];
}

const numbers: Readonly<Record<string, (value: string) => boolean>> = {
  size: (value) => isWhole(value, Number.MAX_SAFE_INTEGER),
  uid: (value) => isWhole(value, 0xffffffff),
  gid: (value) => isWhole(value, 0xffffffff),
  mtime: isTime,
  atime: isTime,
  ctime: isTime,
};

function isWhole(value: string, most: number): boolean {
  return /^(?:0|[1-9][0-9]{0,15})$/.test(value) && Number(value) <= most;
}

/** Seconds since 1970, with as many digits behind the point as a writer likes. */
function isTime(value: string): boolean {
  return /^-?[0-9]{1,15}(?:\.[0-9]*)?$/.test(value);
}
