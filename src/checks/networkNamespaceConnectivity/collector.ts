import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { formatDuration, parseTime } from '../../go/duration.ts';
import { bitsOf, contains, formatNetwork, type IP, lastOf, type Network, overlap, readCIDR } from '../../go/net-ip.ts';
import { formatHostPort } from '../../net/address.ts';
import { roundMs } from '../../net/clock.ts';
import { readRoutes } from '../../net/routes.ts';
import { type Addresses, addressesOf, type End, startEnd } from './end.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'Puts two network namespaces on this host for a moment, and lets one talk to the other through the host',
  required: ['fromCIDR', 'toCIDR'],
  properties: {
    fromCIDR: {
      type: 'string',
      description: 'Network of the namespace that connects, such as 10.244.0.0/17; it must be unused',
    },
    toCIDR: { type: 'string', description: 'Network of the namespace that answers, such as 10.244.128.0/17' },
    port: {
      type: 'integer',
      minimum: 0,
      maximum: 65535,
      default: 8080,
      description: 'TCP and UDP port in the namespace that answers; 0 is 8080',
    },
    timeout: {
      type: 'string',
      format: 'go-duration',
      default: '5s',
      description: 'How long each of UDP and TCP may take; both are tried at the same time',
    },
  },
} as const satisfies ObjectSchema;

const errorText = (what: string) => ({ type: 'string', description: `${what}; empty when nothing` }) as const;

const result = {
  type: 'object',
  description: 'Whether this host passes packets on from one network to another',
  required: ['from_cidr', 'to_cidr', 'success'],
  properties: {
    from_cidr: { type: 'string', description: 'Network of the namespace that connects, as given' },
    to_cidr: { type: 'string', description: 'Network of the namespace that answers, as given' },
    errors: {
      type: 'object',
      description: 'What went wrong at each step',
      properties: {
        from_cidr_creation: errorText('Why the namespace that connects could not be made'),
        to_cidr_creation: errorText('Why the namespace that answers could not be made'),
        udp_client: errorText('What sending a datagram and waiting for its echo met'),
        udp_server: errorText('What waiting for a datagram met'),
        tcp_client: errorText('What connecting and waiting for an echo met'),
        tcp_server: errorText('What waiting for a connection met'),
      },
    },
    output: {
      type: 'object',
      description: 'What was done',
      properties: {
        logs: {
          type: 'array',
          nullable: true,
          description: 'Steps, each with its time',
          items: { type: 'string', description: 'One step' },
        },
      },
    },
    success: { type: 'boolean', description: 'UDP and TCP both went there and back' },
    fromAddress: { type: 'string', description: 'Address of the namespace that connects' },
    toAddress: { type: 'string', description: 'Address of the namespace that answers' },
    port: { type: 'integer', description: 'TCP and UDP port that was tried' },
    forwarding: {
      type: 'boolean',
      nullable: true,
      description: 'Whether this host forwards packets of that family at all (sysctl); null when it cannot be read',
    },
    udpLatencyMs: { type: 'number', nullable: true, description: 'UDP there and back in milliseconds; null without' },
    tcpLatencyMs: { type: 'number', nullable: true, description: 'TCP handshake in milliseconds; null without' },
    udpCode: { type: 'string', nullable: true, description: 'Error code of the system for UDP; null without' },
    tcpCode: { type: 'string', nullable: true, description: 'Error code of the system for TCP; null without' },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    durationMs: { type: 'number', description: 'How long it took, in milliseconds of a monotonic clock' },
  },
} as const satisfies ObjectSchema;

interface Way {
  readonly fromCIDR: string;
  readonly toCIDR: string;
  readonly from: Network;
  readonly to: Network;
  readonly port: number;
  readonly timeoutMs: number;
}

