import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { parseTime } from '../../go/duration.ts';
import { type HostPort, parseHostPort } from '../../net/address.ts';
import { balancerTimeout, balancingSchema, refusalsMs, triedFields } from '../../net/balancing.ts';
import { roundMs } from '../../net/clock.ts';
import { everyAddress } from '../../net/interfaces.ts';
import { tellHolders } from '../../net/port-holders.ts';
import { connectToSelf, type SelfConnected } from '../../net/self-connection.ts';
import { untried } from '../../net/trying.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'Listens on a port of this host, connects to a balancer, and makes sure that it met itself',
  required: ['address', 'port'],
  properties: {
    address: {
      type: 'string',
      description: 'The balancer: host:port, with IPv6 addresses in brackets; any other is the status invalid-address',
    },
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      description: 'TCP port of this host to which the balancer passes connections on',
    },
    timeout: balancerTimeout,
  },
} as const satisfies ObjectSchema;

interface Balancer {
  readonly address: string;
  readonly target: HostPort | { readonly mistake: string };
  readonly port: number;
  readonly timeoutMs: number;
}

export const tcpLoadBalancer = defineCollector({
  type: 'tcpLoadBalancer',
  title: 'TCP Load Balancer',
  summary: 'Whether connections to a TCP load balancer come to this host',
  example,
  params,
  result: balancingSchema,
  defaultName: 'tcpLoadBalancer',
  output: (name) => `host-collectors/tcpLoadBalancer/${name}.json`,
  prepare({ address, port, timeout }) {
    const { ms: timeoutMs, mistake } = parseTime(timeout);
    if (mistake !== undefined) return { mistakes: [{ path: 'timeout', message: mistake }] };
    const target = parseHostPort(address);
    const doubts: ParamMistake[] = 'mistake' in target ? [{ path: 'address', message: target.mistake }] : [];
    return { params: { address, target, port, timeoutMs } satisfies Balancer as Balancer, doubts };
  },
  // Beyond its own time limit: the search for who has the port.
  deadlineMs: ({ timeoutMs }) => timeoutMs + 6000,
  load: 'network',
  // The other port so that it never meets the listener with which tcpPortStatus tests it, where the balancer is here.
  claims({ port, target }) {
    const own = [{ resource: `port:${port}`, alone: true }];
    return 'mistake' in target || target.port === port
      ? own
      : [...own, { resource: `port:${target.port}`, alone: false }];
  },
  parse: parseStatus,
}).collect(async ({ address, target, port, timeoutMs }, host) => {
  host.signal.throwIfAborted();
  const startedMs = performance.now();
  const begun = { address, port, startedAt: new Date().toISOString() };
  const { complaint, status, message, code, listenAddress, visitors, ...tried } =
    'mistake' in target ? invalid(address, target.mistake) : await throughBalancer(target, port, timeoutMs, host);
  const { fields, by } = await tellHolders(status === 'address-in-use', 'tcp', port, host);
  host.signal.throwIfAborted();
  const value = {
    status,
    message: message + by,
    code,
    ...begun,
    listenAddress,
    ...triedFields(tried),
    visitors,
    reachedFrom: visitors.find(({ verified = 0 }) => verified > 0)?.address ?? null,
    ...fields,
    durationMs: roundMs(performance.now() - startedMs),
  };
  return complaint === undefined ? { result: value } : { result: value, complaint: complaint + by };
});

function invalid(address: string, mistake: string) {
  const message = `Invalid Load Balancer Address: ${address}`;
  return {
    ...untried,
    status: 'invalid-address',
    message: `${message}: ${mistake}`,
    complaint: `${message}: ${mistake}`,
    listenAddress: null,
    visitors: [],
  } as const;
}

async function throughBalancer(target: HostPort, listenPort: number, totalMs: number, host: Host) {
  const met = await connectToSelf({ listen: everyAddress, listenPort, ...target, totalMs, refusalsMs }, host);
  if (met.status === 'error' && met.code === 'EACCES' && met.tries === 0) {
    return { ...met, status: 'bind-permission-denied' as const };
  }
  return { ...met, message: met.status === 'connection-timeout' ? `${met.message}: ${whyLate(met)}` : met.message };
}

function whyLate({ lastTry, tries, dialled, answer }: SelfConnected): string {
  if (lastTry === 'unverified') {
    const said = answer === null ? 'nothing' : JSON.stringify(answer);
    return `what took the connection to ${dialled?.address} did not know our token, and said ${said}`;
  }
  return tries === 0 ? 'there was no time for a single try' : (dialled?.message ?? '');
}
