import type { Socket } from 'node:net';
import type { Host } from '../contract/collector.ts';
import type { ObjectSchema, Written } from '../contract/schema.ts';
import { causes, dialStatuses } from './classify.ts';
import { pause, reasonText, roundMs } from './clock.ts';
import { dial, dialUnexplained, explained, type Target } from './dial.ts';
import { type Dialled, dialSchema } from './evidence.ts';

const sample = {
  type: 'object',
  description: 'One dial of a series',
  required: ['status'],
  properties: {
    startMs: { type: 'number', description: 'Its begin, in milliseconds since the begin of the first' },
    status: { type: 'string', enum: dialStatuses, description: 'How it ended' },
    latencyMs: { type: 'number', nullable: true, description: 'TCP handshake in milliseconds; null when none' },
    durationMs: { type: 'number', description: 'How long it took in all, in milliseconds' },
    code: { type: 'string', nullable: true, description: 'Error code of the system that decided; null without one' },
    cause: { type: 'string', enum: causes, nullable: true, description: 'Finer than the status; null when connected' },
  },
} as const satisfies ObjectSchema;

export type Sample = Written<typeof sample>;

const latency = (which: string) =>
  ({
    type: 'number',
    nullable: true,
    description: `${which} of the samples that connected, in milliseconds; null when none did`,
  }) as const;

/** What a series of samples amounts to; of a single one, too. */
export const statisticsProperties = {
  loss: { type: 'number', description: 'Share of the samples that did not connect: 0 to 1' },
  latencyMin: latency('Shortest handshake'),
  latencyP50: latency('Median handshake (nearest rank)'),
  latencyP95: latency('95th percentile of the handshakes (nearest rank)'),
  latencyMax: latency('Longest handshake'),
  jitter: {
    type: 'number',
    nullable: true,
    description: 'Mean difference between one handshake and the next, in milliseconds; null with fewer than two',
  },
} as const satisfies ObjectSchema['properties'];

export const samplesProperty = {
  type: 'array',
  description: 'Every sample, in order; empty where only one was asked for, which the other keys describe',
  items: sample,
} as const;

/** What a check writes of a target that it dialled once or many times. */
export const sampledSchema = {
  ...dialSchema,
  properties: { ...dialSchema.properties, ...statisticsProperties, samples: samplesProperty },
} as const satisfies ObjectSchema;

export type Sampled = Written<typeof sampledSchema>;

export interface Series {
  readonly samples: number;
  /** From the begin of one to the begin of the next, which never overlap. */
  readonly intervalMs: number;
}

/** What was there when the time was over; `partial` says so. */
export interface SampledInTime {
  readonly sampled: Sampled;
  readonly partial?: string;
}

/** Longest that a series may take: for a collector's deadline. */
export function seriesMs(dialMs: number, { samples, intervalMs }: Series): number {
  return samples * dialMs + (samples - 1) * intervalMs;
}

/**
 * Dials once, or as often as asked. Faults that come and go are the point of a series: what failed decides, if anything
 * did, and the last of those. `take` gets each connection that stands. Rejects when the signal aborts before the first is done; afterwards gives what it has.
 */
export async function dialSampled(
  target: Target,
  series: Series,
  host: Host,
  take?: (socket: Socket) => void,
): Promise<SampledInTime> {
  if (series.samples === 1) {
    const only = await dial(target, host, take);
    // Not a spread: of this many keys it makes a hash table, which takes as long as half a dial and kilobytes of each result.
    return { sampled: Object.assign(only, statisticsOf([only]), { samples: [] }) };
  }
  const startedMs = performance.now();
  const dialled: Dialled[] = [];
  const samples: Sample[] = [];
  try {
    while (samples.length < series.samples) {
      const startMs = performance.now() - startedMs;
      const one = await dialUnexplained(target, host, take);
      dialled.push(one);
      const { status, latencyMs, durationMs, code, cause } = one;
      samples.push({ startMs: roundMs(startMs), status, latencyMs, durationMs, code, cause });
      const waitMs = startMs + series.intervalMs - (performance.now() - startedMs);
      if (samples.length < series.samples && waitMs > 0) await pause(waitMs, host.signal);
    }
  } catch (error) {
    if (!host.signal.aborted || dialled.length === 0) throw error;
  }
  const decisive = dialled.findLast(({ status }) => status !== 'connected') ?? dialled.at(-1);
  const [first] = dialled;
  if (decisive === undefined || first === undefined) throw new Error('a series without a sample');
  const lost = samples.filter(({ status }) => status !== 'connected').length;
  const sampled: Sampled = {
    ...decisive,
    message: lost === 0 ? '' : `${lost} of ${samples.length} samples failed, the last with: ${decisive.message}`,
    startedAt: first.startedAt,
    durationMs: roundMs(performance.now() - startedMs),
    ...statisticsOf(samples),
    samples,
  };
  if (samples.length === series.samples) {
    return { sampled: target.isExplained === false ? sampled : await explained(sampled, host) };
  }
  return { sampled, partial: `${samples.length} of ${series.samples} samples: ${reasonText(host.signal.reason)}` };
}

export type Statistics = Pick<Sampled, keyof typeof statisticsProperties>;

/** Every number that a series can be judged by. */
export function statisticsOf(samples: readonly Pick<Sample, 'status' | 'latencyMs'>[]): Statistics {
  const latencies = samples.flatMap(({ latencyMs }) => latencyMs ?? []);
  const sorted = latencies.toSorted((left, right) => left - right);
  const connected = samples.filter(({ status }) => status === 'connected').length;
  return {
    loss: samples.length === 0 ? 0 : Math.round((1 - connected / samples.length) * 10_000) / 10_000,
    latencyMin: sorted[0] ?? null,
    latencyP50: nearestRank(sorted, 0.5),
    latencyP95: nearestRank(sorted, 0.95),
    latencyMax: sorted.at(-1) ?? null,
    jitter: jitterOf(latencies),
  };
}

function nearestRank(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function jitterOf(latencies: readonly number[]): number | null {
  if (latencies.length < 2) return null;
  let sum = 0;
  for (let index = 1; index < latencies.length; index++) {
    sum += Math.abs((latencies[index] ?? 0) - (latencies[index - 1] ?? 0));
  }
  return roundMs(sum / (latencies.length - 1));
}
