import { defineAnalyzer } from '../../contract/analyzer.ts';
import type { Evaluated } from '../../contract/evaluator.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { statusCondition } from '../../contract/when.ts';
import { formatHostPort } from '../../net/address.ts';
import { type Statistics, statisticsOf, statisticsProperties } from '../../net/sampling.ts';
import { type Probe, tcpMonitor } from './collector.ts';
import { defaultSource, readFunction } from './source.ts';

const statuses = ['UP', 'DEGRADED', 'DOWN', 'MAINTENANCE'] as const;
type Status = (typeof statuses)[number];

/** What its function gave, and what the series of samples amount to over all hosts. */
const judgedSchema = {
  type: 'object',
  description: 'What the function of a monitor says of its hosts',
  properties: {
    status: { type: 'string', enum: statuses, description: 'What the function gave' },
    latency: { type: 'number', description: 'What the function gave, in milliseconds' },
    ...statisticsProperties,
  },
} as const satisfies ObjectSchema;

type Judged = Statistics & { readonly status: Status; readonly latency: number; readonly hosts: string };

const severities = { UP: 'pass', MAINTENANCE: 'pass', DEGRADED: 'warn', DOWN: 'fail' } as const;

const params = {
  type: 'object',
  description: "A monitor's function",
  properties: {
    eval: {
      type: 'string',
      description:
        'JavaScript function, sync or async, of the array of results; gives { status: UP | DEGRADED | DOWN | MAINTENANCE, latency }. Absent: UP when all are open, else DOWN',
    },
  },
} as const satisfies ObjectSchema;

interface Source {
  readonly source: string;
}

export const tcpMonitorAnalyzer = defineAnalyzer<typeof params, typeof tcpMonitor.result, Source, Judged>({
  type: 'tcpMonitor',
  title: 'TCP Monitor',
  summary: 'Judges a Kener TCP monitor by its eval function, walled in and offline',
  params,
  reads: tcpMonitor,
  prepare({ eval: text }) {
    if (text === undefined || text.trim() === '') return { params: { source: defaultSource } };
    const read = readFunction(text);
    return 'mistake' in read ? { mistakes: [{ path: 'eval', message: read.mistake }] } : { params: read };
  },
  async refine(probes, { source }, { evaluator }) {
    // The documented functions call nothing at all UP, or fail (rule E6).
    if (probes.length === 0) return { reason: 'the monitor has no results, so its function was not asked' };
    const hosts = probes.map(told).join(', ');
    const evaluated = await evaluator.evaluate({ source, argument: probes, keys: ['status', 'latency'] });
    const said = read(evaluated);
    if ('reason' in said) return { reason: said.reason, values: { ...(said.kener && { kener: said.kener }), hosts } };
    return { judged: { ...said, hosts, ...statisticsOfAll(probes) } };
  },
  when: `${statuses.join(', ')}; or comparisons of numbers with == != < <= > >=; joined by &&, such as \`UP && latency > 100\``,
  evidence: ['status', 'latency', 'hosts'],
  condition: (when) => statusCondition(when, judgedSchema),
  verdict({ status, latency, loss }) {
    const lost = loss > 0 && status !== 'DOWN' ? `, ${Math.round(loss * 10_000) / 100} % of the samples failed` : '';
    return {
      severity: severities[status],
      message: `${status}, latency ${Math.round(latency * 1000) / 1000} ms${lost}`,
    };
  },
});

type Said =
  | { readonly status: Status; readonly latency: number }
  | { readonly reason: string; readonly kener?: string };

/** Only what the documents promise is a verdict (rule E6); else what Kener would have stored is told. */
function read(evaluated: Evaluated): Said {
  if ('failure' in evaluated) {
    if (evaluated.refused) return { reason: evaluated.failure };
    return { reason: `its function gave no verdict: ${evaluated.failure}`, kener: kenerStores('DOWN', 0) };
  }
  const { status, latency } = evaluated.values;
  const word = status?.type === 'string' ? status.value : undefined;
  const ms = latency?.type === 'number' ? latency.value : undefined;
  const known = statuses.find((candidate) => candidate === word);
  const kener = kenerStores(
    word === undefined || word === '' ? 'DOWN' : word,
    ms === undefined || Number.isNaN(ms) ? 0 : ms,
  );
  if (known === undefined) {
    return { reason: `its function gave the status ${shown(status)}; it must be one of ${statuses.join(', ')}`, kener };
  }
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    return {
      reason: `its function gave the latency ${shown(latency)}; it must be a number that is not negative`,
      kener,
    };
  }
  return { status: known, latency: ms };
}

function kenerStores(status: string, latency: number): string {
  return `Kener would have stored ${status} with latency ${latency}`;
}

function shown(value: { readonly type: string; readonly value: string | number } | undefined): string {
  if (value === undefined) return 'undefined';
  return value.type === 'string' ? JSON.stringify(value.value) : String(value.value);
}

function told({ host = '?', port = 0, status, latency }: Probe): string {
  return `${formatHostPort(host, port)} ${status} ${Math.round(latency * 1000) / 1000} ms`;
}

/** Over all samples of all hosts; the jitter is the worst of a host. */
function statisticsOfAll(probes: readonly Probe[]): Statistics {
  const each = probes.map((probe) => samplesOf(probe));
  const jitters = each.flatMap((samples) => statisticsOf(samples).jitter ?? []);
  return { ...statisticsOf(each.flat()), jitter: jitters.length === 0 ? null : Math.max(...jitters) };
}

function samplesOf({ status, latencyMs = null, samples = [] }: Partial<Probe>) {
  if (samples.length > 0) return samples;
  return [{ status: status === 'open' ? ('connected' as const) : ('error' as const), latencyMs }];
}
