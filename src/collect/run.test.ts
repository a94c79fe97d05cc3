import { describe, expect, test } from '@jest/globals';
import { type Claim, type Collector, defineCollector, type Host } from '../contract/collector.ts';
import type { Planned } from '../contract/plan.ts';
import type { SpecCollector } from '../contract/spec.ts';
import { openHost } from './host.ts';
import { inOrder, inText, type Outcome } from './outcome.ts';
import { type Progress, runCollection } from './run.ts';

interface Behaviour {
  readonly collect: (host: Host) => Promise<{ result: { status: string }; complaint?: string }>;
  readonly deadlineMs?: number;
  readonly load?: 'network' | 'host';
  readonly claims?: readonly Claim[];
}

function collectorOf({ collect, deadlineMs = 2000, load = 'network', claims = [] }: Behaviour): Collector {
  return defineCollector({
    type: 'made',
    title: 'Made',
    summary: 'Made for this test',
    example: '',
    params: { type: 'object', description: 'None', properties: {} },
    result: {
      type: 'object',
      description: 'Result',
      properties: { status: { type: 'string', description: 'A word' } },
    },
    defaultName: 'made',
    output: (name) => `host-collectors/made/${name}.json`,
    deadlineMs: () => deadlineMs,
    claims: () => claims,
    load,
  }).collect((_, host) => collect(host)) as Collector;
}

function planned(name: string, behaviour: Behaviour): Planned {
  const item: SpecCollector = {
    type: 'made',
    collector: undefined,
    name,
    excluded: false,
    params: {},
    source: { file: 'a.yaml', line: 1, column: 1, document: 0 },
    raw: {},
  };
  return { item, collector: collectorOf(behaviour), title: name, path: `host-collectors/made/${name}.json` };
}

const lookup: Host['lookup'] = async () => [];

async function run(plan: readonly Planned[], more: Partial<Parameters<typeof runCollection>[1]> = {}) {
  const outcomes: Outcome[] = [];
  const ran = await runCollection(plan, {
    timeoutMs: 10_000,
    concurrency: 64,
    networkConcurrency: 64,
    signal: new AbortController().signal,
    host: openHost({ lookup, child: [] }),
    onProgress: () => {},
    onEnded: (outcome, index) => {
      outcomes[index] = outcome;
    },
    ...more,
  });
  return { ...ran, ...inOrder(outcomes.map(inText)) };
}

const up = async () => ({ result: { status: 'up' } });
const never = () => new Promise<never>(() => {});
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('what becomes of a collector', () => {
  test('its result stands at its path, and the collection names it', async () => {
    const { collections, entries, complete } = await run([planned('a', { collect: up })]);
    expect(complete).toBe(true);
    expect(collections).toMatchObject([{ state: 'collected', reason: null, paths: ['host-collectors/made/a.json'] }]);
    expect(entries[0]?.content).toBe('{"status":"up"}');
  });

  test('a complaint goes to the error file; the check still counts as collected', async () => {
    const { collections, entries } = await run([
      planned('a/b', { collect: async () => ({ ...(await up()), complaint: 'refused' }) }),
    ]);
    expect(collections).toMatchObject([
      { state: 'collected', paths: ['host-collectors/made/a/b.json', 'host-collectors/errors/a_b-error.json'] },
    ]);
    expect(JSON.parse(String(entries[1]?.content))).toMatchObject({
      collector: 'a/b',
      error: 'refused',
    });
  });

  test('C7: what it throws becomes its state; the others go on', async () => {
    const failing = async () => {
      throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    };
    const { collections, complete } = await run([planned('a', { collect: failing }), planned('b', { collect: up })]);
    expect(collections).toMatchObject([
      { state: 'failed', reason: 'gone', errorCode: 'ENOENT' },
      { state: 'collected' },
    ]);
    expect(complete).toBe(true);
  });

  test('C7: so does what it throws before it has begun to wait, and what its claims or deadline throw', async () => {
    const now = () => {
      throw new Error('at once');
    };
    const [atOnce, claiming] = [planned('a', { collect: now }), planned('b', { collect: up })];
    if (!('collector' in claiming)) throw new Error('it is planned to run');
    const bad = { ...claiming, collector: { ...claiming.collector, claims: now, deadlineMs: now } };
    const { collections } = await run([atOnce, bad, planned('c', { collect: up })]);
    expect(collections).toMatchObject([
      { state: 'failed', reason: 'at once' },
      { state: 'failed', reason: 'at once' },
      { state: 'collected' },
    ]);
  });

  test('C4: one that ignores its deadline is left behind, and its late result goes nowhere', async () => {
    const late = async () => {
      await pass(150);
      return up();
    };
    const { collections, entries, complete } = await run([planned('a', { collect: late, deadlineMs: 50 })]);
    expect(collections).toMatchObject([{ state: 'timedOut', reason: 'no result within 0.05s', errorCode: 'TIMEOUT' }]);
    expect(entries.map(({ path }) => path)).toEqual(['host-collectors/errors/a-error.json']);
    expect(complete).toBe(false);
    await pass(200);
    expect(entries).toHaveLength(1);
  });

  test('C1, C4: a process that stood still past all its limits hands over what has its answer', async () => {
    const answered = async () => {
      await pass(50);
      for (let turn = 0; turn < 5; turn++) await pass(1);
      return up();
    };
    const ran = run([
      planned('answered', { collect: answered, deadlineMs: 100 }),
      planned('never', { collect: never, deadlineMs: 100 }),
    ]);
    await pass(10);
    const endMs = performance.now() + 400;
    while (performance.now() < endMs);
    const { collections, durationMs } = await ran;
    expect(collections).toMatchObject([{ state: 'collected' }, { state: 'timedOut' }]);
    expect(durationMs).toBeLessThan(3000);
  });

  test('C4: the run has a time limit too; what never started says so', async () => {
    const plan = [planned('a', { collect: never, load: 'host' }), planned('b', { collect: up, load: 'host' })];
    const { collections, complete, incompleteReason } = await run(plan, { timeoutMs: 60, concurrency: 1 });
    expect(collections).toMatchObject([
      { state: 'timedOut', reason: "the run's time limit of 0.06s was over" },
      { state: 'timedOut', reason: "the run's time limit of 0.06s was over before it could start", startedAt: null },
    ]);
    expect(complete).toBe(false);
    expect(incompleteReason).toContain('time limit');
  });

  test('C5: stopped from outside, it ends at once and names what did not finish', async () => {
    const controller = new AbortController();
    const pending = run([planned('a', { collect: up }), planned('b', { collect: never })], {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('stopped by SIGINT')), 50);
    const { collections, complete, incompleteReason } = await pending;
    expect(collections).toMatchObject([{ state: 'collected' }, { state: 'failed', reason: 'stopped by SIGINT' }]);
    expect([complete, incompleteReason]).toEqual([false, 'stopped by SIGINT']);
  });

  test('one that is left out is skipped, with the reason', async () => {
    const { item } = planned('a', { collect: up });
    const { collections } = await run([{ item, skip: 'excluded by the spec' }]);
    expect(collections).toMatchObject([
      { state: 'skipped', reason: 'excluded by the spec', startedAt: null, paths: [] },
    ]);
  });

  test('files beside a result stand in its folder, with its number where it got one', async () => {
    const files = { collect: async () => ({ ...(await up()), files: new Map([['resolv.conf', 'x']]) }) };
    const first = planned('a', files);
    if (!('collector' in first)) throw new Error('it is planned to run');
    const { entries } = await run([{ ...first, path: first.path.replace(/(\.json)$/, '-2$1') }, first]);
    const folder = first.path.slice(0, first.path.lastIndexOf('/'));
    expect(entries.map(({ path }) => path).filter((path) => path.includes('resolv'))).toEqual([
      `${folder}/resolv-2.conf`,
      `${folder}/resolv.conf`,
    ]);
  });

  test('equal titles get numbered error files', async () => {
    const complaining = { collect: async () => ({ ...(await up()), complaint: 'x' }) };
    const { entries } = await run([planned('a', complaining), planned('A', complaining)]);
    expect(entries.map(({ path }) => path).filter((path) => path.includes('errors'))).toEqual([
      'host-collectors/errors/a-error.json',
      'host-collectors/errors/A-error-2.json',
    ]);
  });
});