export const networkNamespaceConnectivity = defineCollector({
  type: 'networkNamespaceConnectivity',
  title: 'Host Network Namespace Connectivity',
  summary: 'Whether this host passes packets on between two networks, as containers on it will need',
  example,
  params,
  result,
  defaultName: 'networkNamespaceConnectivity',
  output: (name) => `host-collectors/system/${name}.json`,
  prepare({ fromCIDR, toCIDR, port, timeout }) {
    const mistakes: ParamMistake[] = [];
    const networkOf = (path: string, text: string) => {
      const read = readCIDR(text);
      const mistake = 'mistake' in read ? read.mistake : (sizeMistake(read.network) ?? kindMistake(read.network));
      if (mistake !== undefined) mistakes.push({ path, message: mistake });
      return 'network' in read ? read.network : undefined;
    };
    const { ms: timeoutMs, mistake } = parseTime(timeout);
    if (mistake !== undefined) mistakes.push({ path: 'timeout', message: mistake });
    const from = networkOf('fromCIDR', fromCIDR);
    const to = networkOf('toCIDR', toCIDR);
    if (from === undefined || to === undefined || mistakes.length > 0) return { mistakes };
    if (from.family !== to.family) {
      return { mistakes: [{ path: 'toCIDR', message: 'is of another IP version than fromCIDR; write two of one' }] };
    }
    if (overlap(from, to)) {
      const message = `overlaps ${formatNetwork(from)}; write a network that has no address in common with fromCIDR`;
      return { mistakes: [{ path: 'toCIDR', message }] };
    }
    return { params: { fromCIDR, toCIDR, from, to, port: port || 8080, timeoutMs } satisfies Way as Way };
  },
  // Two processes have to start, a dozen commands to run.
  deadlineMs: ({ timeoutMs }) => timeoutMs * 2 + 20_000,
  load: 'host',
  // Whoever looks at the interfaces and routes of this host must not see ours.
  claims: () => [{ resource: 'interfaces', alone: true }],
  render: (value) => JSON.stringify(value, null, 2),
}).collect(async (way, host) => {
  host.signal.throwIfAborted();
  const startedMs = performance.now();
  const startedAt = new Date().toISOString();
  const logs: string[] = [];
  const log = (text: string) => logs.push(`[${new Date().toISOString()}] ${text}`);
  const from = addressesOf(way.from);
  const to = addressesOf(way.to);
  const forwarding = await readForwarding(way.from.family, host);
  const { errors, ...measured } = await connect(way, from, to, host, log);
  host.signal.throwIfAborted();
  const success = Object.values(errors).every((text) => text === '');
  if (!success && forwarding === false && errors.udp_client !== '') {
    errors.udp_client += `; this host forwards no IPv${way.from.family} packets (${forwardingName(way.from.family)} = 0)`;
  }
  return {
    result: {
      from_cidr: way.fromCIDR,
      to_cidr: way.toCIDR,
      errors,
      output: { logs },
      success,
      fromAddress: from.inner,
      toAddress: to.inner,
      port: way.port,
      forwarding,
      ...measured,
      startedAt,
      durationMs: roundMs(performance.now() - startedMs),
    },
  };
});

function sizeMistake({ family, prefix }: Network): string | undefined {
  const most = bitsOf(family) - 2;
  return prefix <= most ? undefined : `has no room for two addresses; write a prefix length of ${most} or less`;
}

/** Networks that no packet of one host to another is from: of this host itself, of a link alone, of groups, reserved. */
const specialNetworks = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/8', 'fe80::/10', 'ff00::/8'];
/** Read when they are asked for: Node's pattern for IPv6 takes milliseconds to compile, at the start of whatever is run. */
const special = () =>
  specialNetworks.flatMap((text) => {
    const read = readCIDR(text);
    return 'network' in read ? read.network : [];
  });

function kindMistake(network: Network): string | undefined {
  const found = special().find((one) => one.family === network.family && overlap(one, network));
  if (found === undefined) return undefined;
  const example = network.family === 4 ? '10.244.0.0/17' : 'fd00:244::/64';
  return `overlaps ${formatNetwork(found)}, whose addresses are not passed on; write a private network such as ${example}`;
}

function noErrors() {
  return {
    from_cidr_creation: '',
    to_cidr_creation: '',
    udp_client: '',
    udp_server: '',
    tcp_client: '',
    tcp_server: '',
  };
}

const nothingMeasured = { udpLatencyMs: null, tcpLatencyMs: null, udpCode: null, tcpCode: null };

