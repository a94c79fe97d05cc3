import { BlockList, isIP } from 'node:net';

/** A packet of a TCP connection, as far as it is known before it is sent. */
export interface Packet {
  readonly family: 4 | 6;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /** Interfaces; undefined when not known, null when it has none. */
  readonly incoming: string | null | undefined;
  readonly outgoing: string | null | undefined;
  readonly state: 'new' | 'established';
}

/** What is said of a packet: undefined where it cannot be told. */
export type Maybe = boolean | undefined;

export type Sets = ReadonlyMap<string, readonly unknown[]>;

/** Whether a `match` of nftables (libnftables-json(5)) holds for a packet. */
export function matches({ op, left, right }: Readonly<Record<string, unknown>>, packet: Packet, sets: Sets): Maybe {
  const value = operandOf(left, packet);
  if (value === 'elsewhere') return false;
  if (value === undefined) return undefined;
  if (op === '==' || op === 'in') return equals(value, right, sets);
  if (op === '!=') return not(equals(value, right, sets));
  if (typeof value !== 'number' || typeof right !== 'number') return undefined;
  if (op === '<') return value < right;
  if (op === '>') return value > right;
  if (op === '<=') return value <= right;
  return op === '>=' ? value >= right : undefined;
}

/** What an expression is for a packet; `elsewhere`: it asks for a protocol that the packet does not have. */
export function operandOf(expression: unknown, packet: Packet): string | number | 'elsewhere' | undefined {
  const payload = part(expression, 'payload');
  if (payload !== undefined) return fieldOf(String(payload['protocol']), String(payload['field']), packet);
  const conntrack = part(expression, 'ct');
  if (conntrack !== undefined) return conntrack['key'] === 'state' ? packet.state : undefined;
  const meta = part(expression, 'meta');
  switch (meta?.['key']) {
    case 'l4proto':
      return 'tcp';
    case 'nfproto':
      return packet.family === 4 ? 'ipv4' : 'ipv6';
    case 'protocol':
      return packet.family === 4 ? 'ip' : 'ip6';
    case 'oif':
    case 'oifname':
      return packet.outgoing === null ? 'elsewhere' : packet.outgoing;
    case 'iif':
    case 'iifname':
      return packet.incoming === null ? 'elsewhere' : packet.incoming;
    default:
      return undefined;
  }
}

function fieldOf(protocol: string, field: string, packet: Packet): string | number | 'elsewhere' | undefined {
  if (protocol === 'ip' || protocol === 'ip6') {
    if ((protocol === 'ip') !== (packet.family === 4)) return 'elsewhere';
    if (field === 'saddr') return packet.source;
    if (field === 'daddr') return packet.destination;
    return field === 'protocol' || field === 'nexthdr' ? 'tcp' : undefined;
  }
  if (protocol !== 'tcp' && protocol !== 'th') return 'elsewhere';
  if (field === 'sport') return packet.sourcePort;
  return field === 'dport' ? packet.destinationPort : undefined;
}

/** Also of an address in a prefix, a number in a range, anything in a set. */
export function equals(value: string | number, right: unknown, sets: Sets): Maybe {
  if (Array.isArray(right)) return anyOf(right.map((one) => equals(value, one, sets)));
  if (typeof right === 'number') return value === 'tcp' ? right === 6 : value === right;
  if (typeof right === 'string') {
    if (right.startsWith('@')) {
      const elements = sets.get(right.slice(1));
      return elements === undefined ? undefined : equals(value, elements, sets);
    }
    if (right.endsWith('*')) return String(value).startsWith(right.slice(0, -1));
    if (isIP(right) > 0 && isIP(String(value)) > 0)
      return inNetwork(String(value), right, isIP(right) === 4 ? 32 : 128);
    return String(value) === right;
  }
  const set = isRecord(right) ? right['set'] : undefined;
  if (set !== undefined) return equals(value, set, sets);
  const prefix = part(right, 'prefix');
  if (prefix !== undefined) return inNetwork(String(value), String(prefix['addr']), Number(prefix['len']));
  const element = part(right, 'elem');
  if (element !== undefined) return equals(value, element['val'], sets);
  const range = isRecord(right) ? right['range'] : undefined;
  if (!Array.isArray(range)) return undefined;
  const [from, to] = range as readonly unknown[];
  if (typeof value === 'number') return value >= Number(from) && value <= Number(to);
  const family = isIP(value);
  if (family === 0 || isIP(String(from)) !== family || isIP(String(to)) !== family) return undefined;
  const list = new BlockList();
  list.addRange(String(from), String(to), nameOf(family));
  return list.check(value, nameOf(family));
}

function inNetwork(address: string, network: string, prefix: number): boolean {
  const family = isIP(address);
  if (family === 0 || isIP(network) !== family || !(prefix >= 0 && prefix <= (family === 4 ? 32 : 128))) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, nameOf(family));
  return list.check(address, nameOf(family));
}

function nameOf(family: number): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}

/** True where one is; unknown where one that is unknown might be. */
function anyOf(all: readonly Maybe[]): Maybe {
  if (all.includes(true)) return true;
  return all.includes(undefined) ? undefined : false;
}

function not(value: Maybe): Maybe {
  return value === undefined ? undefined : !value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key. */
export function part(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const inside = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isRecord(inside) ? inside : undefined;
}
