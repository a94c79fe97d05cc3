import { afterAll, describe, expect, test } from '@jest/globals';
import { cleanUp, closedPort, listen, misfits, quickest } from './lab.fixture.ts';
import { labHost } from './lab-host.fixture.ts';
import { dialSampled, type Sampled, sampledSchema, seriesMs, statisticsOf } from './sampling.ts';

afterAll(cleanUp);

const target = { host: '127.0.0.1', family: 'any', timeoutMs: 1000, attempts: 1, retryDelayMs: 0 } as const;

function fitting(sampled: Sampled): Sampled {
  expect(misfits(sampledSchema, sampled)).toEqual([]);
  return sampled;
}

describe('a series', () => {
  test('of one is the dial itself, with its numbers', async () => {
    const { port } = await listen();
    const { sampled, partial } = await dialSampled({ ...target, port }, { samples: 1, intervalMs: 1000 }, labHost());
    const { status, latencyMs, loss, latencyP95, jitter, samples } = fitting(sampled);
    expect({ status, loss, jitter, samples, partial }).toEqual({
      status: 'connected',
      loss: 0,
      jitter: null,
      samples: [],
      partial: undefined,
    });
    expect(latencyP95).toBe(latencyMs);
  });

  test('keeps every sample, one interval apart from begin to begin', async () => {
    const { port } = await listen();
    // Of what is allowed, how much each begins too early or too late: timers count from when their loop last looked at the clock.
    const worst = await quickest(1, async () => {
      const { sampled } = await dialSampled({ ...target, port }, { samples: 4, intervalMs: 60 }, labHost());
      const { samples, latencyMin, latencyMax, loss } = fitting(sampled);
      expect(samples.map(({ status }) => status)).toEqual(Array(4).fill('connected'));
      expect(latencyMin).toBeLessThanOrEqual(latencyMax ?? 0);
      expect(loss).toBe(0);
      const late = samples.map(({ startMs }, index) => startMs - 60 * index);
      return Math.max(...late.map((ms) => (ms < 0 ? -ms / 2 : ms / 50)));
    });
    expect(worst).toBeLessThan(1);
  });

  test('a fault that comes and goes decides, although the last sample is well', async () => {
    const port = await closedPort();
    const opening = new Promise<void>((resolve) => {
      setTimeout(() => resolve(listen({ port }).then(() => {})), 150);
    });
    const { sampled } = await dialSampled({ ...target, port }, { samples: 4, intervalMs: 100 }, labHost());
    await opening;
    expect(fitting(sampled)).toMatchObject({ status: 'connection-refused', code: 'ECONNREFUSED', loss: 0.5 });
    expect(sampled.samples.at(-1)?.status).toBe('connected');
    expect(sampled.message).toBe(`2 of 4 samples failed, the last with: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  test('stops when its time is over with what it has', async () => {
    const { port } = await listen();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("the run's time limit of 1s was over")), 250);
    const { sampled, partial } = await dialSampled(
      { ...target, port },
      { samples: 100, intervalMs: 100 },
      labHost({}, controller.signal),
    );
    expect(fitting(sampled).samples).toHaveLength(3);
    expect(partial).toBe("3 of 100 samples: the run's time limit of 1s was over");
  });

  test('without a first sample there is nothing to stop with', async () => {
    const controller = new AbortController();
    const reason = new Error('over');
    controller.abort(reason);
    const series = { samples: 3, intervalMs: 1 };
    await expect(dialSampled({ ...target, port: 1 }, series, labHost({}, controller.signal))).rejects.toBe(reason);
  });

  test('its longest time: every dial, and the intervals between', () => {
    expect(seriesMs(2000, { samples: 1, intervalMs: 500 })).toBe(2000);
    expect(seriesMs(2000, { samples: 3, intervalMs: 500 })).toBe(7000);
  });
});

describe('its numbers', () => {
  const connected = (...latencies: readonly number[]) =>
    latencies.map((latencyMs) => ({ status: 'connected', latencyMs }) as const);
  const refused = { status: 'connection-refused', latencyMs: null } as const;

  test.each([
    ['nothing', [], [0, null, null, null, null, null]],
    ['one', connected(5), [0, 5, 5, 5, 5, null]],
    ['only failures', [refused, refused], [1, null, null, null, null, null]],
    ['a third lost', [...connected(1), refused, ...connected(3)], [0.3333, 1, 1, 3, 3, 2]],
    ['two', connected(4, 1), [0, 1, 1, 4, 4, 3]],
    ['twenty', connected(...Array.from({ length: 20 }, (_, index) => 20 - index)), [0, 1, 10, 19, 20, 1]],
  ] as const)('%s', (_, samples, [loss, latencyMin, latencyP50, latencyP95, latencyMax, jitter]) => {
    expect(statisticsOf(samples)).toEqual({ loss, latencyMin, latencyP50, latencyP95, latencyMax, jitter });
  });
});