async function connect(way: Way, from: Addresses, to: Addresses, host: Host, log: (text: string) => void) {
  const errors = noErrors();
  const ends: End[] = [];
  const { port, timeoutMs } = way;
  /** A namespace with a cable; undefined when there is none, and then the error says why. */
  const open = async (side: 'from' | 'to', network: Network, addresses: Addresses, role: 'server' | 'client') => {
    const failed = (why: string) => {
      errors[`${side}_cidr_creation`] = `error creating network namespace: ${why}`;
      log(errors[`${side}_cidr_creation`]);
      return undefined;
    };
    const inUse = await routeTo(network, host);
    if (inUse !== undefined) return failed(inUse);
    const end = startEnd({ role, address: addresses.inner, peer: to.inner, port, timeoutMs }, host);
    ends.push(end);
    const started = await end.heard('started');
    if (started === undefined) return failed(await end.why());
    const why = await end.connect(started.pid, addresses);
    if (why !== undefined) return failed(why);
    log(`namespace "${side}": ${addresses.inner}/${addresses.prefix}, by way of ${addresses.outer} on this host`);
    return end;
  };
  try {
    const server = await open('to', way.to, to, 'server');
    if (server === undefined) return { errors, ...nothingMeasured };
    const listening = await Promise.race([server.heard('listening'), server.heard('unable')]);
    if (listening?.event !== 'listening') {
      const why = listening === undefined ? await server.why() : listening.message;
      errors[listening?.protocol === 'udp' ? 'udp_server' : 'tcp_server'] = `error starting server: ${why}`;
      return { errors, ...nothingMeasured };
    }
    const where = formatHostPort(to.inner, port);
    log(`UDP and TCP servers listen on ${where}`);
    const client = await open('from', way.from, from, 'client');
    if (client === undefined) return { errors, ...nothingMeasured };
    const done = await client.heard('done');
    if (done === undefined) {
      errors.tcp_client = `the client ended early: ${await client.why()}`;
      return { errors, ...nothingMeasured };
    }
    const { udp, tcp } = done;
    const within = `within ${formatDuration(timeoutMs)}`;
    const arrived = (protocol: 'tcp' | 'udp') =>
      server.events.some((event) => event.event === 'arrived' && event.protocol === protocol);
    if (udp.lastTry !== 'verified') {
      const why = udp.code === null ? `no echo from ${where} ${within}` : `${where}: ${udp.code}`;
      errors.udp_client = `error reading from udp socket: ${why}`;
    }
    if (!arrived('udp')) errors.udp_server = `error reading from udp socket: no datagram arrived ${within}`;
    if (!tcp.isEchoed) errors.tcp_client = tcp.message;
    if (!arrived('tcp')) errors.tcp_server = `error accepting connection: none arrived ${within}`;
    for (const text of Object.values(errors)) if (text !== '') log(text);
    log(`UDP ${udp.lastTry}, TCP ${tcp.isEchoed ? 'echoed' : 'failed'}`);
    return {
      errors,
      udpLatencyMs: udp.latencyMs,
      tcpLatencyMs: tcp.isEchoed ? tcp.latencyMs : null,
      udpCode: udp.code,
      tcpCode: tcp.code,
    };
  } finally {
    await Promise.all(ends.map((end) => end.close()));
  }
}

/**
 * A route of this host that the test would take the packets of for as long as it lasts, or that would take those of the test: a smaller
 * network in which one of its two addresses lies.
 */
async function routeTo(network: Network, host: Host): Promise<string | undefined> {
  const routes = await readRoutes(host).catch(() => []);
  host.signal.throwIfAborted();
  const { family, value } = network;
  const used = [value, value + 1n, lastOf(network) - 1n].map((one): IP => ({ family, value: one }));
  for (const { destination, prefix, interface: name } of routes) {
    const read = readCIDR(destination);
    if (prefix === 0 || !('network' in read) || !used.some((ip) => contains(read.network, ip))) continue;
    return `${formatNetwork(network)} is in use here (route ${destination} by ${name}), and testing with it would cut that off; write an unused network`;
  }
  return undefined;
}

function forwardingName(family: 4 | 6): string {
  return family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
}

async function readForwarding(family: 4 | 6, host: Host): Promise<boolean | null> {
  const path = `/proc/sys/${forwardingName(family).replaceAll('.', '/')}`;
  const text = await host.readText(path).catch(() => '');
  return text === '' ? null : text.trim() !== '0';
}
