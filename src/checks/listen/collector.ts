import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema, Written } from '../../contract/schema.ts';
import { parseTime } from '../../go/duration.ts';
import { isErrno } from '../../net/classify.ts';
import { passed, reasonText, roundMs } from '../../net/clock.ts';
import { greet, newToken, plainAddress } from '../../net/exchange.ts';
import { halfOpen } from '../../net/half-open.ts';
import { findHolders } from '../../net/port-holders.ts';
import example from './example.yaml';

/** How long a connection may take to say who it is. */
const helloMs = 5000;
/** What stands half open stands for a second at least: the kernel tries its answer again (tcp(7), tcp_synack_retries). */
const lookEveryMs = 500;
const mostArrivals = 10_000;
const mostOpen = 200;

const params = {
  type: 'object',
  description: 'Listens on TCP ports and notes who arrives: the far end of a tcpConnect with `exchange`',
  required: ['ports'],
  properties: {
    ports: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      description: 'TCP ports to listen on, on all addresses of this host',
      items: { type: 'integer', minimum: 1, maximum: 65535, description: 'A port' },
    },
    duration: { type: 'string', format: 'go-duration', default: '10m', description: 'How long to listen' },
  },
} as const satisfies ObjectSchema;

const from = {
  remoteAddress: { type: 'string', description: 'From where it came, as this host sees it' },
  remotePort: { type: 'integer', description: 'Port there' },
} as const;

const result = {
  type: 'object',
  description: 'Who arrived at the ports of this host while it listened',
  required: ['ports', 'arrivals', 'halfOpen'],
  properties: {
    startedAt: { type: 'string', description: 'When listening began: UTC, RFC 3339, wall clock of the host' },
    durationMs: { type: 'number', description: 'How long it listened, in milliseconds of a monotonic clock' },
    addresses: {
      type: 'array',
      description: 'The addresses of this host (getifaddrs)',
      items: { type: 'string', description: 'An address, without a zone' },
    },
    ports: {
      type: 'array',
      description: 'The ports that were asked for',
      items: {
        type: 'object',
        description: 'One port',
        required: ['port', 'listening'],
        properties: {
          port: { type: 'integer', description: 'TCP port' },
          listening: { type: 'boolean', description: 'Whether we listened there' },
          code: { type: 'string', nullable: true, description: 'Why not: error code of the system (errno)' },
          heldBy: { type: 'string', nullable: true, description: 'Who has it instead, where that can be seen' },
        },
      },
    },
    arrivals: {
      type: 'array',
      description: `Connections that stood, in their order; at most ${mostArrivals}`,
      items: {
        type: 'object',
        description: 'One connection',
        required: ['port', 'remoteAddress', 'token'],
        properties: {
          atMs: { type: 'number', description: 'When, in milliseconds since listening began' },
          port: { type: 'integer', description: 'TCP port at which it arrived' },
          localAddress: { type: 'string', description: 'Address at which it arrived' },
          ...from,
          token: { type: 'string', description: 'What we said to it: 32 hexadecimal digits' },
          heardToken: { type: 'string', nullable: true, description: 'What it said to us; null when it said nothing' },
          leftFrom: {
            type: 'string',
            nullable: true,
            description: 'From where it left, as its own host sees it: address:port; null when it did not say',
          },
        },
      },
    },
    halfOpen: {
      type: 'array',
      description: `Connections that were asked for and whose answer did not come through (SYN_RECV in /proc/net/tcp), seen every ${lookEveryMs} ms`,
      items: {
        type: 'object',
        description: 'One of them',
        required: ['port', 'remoteAddress'],
        properties: {
          atMs: { type: 'number', description: 'When it was first seen, in milliseconds since listening began' },
          port: { type: 'integer', description: 'TCP port that was asked for' },
          ...from,
        },
      },
    },
    unlisted: { type: 'integer', minimum: 0, description: 'How many more arrived than are listed' },
  },
} as const satisfies ObjectSchema;

export type Listened = Written<typeof result>;
type Port = Listened['ports'][number];
type Arrival = Listened['arrivals'][number];
type HalfOpen = Listened['halfOpen'][number];

