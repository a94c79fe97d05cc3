import { isIP } from 'node:net';
import { defineCollector, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { parseDuration } from '../../go/duration.ts';
import { parseHostPort } from '../../net/address.ts';
import { dial, type Family } from '../../net/dial.ts';
import { dialSchema } from '../../net/evidence.ts';
import example from './example.yaml';

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
    family: {
      type: 'string',
      enum: ['any', 'ipv4', 'ipv6'],
      default: 'any',
      description: 'Which addresses of a name to dial',
    },
  },
} as const satisfies ObjectSchema;

export const tcpConnect = defineCollector({
  type: 'tcpConnect',
  title: 'TCP Connection Attempt',
  summary: 'Whether a TCP connection to an address can be made, and if not, why',
  example,
  params,
  result: dialSchema,
  defaultName: 'connect',
  output: (name) => `host-collectors/connect/${name}.json`,
  prepare({ address, timeout, attempts, retryDelay, sourcePort, family }) {
    const hostPort = parseHostPort(address);
    const [timeoutMs, retryDelayMs] = [durationMs(timeout), durationMs(retryDelay)];
    if (!('mistake' in hostPort) && typeof timeoutMs === 'number' && typeof retryDelayMs === 'number') {
      const mistakes = familyMistakes(hostPort.host, family);
      if (mistakes.length > 0) return { mistakes };
      return { params: { address, ...hostPort, family, timeoutMs, attempts, retryDelayMs, sourcePort } };
    }
    const mistakes: ParamMistake[] = [];
    if ('mistake' in hostPort) mistakes.push({ path: 'address', message: hostPort.mistake });
    if (typeof timeoutMs === 'string') mistakes.push({ path: 'timeout', message: timeoutMs });
    if (typeof retryDelayMs === 'string') mistakes.push({ path: 'retryDelay', message: retryDelayMs });
    if (!('mistake' in hostPort)) mistakes.push(...familyMistakes(hostPort.host, family));
    return { mistakes };
  },
  deadlineMs: ({ timeoutMs, attempts, retryDelayMs }) =>
    attempts * (timeoutMs || 150_000) + (attempts - 1) * retryDelayMs + 1000,
  load: 'network',
  // So that it never meets the listener with which tcpPortStatus tests the same port of this machine.
  claims({ port, sourcePort }) {
    const own = sourcePort === undefined ? [] : [{ resource: `port:${sourcePort}`, alone: true }];
    return port === sourcePort ? own : [{ resource: `port:${port}`, alone: false }, ...own];
  },
  parse: parseStatus,
}).collect(async (target, host) => {
  const result = await dial(target, host);
  if (result.status === 'connected') return { result };
  return { result, complaint: `failed to connect to ${target.address}: ${result.message}` };
});

function familyMistakes(host: string, family: Family): readonly ParamMistake[] {
  const literal = isIP(host);
  if (literal === 0 || family === 'any' || family === `ipv${literal}`) return [];
  const message = `the address is IPv${literal}, so family ${family} can never be dialled; write ipv${literal} or any`;
  return [{ path: 'family', message }];
}

/** Milliseconds, or why there are none. */
function durationMs(text: string): number | string {
  try {
    const ms = parseDuration(text);
    return ms < 0 ? `"${text}" is negative; write a time such as 10s` : ms;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
