import { isIP, type Socket } from 'node:net';
import { defineCollector, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { parseTime } from '../../go/duration.ts';
import { parseHostPort } from '../../net/address.ts';
import { dialLimitMs, type Family } from '../../net/dial.ts';
import { answer, type Exchange, exchangeSchema } from '../../net/exchange.ts';
import { explanationMs } from '../../net/explain.ts';
import { dialSampled, sampledSchema, seriesMs } from '../../net/sampling.ts';
import example from './example.yaml';

/** A listener of ours speaks at once. */
const exchangeMs = 1000;

const params = {
  type: 'object',
  description: 'Dials a TCP address and notes how it answers; sends nothing',
  required: ['address'],
  properties: {
    address: {
      type: 'string',
      description: 'host:port; an IPv6 address in brackets; an empty host is this machine',
    },
    timeout: {
      type: 'string',
      format: 'go-duration',
      default: '10s',
      description: 'Time limit of one attempt, name lookup included; 0 leaves it to the kernel, 150s at most',
    },
    attempts: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 1,
      description: 'How many times to try in all, until one connects',
    },
    retryDelay: {
      type: 'string',
      format: 'go-duration',
      default: '1s',
      description: 'Pause between two attempts',
    },
    sourcePort: {
      type: 'integer',
      minimum: 1,
      maximum: 65535,
      description: 'Local port to dial from; absent: any',
    },
    samples: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'How many times to do all this, for faults that come and go; every one is kept',
    },
    interval: {
      type: 'string',
      format: 'go-duration',
      default: '1s',
      description: 'From the begin of one sample to the begin of the next, which never overlap',
    },
    family: {
      type: 'string',
      enum: ['any', 'ipv4', 'ipv6'],
      default: 'any',
      description: 'Which addresses of a name to dial',
    },
    exchange: {
      type: 'boolean',
      default: false,
      description:
        'Wait up to 1s for a hostbundle that listens there, and exchange tokens with it; sends nothing to anybody else',
    },
  },
} as const satisfies ObjectSchema;

export const tcpConnect = defineCollector({
  type: 'tcpConnect',
  title: 'TCP Connection Attempt',
  summary: 'Whether a TCP connection to an address can be made, and if not, why',
  example,
  params,
  result: { ...sampledSchema, properties: { ...sampledSchema.properties, exchange: exchangeSchema } },
  defaultName: 'connect',
  output: (name) => `host-collectors/connect/${name}.json`,
  prepare({ address, timeout, attempts, retryDelay, samples, interval, sourcePort, family, exchange }) {
    const mistakes: ParamMistake[] = [];
    const durationMs = (path: string, text: string) => {
      const { ms, mistake } = parseTime(text);
      if (mistake !== undefined) mistakes.push({ path, message: mistake });
      return ms;
    };
    const timeoutMs = durationMs('timeout', timeout);
    const retryDelayMs = durationMs('retryDelay', retryDelay);
    const intervalMs = durationMs('interval', interval);
    const hostPort = parseHostPort(address);
    if ('mistake' in hostPort) return { mistakes: [{ path: 'address', message: hostPort.mistake }, ...mistakes] };
    mistakes.push(...familyMistakes(hostPort.host, family));
    if (mistakes.length > 0) return { mistakes };
    const times = { timeoutMs, attempts, retryDelayMs, samples, intervalMs };
    return { params: { address, ...hostPort, family, sourcePort, exchange, ...times } };
  },
  deadlineMs: (target) =>
    seriesMs(dialLimitMs(target), target) + explanationMs + 1000 + (target.exchange ? 2 * exchangeMs : 0),
  load: 'network',
  // So that it never meets the listener with which tcpPortStatus tests the same port of this machine.
  claims({ port, sourcePort }) {
    const own = sourcePort === undefined ? [] : [{ resource: `port:${sourcePort}`, alone: true }];
    return port === sourcePort ? own : [{ resource: `port:${port}`, alone: false }, ...own];
  },
  parse: parseStatus,
}).collect(async (target, host) => {
  const exchanges: Promise<Exchange>[] = [];
  const take = (socket: Socket) => void exchanges.push(answer(socket, exchangeMs, host.signal));
  const { sampled, partial } = await dialSampled(target, target, host, target.exchange ? take : undefined);
  const result = target.exchange ? { ...sampled, exchange: (await Promise.all(exchanges)).at(-1) ?? null } : sampled;
  return {
    result,
    ...(result.status !== 'connected' && { complaint: `failed to connect to ${target.address}: ${result.message}` }),
    ...(partial !== undefined && { partial }),
  };
});

function familyMistakes(host: string, family: Family): readonly ParamMistake[] {
  const literal = isIP(host);
  if (literal === 0 || family === 'any' || family === `ipv${literal}`) return [];
  const message = `the address is IPv${literal}, so family ${family} can never be dialled; write ipv${literal} or any`;
  return [{ path: 'family', message }];
}
