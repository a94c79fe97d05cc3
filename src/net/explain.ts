import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Fact, Host } from '../contract/collector.ts';
import { type Cause, isErrno } from './classify.ts';
import { unlessAborted } from './clock.ts';
import { startDeadline } from './deadline.ts';
import type { Dialled } from './evidence.ts';
import type { Explanation } from './explanation-schema.ts';
import type { Packet } from './firewall-match.ts';
import { firewallRules, type LocalTables, localTables, type Neighbour, neighbours6 } from './local-tables.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { createRouteFinder, type Route, readRoutes } from './routes.ts';

/** Longest that a failed dial is held up by being explained. */
export const explanationMs = 2500;

type Failed = Pick<Dialled, 'host' | 'port' | 'status' | 'cause' | 'code' | 'attempts'>;

/** Causes that lie in this program or in what it was asked for. */
const plain = new Set<Cause>(['local-resources', 'source-port-in-use', 'invalid-address']);
const mostLines = 8;

/**
 * What this host knows of why a dial failed, from its own tables right after it. Sends nothing. Never rejects: where the time is
 * over first, there is none.
 */
export async function explain(failed: Failed, host: Host): Promise<Explanation | undefined> {
  const { cause, attempts } = failed;
  if (cause === null || plain.has(cause)) return undefined;
  const candidates = attempts.at(-1)?.candidates ?? [];
  const decisive = candidates.find(({ status, code }) => status === failed.status && code === failed.code);
  if (decisive?.syscall === 'bind') return undefined;
  const deadline = startDeadline(explanationMs, host.signal);
  try {
    return await unlessAborted(gather(failed, decisive, host), deadline.signal);
  } catch {
    return undefined;
  } finally {
    deadline.end();
  }
}

/** The routes of this host as the run begins: what connects has used them, and there may be thousands that do. */
const routeFinder: Fact<ReturnType<typeof createRouteFinder> | undefined> = {
  freshMs: Number.POSITIVE_INFINITY,
  read: (host) => readRoutes(host).then(createRouteFinder, () => undefined),
};

/** The route of a connection that leaves this host; undefined for one that does not, and where the table has none. */
export async function routeTaken({ attempts }: Dialled, host: Host): Promise<Dialled['route']> {
  const end = attempts.at(-1)?.candidates.find(({ status }) => status === 'connected');
  return end && routeFrom(end.localAddress, end.address, host);
}

/** The same of what was sent to an address by other means than a connection. */
export async function routeFrom(source: string | null, address: string, host: Host): Promise<Dialled['route']> {
  // The kernel talks to an own address from that address itself.
  if (source === address) return undefined;
  const find = await host.know(routeFinder);
  const route = find?.(address.replace(/%.*/, ''), isIP(address) === 4 ? 4 : 6);
  return route && evidenceOf(route);
}

function evidenceOf({ destination, gateway, interface: name, type }: Route): NonNullable<Dialled['route']> {
  return { destination, gateway, interface: name, type };
}

interface Destination {
  readonly address: string;
  readonly family: number;
}

async function gather(failed: Failed, destination: Destination | undefined, host: Host): Promise<Explanation> {
  const isName = isIP(failed.host) === 0;
  const names = isName ? await host.know(nameFiles) : undefined;
  const ofName = {
    hostsFile: names?.hosts.get(failed.host.toLowerCase().replace(/\.$/, ''))?.slice(0, mostLines) ?? [],
    resolver: names?.resolver ?? null,
  };
  if (destination === undefined) return { ...nothing, ...ofName };
  const { address } = destination;
  const family = destination.family === 4 ? 4 : 6;
  // Silence is a firewall's more often than not: its rules are read while the tables are, and while others still wait.
  if (failed.cause === 'timeout') host.know(firewallRules).catch(() => {});
  const tables = await host.know(localTables);
  const isOwn = tables.isOwn(address, family);
  // The kernel's own choice, which knows of policies that its tables do not show.
  const { source, code: sourceCode } = isOwn ? { source: address, code: null } : await sourceTo(address, family);
  const route = isOwn ? null : (tables.findRoute(address, family) ?? null);
  const listening = isOwn ? (tables.listeners.get(failed.port) ?? []).map((socket) => socket.address) : [];
  const way: Way = { address, family, isOwn, source, interface: isOwn ? 'lo' : route?.interface };
  const isMet = sourceCode === null && !(failed.cause === 'refused' && isOwn && listening.length === 0);
  return {
    destination: address,
    isOwn,
    source,
    sourceCode,
    route: route && evidenceOf(route),
    neighbour:
      route?.type === 'unicast'
        ? await neighbourOf(route.gateway ?? address, route.interface, family, tables, host)
        : null,
    listeners: listening.slice(0, mostLines),
    ...ofName,
    firewall: isMet ? await obstaclesOf(way, failed.port, host) : null,
  };
}

