import { SocketAddress } from 'node:net';
import { endianness } from 'node:os';
import type { Host } from '../contract/collector.ts';
import type { ObjectSchema, Written } from '../contract/schema.ts';
import { formatHostPort } from './address.ts';
import { isErrno } from './classify.ts';

export const holderSchema = {
  type: 'object',
  description: 'A process that has the port',
  required: ['pid', 'process', 'address'],
  properties: {
    pid: { type: 'integer', minimum: 1, description: 'Process id, as we see it' },
    process: { type: 'string', description: 'Its short name (/proc/PID/comm)' },
    address: { type: 'string', description: 'Address and port that it holds (/proc/net)' },
    state: {
      type: 'string',
      enum: ['listening', 'connected'],
      description: 'connected: not a listener, but a connection of its own that happens to use this port',
    },
  },
} as const satisfies ObjectSchema;

type Holder = Written<typeof holderSchema>;

/** What a check writes of a port that somebody else has. */
export const holdersProperties = {
  holders: {
    type: 'array',
    description: 'Who has the port, when it is in use and we could see',
    items: holderSchema,
  },
  holderReason: {
    type: 'string',
    nullable: true,
    description: 'Why nobody, or maybe not everybody, stands in holders; null when nothing was hidden',
  },
} as const satisfies ObjectSchema['properties'];

export interface Told {
  readonly fields: { readonly holders: readonly Holder[]; readonly holderReason: string | null };
  /** The end of a message: `, held by nginx (pid 7)`; empty when nobody is known. */
  readonly by: string;
}

/** Who has the port where it is in use, in the form of a result. */
export async function tellHolders(isInUse: boolean, protocol: 'tcp' | 'udp', port: number, host: Host): Promise<Told> {
  const { holders, reason } = isInUse ? await findHolders(protocol, port, host) : { holders: [], reason: null };
  const names = holders.map(({ process, pid }) => `${process} (pid ${pid})`);
  return {
    fields: { holders, holderReason: reason },
    by: names.length === 0 ? '' : `, held by ${names.join(', ')}`,
  };
}

export interface Holders {
  readonly holders: readonly Holder[];
  /** Why there are none, or maybe not all; null when nothing was hidden. */
  readonly reason: string | null;
}

export interface Held {
  /** With its port. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly listening: boolean;
  readonly inode: string;
}

const mostHolders = 16;
const searchMs = 3000;

/** Who has a local port. /proc/net names the socket, and a link in /proc/PID/fd says whose it is. */
export async function findHolders(protocol: 'tcp' | 'udp', port: number, host: Host): Promise<Holders> {
  const tables = await Promise.all(
    [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].map((path) => readTable(path, host)),
  );
  if (tables.every((table) => table === undefined)) return nobody(`/proc/net/${protocol} cannot be read`);
  const all = tables.flatMap((table) => parseSockets(table ?? '', (own) => own === port));
  const listening = all.filter((socket) => socket.listening);
  const sockets = new Map((listening.length > 0 ? listening : all).map((socket) => [socket.inode, socket]));
  if (sockets.size === 0) {
    return nobody(
      `no socket with port ${port} is listed: it belongs to a program that has not begun to listen, or is gone`,
    );
  }
  return findOwners(sockets, host);
}

async function findOwners(sockets: ReadonlyMap<string, Held>, host: Host): Promise<Holders> {
  const endsMs = performance.now() + searchMs;
  const holders: Holder[] = [];
  let hidden = 0;
  const pids = (await host.list('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    host.signal.throwIfAborted();
    if (performance.now() > endsMs) return { holders, reason: `the search took too long and ended at process ${pid}` };
    const inodes = await socketsOf(pid, host);
    if (inodes === undefined) hidden++;
    const held = inodes?.map((inode) => sockets.get(inode)).find((socket) => socket !== undefined);
    if (held === undefined) continue;
    const process = await nameOf(pid, host);
    const state = held.listening ? 'listening' : 'connected';
    holders.push({ pid: Number(pid), process, address: held.address, state });
    if (holders.length === mostHolders) return { holders, reason: `only the first ${mostHolders} are listed` };
  }
  if (holders.length > 0) return { holders, reason: null };
  if (hidden > 0) return nobody(`the open files of ${hidden} processes cannot be seen; root sees them`);
  return nobody('no process that can be seen from here has it: one of another container, or the kernel itself');
}

/** Node calls its main thread so since 23, and with it what /proc/PID/comm says; its executable says more. */
const threadName = 'MainThread';

async function nameOf(pid: string, host: Host): Promise<string> {
  const name = (await host.readText(`/proc/${pid}/comm`).catch(() => '?')).trim();
  if (name !== threadName) return name;
  const executable = await host.readLink(`/proc/${pid}/exe`).catch(() => name);
  return executable.slice(executable.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');
}

function nobody(reason: string): Holders {
  return { holders: [], reason };
}

async function readTable(path: string, host: Host): Promise<string | undefined> {
  return host.readText(path).catch(() => undefined);
}

/** Inode numbers of a process's sockets; undefined when we may not see them. */
async function socketsOf(pid: string, host: Host): Promise<readonly string[] | undefined> {
  try {
    const descriptors = await host.list(`/proc/${pid}/fd`);
    const inodes: string[] = [];
    for (let begin = 0; begin < descriptors.length; begin += 256) {
      const links = await Promise.all(
        descriptors
          .slice(begin, begin + 256)
          .map((descriptor) => host.readLink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')),
      );
      inodes.push(...links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    }
    return inodes;
  } catch (error) {
    return isErrno(error) && (error.code === 'EACCES' || error.code === 'EPERM') ? undefined : [];
  }
}

/** TCP_LISTEN, and what /proc/net/udp prints for an unconnected socket (TCP_CLOSE). */
const listeningStates = new Set(['0A', '07']);

/**
 * The sockets in the text of /proc/net/tcp, tcp6, udp or udp6 (Documentation/networking/proc_net_tcp). Those that no process has
 * any more, such as in TIME_WAIT, have inode 0 and are left out.
 */
export function parseSockets(table: string, wanted: (port: number, isListening: boolean) => boolean): readonly Held[] {
  return table.split('\n').flatMap((line): Held[] => {
    const [slot = '', local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    if (!/^\d+:$/.test(slot) || !/^[1-9]\d*$/.test(inode)) return [];
    const [hex = '', hexPort = ''] = local.split(':');
    const port = Number.parseInt(hexPort, 16);
    const listening = listeningStates.has(state);
    const address = wanted(port, listening) ? addressOf(hex) : undefined;
    return address === undefined
      ? []
      : [{ address: formatHostPort(address, port), host: address, port, listening, inode }];
  });
}

/** Words of 32 bits in network order, each printed as if it were a number of this machine. */
export function addressOf(hex: string): string | undefined {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
