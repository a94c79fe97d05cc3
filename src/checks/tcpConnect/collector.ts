import { isIP } from 'node:net';
import { defineCollector, type ParamMistake } from '../../contract/collector.ts';
import type { Infer, ObjectSchema } from '../../contract/schema.ts';
import { parseStatus } from '../../contract/when.ts';
import { parseDuration } from '../../go/duration.ts';
import { parseHostPort } from '../../net/address.ts';
import { dial, type Target } from '../../net/dial.ts';
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
  check({ address, timeout, retryDelay, family }) {
    const target = parseHostPort(address);
    const literal = 'mistake' in target ? 0 : isIP(target.host);
    const mistakes: ParamMistake[] = [];
    if ('mistake' in target) mistakes.push({ path: 'address', message: target.mistake });
    mistakes.push(...durationMistakes('timeout', timeout), ...durationMistakes('retryDelay', retryDelay));
    if (literal !== 0 && family !== 'any' && family !== `ipv${literal}`) {
      const message = `the address is IPv${literal}, so family ${family} can never be dialled; write ipv${literal} or any`;
      mistakes.push({ path: 'family', message });
    }
    return mistakes;
  },
  deadlineMs(params) {
    const target = targetOf(params);
    if ('mistake' in target) return 1000;
    const { timeoutMs, attempts, retryDelayMs } = target;
    return attempts * (timeoutMs || 150_000) + (attempts - 1) * retryDelayMs + 1000;
  },
  load: 'network',
  // So that it never meets the listener with which tcpPortStatus tests the same port of this machine.
  claims(params) {
    const target = targetOf(params);
    if ('mistake' in target) return [];
    const { port, sourcePort } = target;
    const own = sourcePort === undefined ? [] : [{ resource: `port:${sourcePort}`, alone: true }];
    return port === sourcePort ? own : [{ resource: `port:${port}`, alone: false }, ...own];
  },
  parse: parseStatus,
}).collect(async (params, host) => {
  const target = targetOf(params);
  if ('mistake' in target) throw new Error(target.mistake);
  const result = await dial(target, host);
  if (result.status === 'connected') return { result };
  return { result, complaint: `failed to connect to ${params.address}: ${result.message}` };
});

type Params = Infer<typeof params>;

type Wanted = Target | { readonly mistake: string };

const targets = new WeakMap<Params, Wanted>();

/** What to dial, read from the parameters once; `check` has told of a mistake before anything runs. */
function targetOf(from: Params): Wanted {
  const known = targets.get(from);
  if (known !== undefined) return known;
  const { address, timeout, attempts, retryDelay, sourcePort, family } = from;
  const hostPort = parseHostPort(address);
  if ('mistake' in hostPort) return hostPort;
  const [timeoutMs, retryDelayMs] = [parseDuration(timeout), parseDuration(retryDelay)];
  const target = { ...hostPort, family, timeoutMs, attempts, retryDelayMs, sourcePort };
  targets.set(from, target);
  return target;
}

function durationMistakes(path: string, text: string): readonly ParamMistake[] {
  try {
    return parseDuration(text) < 0 ? [{ path, message: `"${text}" is negative; write a time such as 10s` }] : [];
  } catch (error) {
    return [{ path, message: error instanceof Error ? error.message : String(error) }];
  }
}