describe('side by side', () => {
  function watch() {
    let running = 0;
    let most = 0;
    const collect = async () => {
      most = Math.max(most, ++running);
      await pass(20);
      running--;
      return up();
    };
    return { collect, most: () => most };
  }

  test('those that only wait for the network are not held by --concurrency', async () => {
    const { collect, most } = watch();
    await run(
      Array.from({ length: 20 }, (_, index) => planned(`n${index}`, { collect })),
      { concurrency: 1 },
    );
    expect(most()).toBe(20);
  });

  test('those that use CPU, disk or children are', async () => {
    const { collect, most } = watch();
    await run(
      Array.from({ length: 6 }, (_, index) => planned(`n${index}`, { collect, load: 'host' })),
      { concurrency: 2 },
    );
    expect(most()).toBe(2);
  });

  test('claims: alone means alone; shared ones run together; order is kept', async () => {
    const log: string[] = [];
    const logged = (name: string, alone: boolean, resource = 'port:1') =>
      planned(name, {
        claims: [{ resource, alone }],
        collect: async () => {
          log.push(`+${name}`);
          await pass(15);
          log.push(`-${name}`);
          return up();
        },
      });
    await run([
      logged('a', false),
      logged('b', false),
      logged('c', true),
      logged('d', false),
      logged('e', true, 'port:2'),
    ]);
    const position = (mark: string) => log.indexOf(mark);
    expect(position('+b')).toBeLessThan(position('-a'));
    expect(position('+c')).toBeGreaterThan(position('-b'));
    expect(position('+d')).toBeGreaterThan(position('-c'));
    expect(position('+e')).toBeLessThan(position('-a'));
  });

  test('results stand in the order of the plan, whoever was first', async () => {
    const slow = planned('slow', {
      collect: async () => {
        await pass(30);
        return up();
      },
    });
    const { collections } = await run([slow, planned('fast', { collect: up })]);
    expect(collections.map(({ name }) => name)).toEqual(['slow', 'fast']);
  });
});

test('progress tells how many are done and what is waited for', async () => {
  const told: Progress[] = [];
  await run([planned('a', { collect: up }), planned('b', { collect: up })], {
    onProgress: (progress) => told.push(progress),
  });
  expect(told.at(-1)).toMatchObject({ event: 'finished', done: 2, total: 2, running: 0 });
  expect(told.some(({ event, oldest }) => event === 'started' && oldest === 'a')).toBe(true);
});
