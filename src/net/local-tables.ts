import { BlockList } from 'node:net';
import type { Fact, Host } from '../contract/collector.ts';
import { Firewall } from './firewall.ts';
import { allAddresses, type OwnAddress } from './interfaces.ts';
import { type Held, parseSockets } from './port-holders.ts';
import { createRouteFinder, type Route, readRoutes } from './routes.ts';

/** What the kernel of this host lists of its network; read for many failures at once. */
export interface LocalTables {
  isOwn(address: string, family: 4 | 6): boolean;
  readonly addresses: readonly OwnAddress[];
  /** Undefined where there is none; null where the table cannot be read. */
  findRoute(address: string, family: 4 | 6): Route | undefined | null;
  /** By address and interface. */
  readonly neighbours: readonly Neighbour[];
  /** Sockets that listen for TCP, by port. */
  readonly listeners: ReadonlyMap<number, readonly Held[]>;
}

export interface Neighbour {
  readonly address: string;
  readonly interface: string;
  /** `incomplete`: it was asked for its hardware address and has not answered. */
  readonly state: 'known' | 'incomplete';
}

/** What fails together is told by one reading. */
const tablesMs = 300;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export const localTables: Fact<LocalTables> = {
  freshMs: tablesMs,
  async read(host) {
    const text = (path: string) => host.readText(path).catch(() => '');
    const [addresses, routes, arp, tcp, tcp6] = await Promise.all([
      allAddresses(host).catch(() => []),
      readRoutes(host).catch(() => undefined),
      text('/proc/net/arp'),
      text('/proc/net/tcp'),
      text('/proc/net/tcp6'),
    ]);
    const own = new Set(addresses.map(({ address }) => address.replace(/%.*/, '')));
    const find = routes && createRouteFinder(routes);
    const sockets = [tcp, tcp6].flatMap((table) => parseSockets(table, (_, isListening) => isListening));
    const listeners = new Map<number, Held[]>();
    for (const socket of sockets) listeners.set(socket.port, [...(listeners.get(socket.port) ?? []), socket]);
    return {
      addresses,
      isOwn: (address, family) => own.has(address) || loopback.check(address, family === 4 ? 'ipv4' : 'ipv6'),
      findRoute: (address, family) => (find === undefined ? null : find(address, family)),
      neighbours: parseArp(arp),
      listeners,
    };
  },
};

/** /proc/net/arp has IPv4 alone, and for IPv6 no file of /proc has them. */
export const neighbours6: Fact<readonly Neighbour[]> = {
  freshMs: tablesMs,
  read: async (host) => parseNeighbours(await outputOf('ip', ['-6', '-j', 'neighbour', 'show'], host)),
};

export interface FirewallReading {
  /** Null where it could not be read. */
  readonly firewall: Firewall | null;
  /** Why it could not be read, or what else there is that was not looked at; null without any. */
  readonly unread: string | null;
  /** How much time all failures of the run may still take of it: a cluster's node has tens of thousands of rules. */
  leftMs: number;
}

export const firewallRules: Fact<FirewallReading> = {
  freshMs: Number.POSITIVE_INFINITY,
  async read(host) {
    const legacy = (await host.readText('/proc/net/ip_tables_names').catch(() => '')).trim().replace(/\s+/g, ', ');
    const unread = legacy === '' ? null : `tables of iptables-legacy (${legacy})`;
    try {
      const ruleset: unknown = JSON.parse(await outputOf('nft', ['-j', 'list', 'ruleset'], host));
      return { firewall: new Firewall(ruleset), unread, leftMs: 1000 };
    } catch (error) {
      const reason = error instanceof CommandFailure ? error.message : 'nft wrote what is no JSON';
      return { firewall: null, unread: unread === null ? reason : `${reason}, ${unread}`, leftMs: 0 };
    }
  },
};

/** Text of `/proc/net/arp`; flag 2 says that the hardware address is known. */
export function parseArp(table: string): readonly Neighbour[] {
  return table.split('\n').flatMap((line): Neighbour[] => {
    const [address = '', , flags = '', , , name = ''] = line.trim().split(/\s+/);
    if (!/^0x[\da-f]+$/i.test(flags)) return [];
    return [{ address, interface: name, state: (Number(flags) & 2) === 0 ? 'incomplete' : 'known' }];
  });
}

export function parseNeighbours(text: string): readonly Neighbour[] {
  const list: unknown = JSON.parse(text === '' ? '[]' : text);
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((one): Neighbour[] => {
    const { dst, dev, state } = one as { dst?: unknown; dev?: unknown; state?: unknown };
    if (typeof dst !== 'string' || typeof dev !== 'string' || !Array.isArray(state)) return [];
    const isIncomplete = state.includes('INCOMPLETE') || state.includes('FAILED');
    return [{ address: dst, interface: dev, state: isIncomplete ? 'incomplete' : 'known' }];
  });
}

class CommandFailure extends Error {}

async function outputOf(file: string, args: readonly string[], host: Host): Promise<string> {
  const ran = await host.run(file, args, { limitMs: 1500, outputBytes: 2 ** 23 }).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new CommandFailure(
      code === 'ENOENT' ? `${file} is not installed` : `${file} did not start (${String(code)})`,
    );
  });
  if (ran.timedOut) throw new CommandFailure(`${file} took too long`);
  if (ran.truncated) throw new CommandFailure(`${file} wrote more than 8 MiB`);
  if (ran.exitCode === 0) return ran.stdout;
  const isForbidden = /not permitted|permission denied|must be root/i.test(ran.stderr);
  throw new CommandFailure(isForbidden ? `only root may run ${file}` : `${file} ended with ${ran.exitCode}`);
}
