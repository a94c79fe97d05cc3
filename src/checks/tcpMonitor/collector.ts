import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema, Schema, Written } from '../../contract/schema.ts';
import { hostMistake, withoutBrackets } from '../../net/address.ts';
import { dialLimitMs, type Target } from '../../net/dial.ts';
import { dialSchema } from '../../net/evidence.ts';
import {
  dialSampled,
  type SampledInTime,
  type Series,
  samplesProperty,
  seriesMs,
  statisticsProperties,
} from '../../net/sampling.ts';
import example from './example.yaml';

const hostTypes = ['tcp', 'IP4', 'IP6', 'DOMAIN'] as const;

const params = {
  type: 'object',
  description: 'The hosts of a Kener TCP monitor',
  required: ['hosts'],
  properties: {
    hosts: {
      type: 'array',
      minItems: 1,
      maxItems: 10_000,
      description: 'Probed side by side; the results keep this order',
      items: {
        type: 'object',
        description: 'One host and port',
        required: ['host'],
        properties: {
          type: {
            type: 'string',
            enum: hostTypes,
            default: 'tcp',
            description:
              'IP6 dials the IPv6 addresses of a name, every other the IPv4 ones; an address is dialled as it is',
          },
          host: { type: 'string', description: 'Host name or IP address' },
          port: { type: 'integer', minimum: 1, maximum: 65535, default: 80, description: 'TCP port' },
          timeout: {
            type: 'number',
            minimum: 1,
            maximum: 86_400_000,
            default: 1000,
            description: 'Time limit in milliseconds, name lookup included',
          },
        },
      },
    },
    samples: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'How many times to probe each host, for faults that come and go; every one is kept',
    },
    interval: {
      type: 'number',
      minimum: 0,
      maximum: 86_400_000,
      default: 1000,
      description: 'Milliseconds from the begin of one sample of a host to the begin of the next, which never overlap',
    },
  },
} as const satisfies ObjectSchema;

const probe = {
  type: 'object',
  description: 'How one host answered',
  required: ['status', 'latency'],
  properties: {
    status: { type: 'string', enum: ['open', 'timeout', 'error'], description: 'open when it connected' },
    latency: {
      type: 'number',
      description: 'Milliseconds from the begin to the verdict, name lookup included, also of a failure',
    },
    host: { type: 'string', description: 'As the monitor has it' },
    port: { type: 'integer', description: 'As the monitor has it' },
    type: { type: 'string', description: 'As the monitor has it' },
    error: { type: 'string', nullable: true, description: 'Why it is not open, in words; null when open' },
    code: dialSchema.properties.code,
    cause: dialSchema.properties.cause,
    startedAt: dialSchema.properties.startedAt,
    dnsMs: dialSchema.properties.dnsMs,
    latencyMs: dialSchema.properties.latencyMs,
    attempts: dialSchema.properties.attempts,
    ...statisticsProperties,
    samples: samplesProperty,
  },
} as const satisfies ObjectSchema;

export type Probe = Written<typeof probe>;

const result = {
  type: 'array',
  description: 'One per host, in the order of the monitor: the argument of its eval function',
  items: probe,
} as const satisfies Schema;

/** Sockets of one monitor at once; hosts beyond it wait for their turn, their time limits do not run meanwhile. */
const mostAtOnce = 1000;
/** As when collectors are started: a thousand handshakes begun in one turn would all be measured as slow. */
const startsPerTurn = 16;

interface Wanted {
  readonly target: Target;
  readonly type: (typeof hostTypes)[number];
  readonly host: string;
}

export const tcpMonitor = defineCollector({
  type: 'tcpMonitor',
  title: 'TCP Monitor',
  summary: 'Probes the hosts of a Kener TCP monitor',
  example,
  params,
  result,
  defaultName: 'tcpMonitor',
  output: (name) => `host-collectors/tcpMonitor/${name}.json`,
  prepare({ hosts, samples, interval }) {
    const mistakes: ParamMistake[] = [];
    const wanted = hosts.map(({ type, host: written, port, timeout }, index): Wanted => {
      const host = withoutBrackets(written);
      const mistake = hostMistake(host);
      if (mistake !== undefined) mistakes.push({ path: `hosts/${index}/host`, message: `is wrong: ${mistake}` });
      const family = type === 'IP6' ? 'ipv6' : 'ipv4';
      const target = {
        host,
        port,
        family,
        timeoutMs: timeout,
        attempts: 1,
        retryDelayMs: 0,
        isExplained: false,
      } as const;
      return { type, host: written, target };
    });
    return mistakes.length > 0 ? { mistakes } : { params: { wanted, series: { samples, intervalMs: interval } } };
  },
  deadlineMs({ wanted, series }) {
    const longest = wanted.reduce((most, { target }) => Math.max(most, dialLimitMs(target)), 0);
    return Math.ceil(wanted.length / mostAtOnce) * seriesMs(longest, series) + 1000;
  },
  load: 'network',
  claims: ({ wanted }) =>
    [...new Set(wanted.map(({ target }) => target.port))].map((port) => ({ resource: `port:${port}`, alone: false })),
}).collect(async ({ wanted, series }, host) => {
  const all = await probeAll(wanted, series, host);
  const result = all.map(({ sampled }, index) => probeOf(sampled, wanted[index] as Wanted));
  const partial = all.find((one) => one.partial !== undefined)?.partial;
  return partial === undefined ? { result } : { result, partial };
});

async function probeAll(wanted: readonly Wanted[], series: Series, host: Host): Promise<readonly SampledInTime[]> {
  const done: SampledInTime[] = [];
  let next = 0;
  const worker = async () => {
    while (next < wanted.length) {
      const index = next++;
      const { target } = wanted[index] as Wanted;
      done[index] = await dialSampled(target, series, host);
    }
  };
  const workers: Promise<void>[] = [];
  while (workers.length < Math.min(mostAtOnce, wanted.length)) {
    workers.push(worker());
    if (workers.length % startsPerTurn === 0) await nextTurn();
  }
  await Promise.all(workers);
  return done;
}

function probeOf(sampled: SampledInTime['sampled'], { type, host }: Wanted): Probe {
  const { status, durationMs, port, message, code, cause, startedAt, dnsMs, latencyMs, attempts } = sampled;
  const { loss, latencyMin, latencyP50, latencyP95, latencyMax, jitter, samples } = sampled;
  const statuses = { connected: 'open', 'connection-timeout': 'timeout' } as const;
  const isKnown = status === 'connected' || status === 'connection-timeout';
  return {
    status: isKnown ? statuses[status] : 'error',
    // A series has no latency of its own: the one that decided has.
    latency: samples.length === 0 ? durationMs : (attempts.at(-1)?.durationMs ?? 0),
    host,
    port,
    type,
    error: status === 'connected' ? null : message,
    code,
    cause,
    startedAt,
    dnsMs,
    latencyMs,
    attempts,
    loss,
    latencyMin,
    latencyP50,
    latencyP95,
    latencyMax,
    jitter,
    samples,
  };
}
