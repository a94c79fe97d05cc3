/** What a server stapled to its handshake of its certificate's revocation (RFC 6960), as its DER says; its signature is not checked. */
export interface Staple {
  readonly status: 'good' | 'revoked' | 'unknown' | 'unreadable';
  /** UTC, RFC 3339; null where the response has none. */
  readonly thisUpdate: string | null;
  readonly nextUpdate: string | null;
}

interface Der {
  readonly tag: number;
  readonly content: Buffer;
}

const sequence = 0x30;
const integer = 0x02;
const octetString = 0x04;
const enumerated = 0x0a;
const generalizedTime = 0x18;
const explicit0 = 0xa0;
/** The three forms of CertStatus: two IMPLICIT NULL, and RevokedInfo. */
const statuses: Readonly<Record<number, Staple['status']>> = { 128: 'good', 161: 'revoked', 130: 'unknown' };

/** `serialNumber` as node:crypto writes it: hexadecimal. */
export function readStaple(response: Buffer, serialNumber: string): Staple {
  const single = responses(response).find(({ serial }) => serial === BigInt(`0x${serialNumber}`));
  return single?.staple ?? { status: 'unreadable', thisUpdate: null, nextUpdate: null };
}

function responses(response: Buffer): readonly { readonly serial: bigint; readonly staple: Staple }[] {
  const [outcome, bytes] = inside(response, sequence);
  if (outcome?.tag !== enumerated || outcome.content[0] !== 0 || bytes?.tag !== explicit0) return [];
  const [, basic] = inside(bytes.content, sequence);
  if (basic?.tag !== octetString) return [];
  const [data] = inside(basic.content, sequence);
  if (data?.tag !== sequence) return [];
  // The only sequence in ResponseData: the responder and the version have tags of their own.
  const list = items(data.content).find(({ tag }) => tag === sequence);
  return items(list?.content ?? Buffer.alloc(0)).flatMap(({ content }) => {
    const [id, status, thisUpdate, ...rest] = items(content);
    const serial = id === undefined ? undefined : items(id.content).findLast(({ tag }) => tag === integer);
    const word = status === undefined ? undefined : statuses[status.tag];
    if (serial === undefined || word === undefined) return [];
    const next = rest.find(({ tag }) => tag === explicit0);
    return [
      {
        serial: BigInt(`0x${serial.content.toString('hex') || '0'}`),
        staple: {
          status: word,
          thisUpdate: timeOf(thisUpdate),
          nextUpdate: timeOf(next === undefined ? undefined : items(next.content)[0]),
        },
      },
    ];
  });
}

/** What the first element holds, when it is of this kind. */
function inside(bytes: Buffer, tag: number): readonly Der[] {
  const [first] = items(bytes);
  return first?.tag === tag ? items(first.content) : [];
}

/** The elements that stand one after the other; those before the first that is broken. */
function items(bytes: Buffer): readonly Der[] {
  const found: Der[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length > 0x7f) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || at + size > bytes.length) break;
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    if (at + length > bytes.length) break;
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

function timeOf(der: Der | undefined): string | null {
  if (der?.tag !== generalizedTime) return null;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(der.content.toString('latin1'));
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
