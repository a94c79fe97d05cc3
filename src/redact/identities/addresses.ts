import { createCipheriv, hkdfSync } from 'node:crypto';
import { type IP, type Network, readCIDR } from '../../go/net-ip.ts';

/**
 * Addresses as other addresses: two that share their first n bits do so afterwards too, and no two become one. Whether a bit is
 * flipped is told by a key and the bits before it: Xu, Fan, Ammar and Moon, "Prefix-preserving IP address anonymization" (2002).
 * So nothing is kept, and equal keys give equal stand-ins in other bundles.
 */
export interface AddressMap {
  /** Undefined where nobody is told by it: loopback, unspecified, multicast, netmasks. */
  ip(ip: IP): { readonly standIn: IP; readonly isPublic: boolean } | undefined;
  /** Of an Ethernet address, as a number of 48 bits. */
  mac(value: bigint): bigint | undefined;
}

export function createAddressMap(key: Uint8Array): AddressMap {
  const keyOf = (kind: string) => Buffer.from(hkdfSync('sha256', key, '', `hostbundle ${kind}`, 32));
  const four = flips(keyOf('IPv4'), 32);
  const six = flips(keyOf('IPv6'), 128);
  const ethernet = flips(keyOf('Ethernet'), 48);
  const octets = shuffledOctets(keyOf('first octet'));

  function v4(value: bigint): bigint {
    const octet = Number(value >> 24n);
    const first = BigInt(octets.get(octet) ?? octet) << 24n;
    return first | (four(value, 8, (bit) => leadsToPrivate(value, bit)) & 0xff_ffffn);
  }

  function v6(value: bigint): bigint {
    if (isIn(solicited, value)) return six(value, 104);
    const embedding = embeddings.find((network) => isIn(network, value));
    if (embedding !== undefined) return embedding.value | (isKept4(value & low32) ? value & low32 : v4(value & low32));
    if (isIn(linkLocal6, value)) return six(value, 64);
    if (isIn(global6, value) || isIn(unassigned6, value)) return six(value, 3) ^ asUnassigned;
    return six(value, isIn(local6, value) ? 8 : 10);
  }

  return {
    ip({ family, value }) {
      if (family === 4) {
        if (isKept4(value)) return undefined;
        return { standIn: { family, value: v4(value) }, isPublic: !privates.some((network) => isIn(network, value)) };
      }
      const embedding = embeddings.find((network) => isIn(network, value));
      const isKept = embedding === undefined ? isKept6(value) : isKept4(value & low32);
      if (isKept) return undefined;
      const isPublic =
        embedding === undefined ? isIn(global6, value) : !privates.some((network) => isIn(network, value & low32));
      return { standIn: { family, value: v6(value) }, isPublic };
    },
    mac(value) {
      if (value === 0n || value === 0xffff_ffff_ffffn) return undefined;
      const isGroup = ((value >> 40n) & 1n) === 1n;
      // 33:33:ff and three bytes of an IPv6 address (RFC 2464); other groups are everybody's.
      if (isGroup) return value >> 24n === 0x3333ffn ? ethernet(value, 24) : undefined;
      // The two bits that say what kind it is come first on the wire: they stay.
      return reversedFirst(ethernet(reversedFirst(value), 2));
    },
  };
}

type Flip = (value: bigint, from: number, isFixed?: (bit: number) => boolean) => bigint;

/** Flips the bits from `from` on, but for those that are fixed. */
function flips(key: Buffer, width: number): Flip {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return (value, from, isFixed = () => false) => {
    const blocks = Buffer.alloc((width - from) * 16);
    for (let bit = from; bit < width; bit++) {
      // A one in front tells how many bits there are.
      const before = (1n << BigInt(bit)) | (value >> BigInt(width - bit));
      blocks.writeBigUInt64BE(before >> 64n, (bit - from) * 16);
      blocks.writeBigUInt64BE(before & low64, (bit - from) * 16 + 8);
    }
    const answers = cipher.update(blocks);
    let flipped = value;
    for (let bit = from; bit < width; bit++) {
      const isOne = (answers[(bit - from) * 16] as number) >= 128;
      if (isOne && !isFixed(bit)) flipped ^= 1n << BigInt(width - 1 - bit);
    }
    return flipped;
  };
}

const low32 = 0xffff_ffffn;
const low64 = 0xffff_ffff_ffff_ffffn;

function network(text: string): Network {
  const read = readCIDR(text);
  if ('mistake' in read) throw new Error(`${text} ${read.mistake}`);
  return read.network;
}

function isIn({ family, value, prefix }: Network, address: bigint): boolean {
  const behind = BigInt((family === 4 ? 32 : 128) - prefix);
  return address >> behind === value >> behind;
}

/** RFC 1918, RFC 6598, RFC 3927: a stand-in of theirs lies in the same one. */
const privates = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'].map(network);

/** This host and this network, loopback, multicast, and what is reserved, where netmasks and broadcasts lie. */
function isKept4(value: bigint): boolean {
  const octet = value >> 24n;
  return octet === 0n || octet === 127n || octet >= 224n;
}

/** Whether the bit still tells a private network from its neighbours. */
function leadsToPrivate(value: bigint, bit: number): boolean {
  const behind = BigInt(32 - bit);
  return privates.some((other) => other.prefix > bit && value >> behind === other.value >> behind);
}

/** The first eight bits at once, where no private network lies: flipped one by one most of them would have to stay. */
function shuffledOctets(key: Buffer): ReadonlyMap<number, number> {
  const taken = new Set([0, 127, ...privates.map(({ value }) => Number(value >> 24n))]);
  const octets = Array.from({ length: 224 }, (_, octet) => octet).filter((octet) => !taken.has(octet));
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const rank = (octet: number) => cipher.update(Buffer.alloc(16, octet)).toString('hex');
  const shuffled = octets.map((octet) => [rank(octet), octet] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(octets.map((octet, index) => [octet, shuffled[index]?.[1] ?? octet]));
}

const global6 = network('2000::/3');
/** Nobody has an address in it: there a stand-in cannot be taken for real. */
const unassigned6 = network('6000::/3');
const asUnassigned = 1n << 126n;
const local6 = network('fc00::/7');
const linkLocal6 = network('fe80::/10');
const multicast6 = network('ff00::/8');
/** Ends in that of a host (RFC 4291, section 2.7.1). */
const solicited = network('ff02::1:ff00:0/104');
/** Whose last 32 bits are an IPv4 address: mapped, and translated (RFC 6052). */
const embeddings: readonly Network[] = [{ family: 6, value: 0xffff_0000_0000n, prefix: 96 }, network('64:ff9b::/96')];

function isKept6(value: bigint): boolean {
  return value < 2n || (isIn(multicast6, value) && !isIn(solicited, value));
}

function reversedFirst(value: bigint): bigint {
  const first = Number(value >> 40n);
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((first >> bit) & 1) << (7 - bit);
  return (BigInt(reversed) << 40n) | (value & 0xff_ffff_ffffn);
}
