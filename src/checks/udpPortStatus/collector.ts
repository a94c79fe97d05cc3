import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { formatHostPort } from '../../net/address.ts';
import { roundMs } from '../../net/clock.ts';
import { bindUdp, sendUntilHeard } from '../../net/datagram.ts';
import { type OwnPlace, ownPlace } from '../../net/interfaces.ts';
import { holdersProperties, tellHolders } from '../../net/port-holders.ts';
import example from './example.yaml';

const echoMs = 1000;

const params = {
  type: 'object',
  description: 'Takes a UDP port of this host, and sends itself a datagram through it',
  required: ['port'],
  properties: {
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'UDP port to take for a moment' },
    interface: {
      type: 'string',
      description: 'Interface whose address to use, such as eth0; absent: all addresses',
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
      enum: ['connected', 'address-in-use', 'error'],
      description: 'How taking the port ended; connected says that it could be had, and nothing of datagrams',
    },
    message: { type: 'string', description: 'Why, in words; empty when connected' },
    code: { type: 'string', nullable: true, description: 'Error code of the system (errno); null without one' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'The UDP port that was tested' },
    interface: { type: 'string', nullable: true, description: 'The interface that was asked for; null when none was' },
    listenAddress: { type: 'string', nullable: true, description: 'What was taken; null when it got not so far' },
    dialAddress: { type: 'string', nullable: true, description: 'Where the datagrams to itself went; null when none' },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    durationMs: { type: 'number', description: 'How long it took, in milliseconds of a monotonic clock' },
    latencyMs: {
      type: 'number',
      nullable: true,
      description: 'From sending a datagram to its arrival, in milliseconds; null when none arrived',
    },
    tries: { type: 'integer', minimum: 0, description: 'How many datagrams it sent to itself, one each 200 ms' },
    lastTry: {
      type: 'string',
      enum: ['verified', 'no-answer', 'refused', 'failed'],
      nullable: true,
      description: 'What became of the last datagram: verified when it arrived, no-answer when a firewall may have it',
    },
    ...holdersProperties,
  },
} as const satisfies ObjectSchema;

export const udpPortStatus = defineCollector({
  type: 'udpPortStatus',
  title: 'UDP Port Status',
  summary: 'Whether a UDP port of this host is free, and whether datagrams of the host itself arrive there',
  example,
  params,
  result,
  defaultName: 'udpPortStatus',
  output: (name) => `host-collectors/udpPortStatus/${name}.json`,
  // Beyond its own time limit: the search for who has the port.
  deadlineMs: () => echoMs + 5000,
  load: 'network',
  claims: ({ port }) => [{ resource: `udp-port:${port}`, alone: true }],
  parse: parseStatus,
}).collect(async ({ port, interface: name }, host) => {
  host.signal.throwIfAborted();
  const startedMs = performance.now();
  const begun = { port, interface: name || null, startedAt: new Date().toISOString() };
  const place = await ownPlace(name, host);
  const { complaint, status, message, ...ended } =
    'mistake' in place ? cannotBegin(place.mistake) : await take(place, port, host);
  const { fields, by } = await tellHolders(status === 'address-in-use', 'udp', port, host);
  host.signal.throwIfAborted();
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

const nothingSent = { dialAddress: null, latencyMs: null, tries: 0, lastTry: null } as const;

function cannotBegin(mistake: string) {
  return {
    status: 'error',
    message: mistake,
    complaint: mistake,
    code: null,
    listenAddress: null,
    ...nothingSent,
  } as const;
}

async function take({ listen, dial }: OwnPlace, port: number, host: Host) {
  const bound = await bindUdp(listen, port);
  if ('message' in bound) {
    const { code, message, address: listenAddress } = bound;
    const complaint = `failed to listen on UDP port: ${message}`;
    const status = code === 'EADDRINUSE' ? 'address-in-use' : 'error';
    return { status, message, complaint, code, listenAddress, ...nothingSent } as const;
  }
  try {
    const sent = await sendUntilHeard({ ...dial, port, totalMs: echoMs }, host.signal, bound.socket);
    const dialAddress = formatHostPort(dial.address, port);
    const listenAddress = bound.address;
    return { status: 'connected', message: '', complaint: undefined, listenAddress, dialAddress, ...sent } as const;
  } finally {
    await bound.close();
  }
}
