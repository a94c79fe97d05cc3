import { BlockList, SocketAddress } from 'node:net';
import { endianness } from 'node:os';
import type { Host } from '../contract/collector.ts';
import { isErrno } from './classify.ts';

/** A route of this host, as the kernel lists it. */
export interface Route {
  readonly family: 4 | 6;
  /** Address and prefix length, such as `10.0.0.0/8`. */
  readonly destination: string;
  readonly prefix: number;
  /** Null where the destination is reached without one. */
  readonly gateway: string | null;
  readonly interface: string;
  readonly metric: number;
  /** `reject`: blackhole, prohibit and unreachable look alike here. `local`: of this host itself. */
  readonly type: 'unicast' | 'reject' | 'local';
}

const rejectFlag = 0x200;
const localFlag = 0x8000_0000;

/** /proc/net/route: the main table of IPv4. Throws on a line that is none, because a route that is lost misleads. */
export function parseRoutes4(table: string): readonly Route[] {
  return linesOf(table).flatMap((line, index): Route[] => {
    if (line.startsWith('Iface')) return [];
    const [name = '', destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = line
      .trim()
      .split(/\s+/);
    const [address, hop, bits] = [destination, gateway, mask].map(wordOf);
    const prefix = bits === undefined ? -1 : prefixOf(bits);
    if (address === undefined || hop === undefined || prefix < 0 || !/^\d+$/.test(metric)) {
      throw new Error(`line ${index + 1} of /proc/net/route is no route`);
    }
    // A blackhole has no flag, and no interface either.
    const isReject = (Number.parseInt(flags, 16) & rejectFlag) !== 0 || name === '*';
    return [
      {
        family: 4,
        destination: `${quad(address)}/${prefix}`,
        prefix,
        gateway: hop === 0 ? null : quad(hop),
        interface: name,
        metric: Number(metric),
        type: isReject ? 'reject' : 'unicast',
      },
    ];
  });
}

/** /proc/net/ipv6_route: every table of IPv6. Throws on a line that is none. */
export function parseRoutes6(table: string): readonly Route[] {
  return linesOf(table).map((line, index): Route => {
    const [destination = '', length = '', , , gateway = '', metric = '', , , flags = '', name = ''] = line
      .trim()
      .split(/\s+/);
    const prefix = Number.parseInt(length, 16);
    if (!isHex(destination, 32) || !isHex(gateway, 32) || !isHex(metric, 8) || !(prefix <= 128)) {
      throw new Error(`line ${index + 1} of /proc/net/ipv6_route is no route`);
    }
    const flag = Number.parseInt(flags, 16);
    return {
      family: 6,
      destination: `${groups(destination)}/${prefix}`,
      prefix,
      gateway: /^0+$/.test(gateway) ? null : groups(gateway),
      interface: name,
      metric: Number.parseInt(metric, 16),
      type: (flag & rejectFlag) !== 0 ? 'reject' : (flag & localFlag) !== 0 ? 'local' : 'unicast',
    };
  });
}

/** Both families; a host without IPv6 has no such file. Rejects with a system error, or where a table is none. */
export async function readRoutes(host: Host): Promise<readonly Route[]> {
  const [four, six] = await Promise.all([
    host.readText('/proc/net/route'),
    host.readText('/proc/net/ipv6_route').catch((error: unknown) => {
      if (isErrno(error) && error.code === 'ENOENT') return '';
      throw error;
    }),
  ]);
  return [...parseRoutes4(four), ...parseRoutes6(six)];
}

/** Finds the route to an address: the longest prefix, of those the smallest metric. */
export function createRouteFinder(routes: readonly Route[]): (address: string, family: 4 | 6) => Route | undefined {
  const ordered = routes
    .toSorted((one, other) => other.prefix - one.prefix || one.metric - other.metric)
    .map((route) => ({ route, network: networkOf(route) }));
  return (address, family) =>
    ordered.find(({ route, network }) => route.family === family && network.check(address, familyName(family)))?.route;
}

function networkOf({ destination, family, prefix }: Route): BlockList {
  const network = new BlockList();
  network.addSubnet(destination.replace(/\/.*/, ''), prefix, familyName(family));
  return network;
}

function familyName(family: 4 | 6): 'ipv4' | 'ipv6' {
  return family === 4 ? 'ipv4' : 'ipv6';
}

function linesOf(table: string): readonly string[] {
  return table.split('\n').filter((line) => line.trim() !== '');
}

function isHex(text: string, digits: number): boolean {
  return text.length === digits && /^[\da-f]+$/i.test(text);
}

/** The kernel prints a word of network order as if it were one of its own order. */
function wordOf(hex: string): number | undefined {
  if (!isHex(hex, 8)) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  return endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
}

/** Of a netmask; -1 where its ones are not all in front. */
function prefixOf(mask: number): number {
  const ones = /^(1*)0*$/.exec(mask.toString(2).padStart(32, '0'));
  return ones?.[1]?.length ?? -1;
}

function quad(word: number): string {
  return [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
}

function groups(hex: string): string {
  const text = (hex.match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}
