import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { parseTime } from '../../go/duration.ts';
import { hostMistake } from '../../net/address.ts';
import { balancerTimeout, balancingSchema, refusalsMs, triedFields } from '../../net/balancing.ts';
import { roundMs } from '../../net/clock.ts';
import { peerSchema } from '../../net/peer.ts';
import { tellHolders } from '../../net/port-holders.ts';
import { bareHost, portOf } from '../../net/proxy.ts';
import { shownUrl } from '../../net/secrets.ts';
import { untried } from '../../net/trying.ts';
import example from './example.yaml';
import { postToSelf } from './post.ts';

const params = {
  type: 'object',
  description: 'Listens on a port of this host, posts to a balancer by HTTP, and makes sure that it met itself',
  required: ['address', 'port'],
  properties: {
    address: {
      type: 'string',
      description: 'The balancer: a URL with http or https; any other is the status invalid-address',
    },
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      description: 'TCP port of this host to which the balancer passes requests on, as plain HTTP',
    },
    path: { type: 'string', description: 'Path to post to, where the address has none; absent: /' },
    timeout: balancerTimeout,
  },
} as const satisfies ObjectSchema;

const result = {
  ...balancingSchema,
  properties: {
    ...balancingSchema.properties,
    httpStatus: {
      type: 'integer',
      nullable: true,
      description: 'Status code of the last answer; null when none came',
    },
    tls: peerSchema,
  },
} as const satisfies ObjectSchema;

interface Balancer {
  readonly address: string;
  readonly target: URL | { readonly mistake: string };
  readonly port: number;
  readonly timeoutMs: number;
}

export const httpLoadBalancer = defineCollector({
  type: 'httpLoadBalancer',
  title: 'HTTP Load Balancer',
  summary: 'Whether requests to an HTTP load balancer come to this host',
  example,
  params,
  result,
  defaultName: 'httpLoadBalancer',
  output: (name) => `host-collectors/httpLoadBalancer/${name}.json`,
  prepare({ address, port, path, timeout }) {
    const { ms: timeoutMs, mistake } = parseTime(timeout);
    if (mistake !== undefined) return { mistakes: [{ path: 'timeout', message: mistake }] };
    const target = parseBalancer(address, path);
    const doubts: ParamMistake[] = 'mistake' in target ? [{ path: 'address', message: target.mistake }] : [];
    return { params: { address, target, port, timeoutMs } satisfies Balancer as Balancer, doubts };
  },
  // Beyond its own time limit: the search for who has the port.
  deadlineMs: ({ timeoutMs }) => timeoutMs + 6000,
  load: 'network',
  // The other port so that it never meets the listener with which tcpPortStatus tests it, where the balancer is here.
  claims({ port, target }) {
    const own = [{ resource: `port:${port}`, alone: true }];
    if ('mistake' in target || portOf(target) === port) return own;
    return [...own, { resource: `port:${portOf(target)}`, alone: false }];
  },
  parse: parseStatus,
}).collect(async ({ address, target, port, timeoutMs }, host) => {
  host.signal.throwIfAborted();
  const startedMs = performance.now();
  const startedAt = new Date().toISOString();
  const { complaint, status, message, code, listenAddress, visitors, httpStatus, tls, ...tried } =
    'mistake' in target ? invalid(address, target.mistake) : await throughBalancer(target, port, timeoutMs, host);
  const { fields, by } = await tellHolders(status === 'address-in-use', 'tcp', port, host);
  host.signal.throwIfAborted();
  const value = {
    status,
    message: message + by,
    code,
    address: 'mistake' in target ? address : shownUrl(target),
    port,
    startedAt,
    listenAddress,
    ...triedFields(tried),
    visitors,
    reachedFrom: visitors.find(({ verified = 0 }) => verified > 0)?.address ?? null,
    httpStatus,
    tls,
    ...fields,
    durationMs: roundMs(performance.now() - startedMs),
  };
  return complaint === undefined ? { result: value } : { result: value, complaint: complaint + by };
});

/** A path in the address counts more than one beside it, of which the Go tool knows nothing. */
function parseBalancer(address: string, path = ''): Balancer['target'] {
  const example = 'write a URL such as http://lb.example.com or https://lb.example.com:8443';
  if (address.includes('{{') || address.includes('}}')) {
    return { mistake: `${JSON.stringify(address)} has template text left in it; ${example}` };
  }
  if (!/^https?:\/\//i.test(address)) {
    const meant = /^[^\s/]+(:\d+)?(\/\S*)?$/.test(address) && !address.includes('://') ? `http://${address}` : '';
    return {
      mistake: `${JSON.stringify(address)} has neither http:// nor https:// in front; write ${meant || 'http://lb.example.com'}`,
    };
  }
  if (!URL.canParse(address)) return { mistake: `${JSON.stringify(address)} is no URL; ${example}` };
  const url = new URL(address);
  const mistake = hostMistake(bareHost(url));
  if (mistake !== undefined) return { mistake };
  if (portOf(url) === 0) return { mistake: `port 0 does not exist; ${example}` };
  if (path !== '' && url.pathname === '/') url.pathname = path;
  return url;
}

const unposted = { ...untried, listenAddress: null, visitors: [], httpStatus: null, tls: null } as const;

function invalid(address: string, mistake: string) {
  const message = `Invalid Load Balancer Address: ${address}: ${mistake}`;
  return { ...unposted, status: 'invalid-address', message, complaint: message } as const;
}

async function throughBalancer(url: URL, listenPort: number, totalMs: number, host: Host) {
  const posted = await postToSelf({ url, listenPort, totalMs, refusalsMs }, host);
  if ('unlistened' in posted) {
    const { code, message, address: listenAddress } = posted.unlistened;
    const status =
      code === 'EADDRINUSE' ? 'address-in-use' : code === 'EACCES' ? 'bind-permission-denied' : ('error' as const);
    return {
      ...unposted,
      status,
      code,
      message,
      complaint: `failed to listen on HTTP port: ${message}`,
      listenAddress,
    } as const;
  }
  const { lastTry, tries, message, answer } = posted;
  if (lastTry === 'verified') return { ...posted, status: 'connected', complaint: undefined } as const;
  const status =
    lastTry === 'refused'
      ? 'connection-refused'
      : lastTry === 'no-answer' || tries === 0
        ? 'connection-timeout'
        : ('error' as const);
  const said = answer === null ? '' : `: ${JSON.stringify(answer)}`;
  const why = tries === 0 ? 'there was no time for a single try' : message + said;
  return {
    ...posted,
    status,
    message: why,
    complaint: `failed to reach ourselves through the balancer: ${why}`,
  } as const;
}
