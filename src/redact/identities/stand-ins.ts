import { createHmac } from 'node:crypto';
import { formatIP, type IP } from '../../go/net-ip.ts';
import { createAddressMap } from './addresses.ts';
import { lowered } from './text.ts';

export const identityKinds = [
  'ip-address',
  'mac-address',
  'host-name',
  'email-address',
  'user-name',
  'machine-id',
] as const;

export type IdentityKind = (typeof identityKinds)[number];

/** One identity as another: to a stand-in, or back. Undefined leaves it as it is. */
export interface Translation {
  ip(ip: IP): IP | undefined;
  /** A number of 48 bits. */
  mac(value: bigint): bigint | undefined;
  /** One label of the name of a host. */
  label(label: string): string | undefined;
  user(name: string, kind: 'user-name' | 'email-address'): string | undefined;
  /** Hexadecimal, with or without hyphens. */
  machine(id: string): string | undefined;
}

export interface StandIn {
  readonly kind: IdentityKind;
  readonly standIn: string;
  readonly is: string;
}

export interface StandIns extends Translation {
  /** All that were given out, for the map. */
  readonly given: ReadonlyMap<string, StandIn>;
}

/** A hostile file is full of identities: what is remembered for the map has an end. */
export const mostGiven = 1_000_000;

/** Of those that were last asked for. */
const mostKnown = 65_536;

/** Stand-ins by a key: the same for the same identity, told by nothing without the key (rule S10). */
export function createStandIns(
  key: Uint8Array,
  { onlyPublic, remembers }: { readonly onlyPublic: boolean; readonly remembers: boolean },
): StandIns {
  const addresses = createAddressMap(key);
  const given = new Map<string, StandIn>();
  const known = new Map<string, IP | undefined>();

  function noted(kind: IdentityKind, is: string, standIn: string): string {
    if (remembers && given.size < mostGiven && !given.has(standIn)) {
      given.set(standIn, { kind, standIn, is: Buffer.from(is, 'latin1').toString() });
    }
    return standIn;
  }
  function digest(kind: string, text: string): Buffer {
    return createHmac('sha256', key).update(`${kind}\0${text}`, 'latin1').digest();
  }
  /** Text keeps naming the same few. */
  const words = new Map<string, string>();
  function word(kind: 'host' | 'user', text: string): string {
    const known = words.get(`${kind} ${text}`);
    if (known !== undefined) return known;
    const standIn = `${kind[0]}-${base32(digest(kind, text))}`;
    if (words.size >= mostKnown) words.clear();
    words.set(`${kind} ${text}`, standIn);
    return standIn;
  }

  return {
    given,
    ip(ip) {
      const text = formatIP(ip);
      if (known.has(text)) return known.get(text);
      const found = addresses.ip(ip);
      const standIn = found === undefined || (onlyPublic && !found.isPublic) ? undefined : found.standIn;
      if (standIn !== undefined) noted('ip-address', text, formatIP(standIn));
      if (known.size >= mostKnown) known.clear();
      known.set(text, standIn);
      return standIn;
    },
    mac(value) {
      const standIn = onlyPublic ? undefined : addresses.mac(value);
      if (standIn !== undefined) noted('mac-address', formatMac(value), formatMac(standIn));
      return standIn;
    },
    label(label) {
      const is = lowered(label);
      return noted('host-name', is, word('host', is));
    },
    user(name, kind) {
      return noted(kind, name, word('user', name));
    },
    machine(id) {
      const bare = id.replaceAll('-', '').toLowerCase();
      const hex = digest('machine', bare).toString('hex').slice(0, bare.length);
      noted('machine-id', bare, hex);
      return inShapeOf(id, hex);
    },
  };
}

export function formatMac(value: bigint): string {
  return (value.toString(16).padStart(12, '0').match(/../g) ?? []).join(':');
}

/** With hyphens where the other has them. */
export function inShapeOf(id: string, hex: string): string {
  let at = 0;
  return id.replace(/[^-]/g, () => hex[at++] ?? '0');
}

/** 65 bits of a digest, in letters and digits that a name of a host may have. */
function base32(digest: Buffer): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  const value = digest.readBigUInt64BE(0) * 2n + BigInt((digest[8] ?? 0) & 1);
  return Array.from({ length: 13 }, (_, index) => letters[Number((value >> BigInt(index * 5)) & 31n)]).join('');
}
