import { isIP } from 'node:net';
import { defineCollector, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { hostMistake, withoutBrackets } from '../../net/address.ts';
import { causes } from '../../net/classify.ts';
import { dialLimitMs } from '../../net/dial.ts';
import { dialSchema } from '../../net/evidence.ts';
import { explanationMs } from '../../net/explain.ts';
import { dialSampled, samplesProperty, seriesMs, statisticsProperties } from '../../net/sampling.ts';
import example from './example.yaml';
import { labelList, labels } from './labels.ts';

const params = {
  type: 'object',
  description: 'Parameters of the check_tcp_connection plugin',
  required: ['host', 'port'],
  properties: {
    host: { type: 'string', description: 'Host name or IP address' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'TCP port' },
    timeout: {
      type: 'number',
      minimum: 0.001,
      maximum: 86_400,
      default: 10,
      description: 'Time limit of one attempt in seconds, name lookup included; fractions are taken',
    },
    source_port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Local port to dial from; absent: any' },
    attempts: {
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 1,
      description: 'How many times to try in all, until one connects',
    },
    retry_delay: {
      type: 'number',
      minimum: 0,
      maximum: 86_400,
      default: 1,
      description: 'Pause between two attempts in seconds',
    },
    samples: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'How many times to do all this, for faults that come and go; every one is kept',
    },
    interval: {
      type: 'number',
      minimum: 0,
      maximum: 86_400,
      default: 1,
      description: 'Seconds from the begin of one sample to the begin of the next, which never overlap',
    },
  },
} as const satisfies ObjectSchema;

const documented = labelList.map(({ error }) => error).join(', ');

const result = {
  type: 'object',
  description: 'What the plugin returns, with our evidence beside it',
  required: ['status', 'connected'],
  properties: {
    status: { type: 'string', enum: ['success', 'error'], description: 'success when it connected' },
    host: { type: 'string', description: 'As the parameter' },
    port: { type: 'integer', description: 'As the parameter' },
    connected: { type: 'boolean', description: 'Whether the last attempt connected' },
    error: {
      type: 'string',
      optional: true,
      description: `Absent on success. ${documented}; the system's text where none of these fits`,
    },
    response_time: {
      type: 'number',
      description:
        'Seconds from the begin of the first attempt to the verdict, lookup and delays included, three decimals',
    },
    attempts: { type: 'integer', description: 'How many attempts were made' },
    timestamp: { type: 'string', description: 'When the check began: UTC, whole seconds, RFC 3339' },
    code: dialSchema.properties.code,
    cause: { type: 'string', enum: causes, nullable: true, description: 'Finer than the error; null when connected' },
    message: { type: 'string', description: 'Why, in words; empty when connected' },
    connect_time: {
      type: 'number',
      nullable: true,
      description: 'TCP handshake of the attempt that connected, in seconds; null when none did',
    },
    dns_time: {
      type: 'number',
      nullable: true,
      description: 'How long the name lookup was waited for, in seconds; null when the host is an address',
    },
    tries: dialSchema.properties.attempts,
    ...statisticsProperties,
    samples: samplesProperty,
    explanation: dialSchema.properties.explanation,
  },
} as const satisfies ObjectSchema;

export const checkTcpConnection = defineCollector({
  type: 'checkTcpConnection',
  title: 'TCP Connection Check',
  summary: 'What the check_tcp_connection plugin does: dials a host and port, with retries',
  example,
  params,
  result,
  defaultName: 'checkTcpConnection',
  output: (name) => `host-collectors/checkTcpConnection/${name}.json`,
  prepare({ host: written, port, timeout, source_port, attempts, retry_delay, samples, interval }) {
    const host = withoutBrackets(written);
    const mistake = hostMistake(host);
    const mistakes: ParamMistake[] = mistake === undefined ? [] : [{ path: 'host', message: `is wrong: ${mistake}` }];
    if (mistakes.length > 0) return { mistakes };
    const times = { timeoutMs: timeout * 1000, retryDelayMs: retry_delay * 1000, intervalMs: interval * 1000 };
    return { params: { host, port, family: 'any', attempts, sourcePort: source_port, samples, ...times } as const };
  },
  deadlineMs: (target) => seriesMs(dialLimitMs(target), target) + explanationMs + 1000,
  load: 'network',
  claims({ port, sourcePort }) {
    const own = sourcePort === undefined ? [] : [{ resource: `port:${sourcePort}`, alone: true }];
    return port === sourcePort ? own : [{ resource: `port:${port}`, alone: false }, ...own];
  },
}).collect(async (target, host) => {
  const { sampled, partial } = await dialSampled(target, target, host);
  const { status, code, cause, message, startedAt, durationMs, latencyMs, dnsMs, attempts } = sampled;
  const { loss, latencyMin, latencyP50, latencyP95, latencyMax, jitter, samples, explanation } = sampled;
  const connected = status === 'connected';
  const written = {
    status: connected ? 'success' : 'error',
    host: target.host,
    port: target.port,
    connected,
    ...(!connected && { error: cause === null || cause === 'other' ? message : labels[cause].error }),
    response_time: seconds(durationMs),
    attempts: attempts.length,
    timestamp: `${startedAt.slice(0, 19)}Z`,
    code,
    cause,
    message,
    connect_time: latencyMs === null ? null : seconds(latencyMs),
    dns_time: dnsMs === null ? null : seconds(dnsMs),
    tries: attempts,
    loss,
    latencyMin,
    latencyP50,
    latencyP95,
    latencyMax,
    jitter,
    samples,
    ...(explanation !== undefined && { explanation }),
  } as const;
  return {
    result: written,
    ...(!connected && { complaint: `failed to connect to ${nameOf(target)}: ${message}` }),
    ...(partial !== undefined && { partial }),
  };
});

function nameOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Three decimals, as the plugin writes them. */
function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
