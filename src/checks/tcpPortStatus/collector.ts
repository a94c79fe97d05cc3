import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { formatHostPort } from '../../net/address.ts';
import { roundMs } from '../../net/clock.ts';
import { type OwnPlace, ownPlace } from '../../net/interfaces.ts';
import { holdersProperties, tellHolders } from '../../net/port-holders.ts';
import { connectToSelf } from '../../net/self-connection.ts';
import { tryEndings } from '../../net/trying.ts';
import example from './example.yaml';

const totalMs = 10_000;

const params = {
  type: 'object',
  description: 'Listens on a port of this host, connects to it, and makes sure that it met itself',
  required: ['port'],
  properties: {
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'TCP port to listen on for a moment' },
    interface: {
      type: 'string',
      description: 'Interface whose address to use, such as eth0; absent: listen on all, dial the first outer one',
    },
  },
} as const satisfies ObjectSchema;

const result = {
  type: 'object',
  description: 'Whether a program of this host could serve on the port',
  required: ['status'],
  properties: {
    status: {
      type: 'string',
      enum: ['connected', 'address-in-use', 'connection-refused', 'connection-timeout', 'error', 'invalid-address'],
      description: 'How it ended; invalid-address is written by the Go tool alone',
    },
    message: { type: 'string', description: 'Why, in words; empty when connected' },
    code: { type: 'string', nullable: true, description: 'Error code of the system (errno); null without one' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'The TCP port that was tested' },
    interface: { type: 'string', nullable: true, description: 'The interface that was asked for; null when none was' },
    listenAddress: { type: 'string', nullable: true, description: 'Where it listened; null when it got not so far' },
    dialAddress: { type: 'string', nullable: true, description: 'Where it connected to; null when it got not so far' },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    durationMs: { type: 'number', description: 'How long it took, in milliseconds of a monotonic clock' },
    latencyMs: {
      type: 'number',
      nullable: true,
      description: 'TCP handshake with itself, in milliseconds; null when not connected',
    },
    tries: { type: 'integer', minimum: 0, description: 'How many connections were tried, one a second' },
    lastTry: {
      type: 'string',
      enum: tryEndings,
      nullable: true,
      description: 'What the last try met; unverified: something answered that was not our own listener',
    },
    ...holdersProperties,
  },
} as const satisfies ObjectSchema;

export const tcpPortStatus = defineCollector({
  type: 'tcpPortStatus',
  title: 'TCP Port Status',
  summary: 'Whether a TCP port of this host is free and can be reached by the host itself',
  example,
  params,
  result,
  defaultName: 'tcpPortStatus',
  output: (name) => `host-collectors/tcpPortStatus/${name}.json`,
  // Beyond its own time limit: the search for who has the port.
  deadlineMs: () => totalMs + 5000,
  load: 'network',
  claims: ({ port }) => [{ resource: `port:${port}`, alone: true }],
  parse: parseStatus,
}).collect(async ({ port, interface: name }, host) => {
  host.signal.throwIfAborted();
  const startedMs = performance.now();
  const begun = {
    port,
    interface: name || null,
    startedAt: new Date().toISOString(),
  };
  const place = await ownPlace(name, host);
  const { complaint, status, message, ...ended } =
    'mistake' in place ? cannotBegin(place.mistake) : await connectThrough(place, port, host);
  const { fields, by } = await tellHolders(status === 'address-in-use', 'tcp', port, host);
  // First what the Go tool writes, in its order.
  const value = {
    status,
    message: message + by,
    ...begun,
    ...ended,
    ...fields,
    durationMs: roundMs(performance.now() - startedMs),
  };
  return complaint === undefined ? { result: value } : { result: value, complaint: complaint + by };
});

function cannotBegin(mistake: string) {
  return {
    status: 'error',
    message: mistake,
    complaint: mistake,
    code: null,
    listenAddress: null,
    dialAddress: null,
    latencyMs: null,
    tries: 0,
    lastTry: null,
  } as const;
}

async function connectThrough({ listen, dial }: OwnPlace, port: number, host: Host) {
  const plan = { listen, listenPort: port, host: dial.address, port, totalMs, refusalsMs: 0 };
  const { status, message, complaint, code, listenAddress, latencyMs, tries, lastTry } = await connectToSelf(
    plan,
    host,
  );
  const dialAddress = formatHostPort(dial.address, port);
  return { status, message, complaint, code, listenAddress, dialAddress, latencyMs, tries, lastTry };
}
