import { isIP } from 'node:net';

/** Addresses and networks as Go's net package reads, compares and prints them. */

export interface IP {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Network {
  readonly family: 4 | 6;
  /** Its first address. */
  readonly value: bigint;
  /** How many leading bits all its addresses share. */
  readonly prefix: number;
}

/** How many bits an address has. */
export function bitsOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** net.ParseIP: no leading zeros in IPv4, no zone; an IPv4-mapped address is the IPv4 address. */
export function readIP(text: string): { readonly ip: IP } | { readonly mistake: string } {
  const ip = parseIP(text);
  if (ip !== undefined) return { ip: unmapped(ip) };
  const [address = '', prefix] = text.split('/');
  if (prefix !== undefined && parseIP(address) !== undefined) {
    return { mistake: `has a prefix length; write the address alone: ${address}` };
  }
  return { mistake: mistakeOf(text, '10.0.0.5 or 2001:db8::5') };
}

/** net.ParseCIDR: what stands behind the prefix may be set and does not count. */
export function readCIDR(text: string): { readonly network: Network } | { readonly mistake: string } {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const ip = parseIP(address);
  if (ip === undefined) {
    const example = slash === -1 ? '10.0.0.0/8 or 2001:db8::/32' : `10.0.0.0${text.slice(slash)}`;
    return { mistake: mistakeOf(address, example) };
  }
  const bits = bitsOf(ip.family);
  if (slash === -1) {
    return { mistake: `lacks a prefix length; write ${text}/${bits} for this address alone, or such as ${text}/24` };
  }
  const written = text.slice(slash + 1);
  const prefix = /^\d+$/.test(written) ? Number(written) : Number.NaN;
  if (!(prefix <= bits)) {
    const instead = prefixOfMask(written);
    if (instead !== undefined) return { mistake: `has a netmask; write the prefix length: ${address}/${instead}` };
    return {
      mistake: `ends in "${written}", which is no prefix length; write a number from 0 to ${bits}: ${address}/24`,
    };
  }
  return { network: networkOf(ip, prefix) };
}

/** The network of this prefix length in which an address lies. */
export function networkOf({ family, value }: IP, prefix: number): Network {
  const { value: plain, family: own } = prefix < 96 ? { family, value } : unmapped({ family, value });
  const shared = own === family ? prefix : prefix - 96;
  const behind = BigInt(bitsOf(own) - shared);
  return { family: own, value: (plain >> behind) << behind, prefix: shared };
}

/** The last address of a network, as a number. */
export function lastOf({ family, value, prefix }: Network): bigint {
  return value + (1n << BigInt(bitsOf(family) - prefix)) - 1n;
}

/** IPNet.Contains: never across families. */
export function contains(network: Network, { family, value }: IP): boolean {
  return family === network.family && value >= network.value && value <= lastOf(network);
}

export function overlap(one: Network, other: Network): boolean {
  return one.family === other.family && one.value <= lastOf(other) && other.value <= lastOf(one);
}

export function formatNetwork({ family, value, prefix }: Network): string {
  return `${formatIP({ family, value })}/${prefix}`;
}

/** IP.String: the longest run of zero groups, if of two at least, is `::` (RFC 5952). */
export function formatIP({ family, value }: IP): string {
  const size = family === 4 ? 8 : 16;
  const parts = Array.from({ length: bitsOf(family) / size }, (_, index) =>
    Number((value >> BigInt(bitsOf(family) - size * (index + 1))) & ((1n << BigInt(size)) - 1n)),
  );
  if (family === 4) return parts.join('.');
  const text = parts.map((part) => part.toString(16)).join(':');
  const runs = text.match(/(?<![^:])0(?::0)+(?![^:])/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  // Whole groups: the run is preceded and followed by a colon or nothing.
  const at = new RegExp(`(?:^|:)${longest}(?:$|:)`).exec(text);
  return at === null ? text : `${text.slice(0, at.index)}::${text.slice(at.index + at[0].length)}`;
}

/** As many bytes as an address has. */
export function ipOfBytes(bytes: Uint8Array): IP | undefined {
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return { family: bytes.length === 4 ? 4 : 6, value };
}

const mappedPrefix = 0xffffn;

function unmapped(ip: IP): IP {
  return ip.family === 6 && ip.value >> 32n === mappedPrefix ? { family: 4, value: ip.value & 0xffff_ffffn } : ip;
}

/** As it is written: an IPv4-mapped address stays one of IPv6. */
export function parseIP(text: string): IP | undefined {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) return { family, value: quad(text) };
  if (family !== 6) return undefined;
  const last = text.slice(text.lastIndexOf(':') + 1);
  const hex = last.includes('.') ? text.slice(0, -last.length) + pair(quad(last)) : text;
  const [head = [], tail] = hex.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return { family, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}

function quad(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function pair(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

/** Of a netmask such as 255.255.0.0; undefined for anything else. */
function prefixOfMask(text: string): number | undefined {
  const mask = isIP(text) === 4 ? quad(text).toString(2).padStart(32, '0') : '';
  return /^1*0*$/.test(mask) && mask !== '' ? mask.replaceAll('0', '').length : undefined;
}

function mistakeOf(text: string, example: string): string {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  if (text === '') return `is empty; write an address such as ${example}`;
  if (text.includes('{{') || text.includes('}}')) return `has template text left in it; write ${example}`;
  if (text.trim() !== text && parseIP(text.trim()) !== undefined) return `has blanks around it; write ${text.trim()}`;
  const inside = /^\[(.*)\]$/.exec(text)?.[1];
  if (inside !== undefined) return `has brackets; write ${inside}`;
  if (text.includes('%')) return `has a zone, which no network has; write ${text.replace(/%.*/, '')}`;
  const bare = text.replace(/(?<![\d])0+(?=\d)/g, '');
  if (isIP(bare) === 4) return `has leading zeros, which some read as octal; write ${bare}`;
  return `is wrong: ${shown} is no IP address; write one such as ${example}`;
}
