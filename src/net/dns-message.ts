import { SocketAddress } from 'node:net';

/** Messages of DNS (RFC 1035): a question as bytes, and what comes back, which is hostile until it is read. */

export const recordTypes = { A: 1, AAAA: 28, CNAME: 5 } as const;
export type RecordType = keyof typeof recordTypes;

export interface DnsRecord {
  readonly type: number;
  /** An address, or a name with its final dot; undefined for data that we do not read. */
  readonly value: string | undefined;
  /** As a line of a zone file, as the Go tool writes it. */
  readonly line: string;
}

export interface DnsAnswer {
  readonly responseCode: string;
  /** There was more than the message could hold. */
  readonly truncated: boolean;
  readonly records: readonly DnsRecord[];
}

const responseCodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const nameTypes: Readonly<Record<number, string>> = { 2: 'NS', 5: 'CNAME', 12: 'PTR', 39: 'DNAME' };
const internet = 1;
const headerBytes = 12;
const mostRecords = 256;

/** A question for one name, recursion desired. Undefined for what can be no name: a label or the whole is too long or empty. */
export function encodeQuestion(id: number, name: string, type: RecordType): Buffer | undefined {
  const labels = labelsOf(name);
  if (labels === undefined) return undefined;
  const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const encoded = labels.flatMap((label) => [Buffer.from([label.length]), label]);
  return Buffer.concat([header, ...encoded, Buffer.from([0, 0, recordTypes[type], 0, internet])]);
}

/** The answer to a question; undefined for anything else. Throws on a message that is none. */
export function decodeAnswer(message: Buffer, question: Buffer): DnsAnswer | undefined {
  if (message.length < headerBytes) throw new Error('the message is shorter than its header');
  const flags = message.readUInt16BE(2);
  const isResponse = (flags & 0x8000) !== 0;
  if (!isResponse || message.readUInt16BE(0) !== question.readUInt16BE(0)) return undefined;
  const reader = createReader(message);
  const [questions, answers] = [message.readUInt16BE(4), message.readUInt16BE(6)];
  // A server that refuses may leave the question out.
  if (questions === 1) {
    const asked = createReader(question);
    const [name, wanted] = [reader.name(), asked.name()];
    if (name.toLowerCase() !== wanted.toLowerCase() || reader.number(2) !== asked.number(2)) return undefined;
    reader.number(2);
  } else if (questions > 1 || answers > 0) {
    return undefined;
  }
  const truncated = (flags & 0x0200) !== 0;
  const responseCode = responseCodes[flags & 15] ?? `RCODE${flags & 15}`;
  const records: DnsRecord[] = [];
  try {
    while (records.length < Math.min(answers, mostRecords)) records.push(reader.record());
  } catch (error) {
    // Cut anywhere; what is whole counts.
    if (!truncated) throw error;
  }
  return { responseCode, truncated, records };
}

interface Reader {
  number(bytes: 2 | 4): number;
  name(): string;
  record(): DnsRecord;
}

function createReader(message: Buffer): Reader {
  let at = headerBytes;

  const take = (bytes: number): Buffer => {
    if (at + bytes > message.length) throw new Error('the message ends within a record');
    at += bytes;
    return message.subarray(at - bytes, at);
  };
  const number = (bytes: 2 | 4) => take(bytes).readUIntBE(0, bytes);
  const name = (): string => {
    const { text, end } = nameAt(message, at);
    at = end;
    return text;
  };

  return {
    number,
    name,
    record() {
      const owner = name();
      const [type, recordClass, ttl, length] = [number(2), number(2), number(4), number(2)];
      const start = at;
      const data = take(length);
      const known = recordClass === internet ? readData(type, data, message, start) : undefined;
      const typeName = known?.typeName ?? `TYPE${type}`;
      const shown = known?.value ?? `\\# ${length}${length === 0 ? '' : ` ${data.toString('hex').toUpperCase()}`}`;
      const className = recordClass === internet ? 'IN' : `CLASS${recordClass}`;
      return { type, value: known?.value, line: [owner, ttl, className, typeName, shown].join('\t') };
    },
  };
}

function readData(type: number, data: Buffer, message: Buffer, start: number) {
  if (type === recordTypes.A && data.length === 4) return { typeName: 'A', value: data.join('.') };
  if (type === recordTypes.AAAA && data.length === 16) {
    const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(index * 2).toString(16));
    return { typeName: 'AAAA', value: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address };
  }
  const typeName = nameTypes[type];
  return typeName === undefined ? undefined : { typeName, value: nameAt(message, start).text };
}

/** A name may go on elsewhere, but only ever further in front, or it would have no end. */
function nameAt(message: Buffer, start: number): { readonly text: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  let front = start;
  for (;;) {
    const length = message[at];
    if (length === undefined) throw new Error('the message ends within a name');
    if (length >= 0xc0) {
      const pointer = ((length & 63) << 8) | (message[at + 1] ?? 0xff);
      if (pointer >= front) throw new Error('a name points to itself');
      end ??= at + 2;
      at = pointer;
      front = pointer;
      continue;
    }
    if (length > 63) throw new Error('a label is of no known kind');
    at++;
    if (length === 0) return { text: `${labels.join('.')}.`, end: end ?? at };
    if (at + length > message.length) throw new Error('the message ends within a name');
    labels.push(labelText(message.subarray(at, at + length)));
    at += length;
  }
}

/** As in a zone file: what means something there is escaped (RFC 1035, 5.1). */
function labelText(label: Buffer): string {
  return [...label]
    .map((byte) => {
      if (byte < 0x20 || byte > 0x7e) return `\\${String(byte).padStart(3, '0')}`;
      const character = String.fromCharCode(byte);
      return /[. '@;()"\\]/.test(character) ? `\\${character}` : character;
    })
    .join('');
}

function labelsOf(name: string): readonly Buffer[] | undefined {
  if (name === '.') return [];
  const labels: number[][] = [[]];
  // As UTF-8, because that is what is asked for where somebody writes other letters.
  const bytes = Buffer.from(name.replace(/\.$/, ''));
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const decimal = byte === 0x5c ? /^\\(\d{3})/.exec(bytes.toString('latin1', at, at + 4))?.[1] : undefined;
    if (byte === 0x2e) labels.push([]);
    else if (byte !== 0x5c) labels.at(-1)?.push(byte);
    else if (decimal === undefined) labels.at(-1)?.push(bytes[++at] ?? 0);
    else {
      labels.at(-1)?.push(Number(decimal) & 255);
      at += 3;
    }
  }
  const isName = labels.every(({ length }) => length > 0 && length <= 63);
  const size = labels.reduce((sum, { length }) => sum + length + 1, 1);
  return isName && size <= 255 ? labels.map((label) => Buffer.from(label)) : undefined;
}