const nothing = {
  destination: null,
  isOwn: false,
  source: null,
  sourceCode: null,
  route: null,
  neighbour: null,
  listeners: [],
  firewall: null,
} as const;

interface NameFiles {
  readonly hosts: ReadonlyMap<string, Explanation['hostsFile']>;
  readonly resolver: Explanation['resolver'];
}

const nameFiles: Fact<NameFiles> = {
  freshMs: Number.POSITIVE_INFINITY,
  async read(host) {
    const [hosts, configuration] = await Promise.all(
      ['/etc/hosts', '/etc/resolv.conf'].map((path) => host.readText(path).catch(() => undefined)),
    );
    const { servers, search } = parseResolvConf(configuration ?? '');
    return {
      hosts: parseHosts(hosts ?? ''),
      resolver:
        configuration === undefined
          ? null
          : { servers: servers.slice(0, mostLines), search: search.slice(0, mostLines) },
    };
  },
};

/** hosts(5): an address and the names that it has; what follows `#` says nothing. */
export function parseHosts(text: string): NameFiles['hosts'] {
  const byName = new Map<string, Explanation['hostsFile'][number][]>();
  for (const [index, line] of text.split('\n').entries()) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of new Set(names.map((one) => one.toLowerCase()))) {
      byName.set(name, [...(byName.get(name) ?? []), { line: index + 1, address }]);
    }
  }
  return byName;
}

/** Codes with which the kernel says that there is no way. */
const noWay = new Set([
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EACCES',
  'EPERM',
  'EINVAL',
  'EADDRNOTAVAIL',
  'ENETDOWN',
  'EAFNOSUPPORT',
]);

/** From where the kernel would send: connecting a datagram socket looks up the route and sends nothing. */
function sourceTo(
  address: string,
  family: 4 | 6,
): Promise<{ readonly source: string | null; readonly code: string | null }> {
  return new Promise((resolve) => {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    const end = (source: string | null, error?: unknown) => {
      const code = isErrno(error) ? (error.code ?? '') : '';
      resolve({ source, code: noWay.has(code) ? code : null });
      try {
        socket.close();
      } catch {
        // It never opened.
      }
    };
    socket.on('error', (error) => end(null, error));
    // Not as its callback, which is told errors as well.
    socket.on('connect', () => end(socket.address().address));
    try {
      socket.connect(9, address);
    } catch (error) {
      end(null, error);
    }
  });
}

async function neighbourOf(
  address: string,
  name: string,
  family: 4 | 6,
  tables: LocalTables,
  host: Host,
): Promise<Neighbour | null> {
  const list = family === 4 ? tables.neighbours : await host.know(neighbours6).catch(() => []);
  const plainAddress = address.replace(/%.*/, '');
  return list.find((one) => one.address === plainAddress && one.interface === name) ?? null;
}

interface Way {
  readonly address: string;
  readonly family: 4 | 6;
  readonly isOwn: boolean;
  readonly source: string | null;
  readonly interface: string | undefined;
}

async function obstaclesOf(way: Way, port: number, host: Host): Promise<Explanation['firewall']> {
  const reading = await host.know(firewallRules);
  const { firewall, unread } = reading;
  if (firewall === null) return { rules: [], unread };
  if (reading.leftMs <= 0) return { rules: [], unread: 'there are too many failures, or rules, to compare them all' };
  const startedMs = performance.now();
  const { address, source, family, isOwn, interface: name } = way;
  const there: Packet = {
    family,
    source: source ?? undefined,
    destination: address.replace(/%.*/, ''),
    sourcePort: undefined,
    destinationPort: port,
    incoming: null,
    outgoing: name,
    state: 'new',
  };
  const arriving: Packet = { ...there, incoming: name, outgoing: null };
  const back: Packet = {
    ...arriving,
    source: there.destination,
    destination: there.source,
    sourcePort: port,
    destinationPort: undefined,
    state: 'established',
  };
  const rules = [
    ...firewall.obstacles(there, ['output', 'postrouting']),
    ...firewall.obstacles(isOwn ? arriving : back, ['prerouting', 'input']),
  ];
  reading.leftMs -= performance.now() - startedMs;
  const certain = rules.filter(({ isCertain }) => isCertain);
  return { rules: certain.length > 0 ? certain : rules, unread };
}