export const listen = defineCollector({
  type: 'listen',
  title: 'TCP Listener',
  summary: 'Who arrives at TCP ports of this host, as the far end of two',
  example,
  params,
  result,
  defaultName: 'listen',
  output: (name) => `host-collectors/listen/${name}.json`,
  prepare({ ports, duration }) {
    const { ms, mistake } = parseTime(duration);
    if (mistake !== undefined) return { mistakes: [{ path: 'duration', message: mistake }] };
    return { params: { ports: [...new Set(ports)], durationMs: ms } };
  },
  deadlineMs: ({ durationMs }) => durationMs + 15_000,
  load: 'network',
  claims: ({ ports }) => ports.map((port) => ({ resource: `port:${port}`, alone: true })),
}).collect(async ({ ports, durationMs }, host) => {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const sinceStart = () => roundMs(performance.now() - startedMs);
  const arrivals: Arrival[] = [];
  let unlisted = 0;
  const greetings = new Set<Promise<void>>();

  async function welcome(socket: Socket, port: number): Promise<void> {
    const token = newToken();
    const { remoteAddress, remotePort = 0, localAddress } = socket;
    const arrival = {
      atMs: sinceStart(),
      port,
      localAddress: plainAddress(localAddress),
      remoteAddress: plainAddress(remoteAddress),
      remotePort,
      token,
    };
    const heard = await greet(socket, token, helloMs, host.signal);
    if (arrivals.length < mostArrivals)
      arrivals.push({ ...arrival, heardToken: heard?.token ?? null, leftFrom: heard?.from ?? null });
    else unlisted++;
  }

  const opened = await Promise.all(
    ports.map((port) =>
      openPort(port, host, (socket) => {
        const greeting = welcome(socket, port).finally(() => greetings.delete(greeting));
        greetings.add(greeting);
      }),
    ),
  );
  const watched = watchHalfOpen(new Set(ports), host, sinceStart);
  await passed(durationMs, host.signal);
  for (const { server } of opened) server?.close();
  await Promise.all(greetings);
  const value = {
    startedAt,
    durationMs: sinceStart(),
    addresses: ownAddresses(),
    ports: opened.map(({ port }) => port),
    arrivals: arrivals.toSorted((left, right) => (left.atMs ?? 0) - (right.atMs ?? 0)),
    halfOpen: await watched.end(),
    unlisted,
  };
  return host.signal.aborted ? { result: value, partial: reasonText(host.signal.reason) } : { result: value };
});

interface Opened {
  readonly port: Port;
  readonly server?: Server;
}

async function openPort(port: number, host: Host, onSocket: (socket: Socket) => void): Promise<Opened> {
  const server = createServer(onSocket);
  server.maxConnections = mostOpen;
  try {
    server.listen({ port, host: '::' });
    await once(server, 'listening');
  } catch (error) {
    if (isErrno(error) && error.code === 'EAFNOSUPPORT') {
      server.listen({ port, host: '0.0.0.0' });
      await once(server, 'listening');
    } else {
      const code = isErrno(error) ? (error.code ?? null) : null;
      const { holders } = code === 'EADDRINUSE' ? await findHolders('tcp', port, host) : { holders: [] };
      const heldBy = holders.map(({ process, pid }) => `${process} (pid ${pid})`).join(', ');
      return { port: { port, listening: false, code, heldBy: heldBy || null } };
    }
  }
  // One connection that fails is its own affair.
  server.on('error', () => {});
  return { port: { port, listening: true, code: null, heldBy: null }, server };
}

function watchHalfOpen(ports: ReadonlySet<number>, host: Host, sinceStart: () => number) {
  const seen = new Map<string, HalfOpen>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver && !host.signal.aborted) {
      for (const one of await halfOpen(ports, host)) {
        const key = `${one.port} ${one.remoteAddress} ${one.remotePort}`;
        if (!seen.has(key) && seen.size < mostArrivals) seen.set(key, { atMs: sinceStart(), ...one });
      }
      await passed(lookEveryMs, host.signal);
    }
  })();
  return {
    async end(): Promise<readonly HalfOpen[]> {
      isOver = true;
      await watching;
      return [...seen.values()];
    },
  };
}

function ownAddresses(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [...new Set(addresses.map(({ address }) => address))].sort();
}
