import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { analyze } from '../src/analyze/analyze.ts';
import { checks } from '../src/cli/checks.ts';
import type { Evaluator } from '../src/contract/evaluator.ts';
import type { Finding } from '../src/contract/finding.ts';
import { limits } from '../src/contract/limits.ts';
import { kurlData } from '../src/go/kurl.ts';
import { createEvaluator } from '../src/sandbox/evaluator.ts';
import { loadSpec } from '../src/spec/load.ts';

// The real sandbox, as the build leaves it.
const script = resolve(import.meta.dirname, '../dist/sandbox.cjs');
const evaluator = createEvaluator({ file: process.execPath, script, createdMs: Date.UTC(2026, 0, 1) });
afterAll(() => evaluator.close());

type Ping = readonly ['open' | 'timeout' | 'error', number];

const path = 'host-collectors/tcpMonitor/db.json';
const fileOf = (pings: readonly Ping[]) =>
  JSON.stringify(
    pings.map(([status, latency], index) => ({ status, latency, host: `h${index}`, port: 80, type: 'tcp' })),
  );

interface Wish {
  readonly source?: string | undefined;
  readonly outcomes?: unknown;
  readonly by?: Evaluator;
}

/** Judges a file as a bundle has it. */
async function judge(file: string | undefined, { source, outcomes, by = evaluator }: Wish = {}): Promise<Finding> {
  const rules = {
    checkName: 'DB',
    collectorName: 'db',
    ...(source && { eval: source }),
    ...(outcomes ? { outcomes } : {}),
  };
  const text = JSON.stringify({
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'SupportBundle',
    spec: { hostAnalyzers: [{ tcpMonitor: rules }] },
  });
  const template = kurlData({ installer: undefined, set: {} });
  const { spec, problems } = loadSpec([{ file: 'a.yaml', text }], { checks, limits, template, strict: false });
  if (spec === undefined) throw new Error(JSON.stringify(problems));
  const results = {
    has: (wanted: string) => wanted === path && file !== undefined,
    read: (wanted: string) => (wanted === path && file !== undefined ? Buffer.from(file) : undefined),
    collections: null,
  };
  const [finding] = await analyze(results, spec.analyzers, { limits, tools: { evaluator: by, nowMs: 0 } });
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

const arrays = {
  'all open': [
    ['open', 10],
    ['open', 20],
    ['open', 30],
  ],
  'one error': [
    ['open', 10],
    ['error', 5],
    ['open', 30],
  ],
  'one open': [
    ['open', 10],
    ['timeout', 1000],
    ['error', 2],
  ],
  'all timed out': [
    ['timeout', 1000],
    ['timeout', 1000],
  ],
  'one slow': [
    ['open', 50],
    ['open', 400],
  ],
  'a single one': [['open', 120]],
  'all refused': [
    ['error', 5],
    ['error', 5],
  ],
  'primary down': [
    ['error', 5],
    ['open', 30],
  ],
  slowish: [['open', 200]],
} as const satisfies Readonly<Record<string, readonly Ping[]>>;

/** Worked out by hand from the text of each function: status and latency, in the order of `arrays`. */
const expected = {
  default: ['UP 20', 'DOWN 15', 'DOWN 337.333', 'DOWN 1000', 'UP 225', 'UP 120', 'DOWN 5', 'DOWN 17.5', 'UP 200'],
  '7-quorum-based-status': [
    'UP 20',
    'DEGRADED 20',
    'DOWN 10',
    'DOWN 0',
    'UP 225',
    'UP 120',
    'DOWN 0',
    'DOWN 30',
    'UP 200',
  ],
  '8-latency-threshold-evaluation': [
    'UP 20',
    'DOWN 13.333',
    'DOWN 3.333',
    'DOWN 0',
    'DEGRADED 225',
    'DEGRADED 120',
    'DOWN 0',
    'DOWN 15',
    'DEGRADED 200',
  ],
  '9-primary-secondary-failover': [
    'UP 10',
    'UP 10',
    'UP 10',
    'DOWN 0',
    'UP 50',
    'UP 120',
    'DOWN 0',
    'DEGRADED 30',
    'UP 200',
  ],
  '10-weighted-service-importance': [
    'UP 20',
    'DEGRADED 20',
    'DEGRADED 10',
    'DOWN 0',
    'UP 225',
    'UP 120',
    'DOWN 0',
    'DOWN 30',
    'UP 200',
  ],
  '11-timeout-specific-handling': [
    'UP 20',
    'DEGRADED 20',
    'DEGRADED 10',
    'DEGRADED 0',
    'UP 225',
    'UP 120',
    'DOWN 0',
    'DEGRADED 30',
    'UP 200',
  ],
  '12-percentile-based-latency': [
    'UP 20',
    'DEGRADED 20',
    'DEGRADED 10',
    'DOWN 0',
    'DOWN 225',
    'UP 120',
    'DOWN 0',
    'DEGRADED 30',
    'DEGRADED 200',
  ],
};
const verdicts: Readonly<Record<string, string>> = { UP: 'pass', MAINTENANCE: 'pass', DEGRADED: 'warn', DOWN: 'fail' };

describe.each(Object.entries(expected))('the function of the document: %s', (name, answers) => {
  const source = readFileSync(new URL(`../fixtures/kener/${name}.js`, import.meta.url), 'utf8');

  test.each(Object.entries(arrays).map(([called, pings], index) => [called, pings, answers[index] ?? ''] as const))(
    '%s',
    async (_, pings, answer) => {
      const [status = '', latency = ''] = answer.split(' ');
      const finding = await judge(fileOf(pings), { source });
      expect(finding).toMatchObject({
        verdict: verdicts[status],
        message: `${status}, latency ${latency} ms${lossOf(pings, status)}`,
      });
      expect(finding.evidence?.values['hosts']).toBe(
        pings.map(([word, ms], index) => `h${index}:80 ${word} ${ms} ms`).join(', '),
      );
      // The one that is built in is the documented one.
      if (name === 'default') expect(await judge(fileOf(pings))).toEqual(finding);
    },
  );
});

function lossOf(pings: readonly Ping[], status: string): string {
  const lost = pings.filter(([word]) => word !== 'open').length;
  if (lost === 0 || status === 'DOWN') return '';
  return `, ${Math.round((lost / pings.length) * 10_000) / 100} % of the samples failed`;
}

describe('outcomes come before its own verdict', () => {
  const open = fileOf(arrays['a single one']);
  const outcomes = [
    { warn: { when: 'UP && latency > 100', message: 'slow' } },
    { pass: { when: 'DOWN', message: 'meant to be' } },
  ];

  test.each([
    [open, 'warn', 'slow'],
    [fileOf(arrays['all refused']), 'pass', 'meant to be'],
    [fileOf(arrays['all open']), 'pass', 'UP, latency 20 ms'],
  ])('%s is %s', async (file, verdict, message) => {
    expect(await judge(file, { outcomes })).toMatchObject({ verdict, message });
  });

  test('the numbers of a series can be compared', async () => {
    const samples = [1, 2, 3, null].map((latencyMs) => ({
      status: latencyMs === null ? 'error' : 'connected',
      latencyMs,
    }));
    const file = JSON.stringify([{ status: 'error', latency: 1, samples }]);
    const rule = [
      { warn: { when: 'loss >= 0.25 && latencyP50 == 2 && latencyMax == 3 && jitter == 1', message: 'flaky' } },
    ];
    expect(await judge(file, { outcomes: rule })).toMatchObject({ verdict: 'warn', message: 'flaky' });
  });
});

describe('E6: what is no verdict is unknown, with what Kener would have stored', () => {
  const file = fileOf(arrays['all open']);

  test.each([
    ['a throw', '() => { throw new Error("no") }', 'DOWN', 0],
    ['a rejection', 'async () => { throw new TypeError("no") }', 'DOWN', 0],
    ['nothing', '() => {}', 'DOWN', 0],
    ['a word alone', '() => "UP"', 'DOWN', 0],
    ['no function', 'JSON', 'DOWN', 0],
    ['an unknown word', '() => ({ status: "up", latency: 3 })', 'up', 3],
    ['no status', '() => ({ latency: 3 })', 'DOWN', 3],
    ['NaN', '() => ({ status: "UP", latency: 0 / 0 })', 'UP', 0],
    ['Infinity', '() => ({ status: "UP", latency: Infinity })', 'UP', 'Infinity'],
    ['a negative latency', '() => ({ status: "UP", latency: -1 })', 'UP', -1],
    ['a latency in words', '() => ({ status: "UP", latency: "12" })', 'UP', 0],
    [
      'the signature of the document',
      '(async function (p) { return { status: "UP" | "DOWN", latency: number } })',
      'DOWN',
      0,
    ],
    ['no end', '() => { for (;;) {} }', 'DOWN', 0],
    ['a promise that never settles', '() => new Promise(() => {})', 'DOWN', 0],
  ])('%s', async (_, source, status, latency) => {
    const { verdict, reason, evidence } = await judge(file, { source });
    expect({ verdict, kener: evidence?.values['kener'] }).toEqual({
      verdict: 'unknown',
      kener: `Kener would have stored ${status} with latency ${latency}`,
    });
    expect(reason).toMatch(/^its function gave /);
    // Whatever it did, the next one is judged.
    expect(await judge(file)).toMatchObject({ verdict: 'pass' });
  });

  const never: Evaluator = {
    evaluate: () => {
      throw new Error('a function was asked');
    },
  };

  test.each([
    ['no results', '[]', 'the monitor has no results, so its function was not asked'],
    ['no file', undefined, `not collected: there is no ${path} in the bundle`],
    [
      'a file of something else',
      '{"status":"open"}',
      `${path} does not fit a tcpMonitor result: the document must be array`,
    ],
  ])('%s: no function is asked', async (_, text, reason) => {
    expect(await judge(text, { by: never })).toMatchObject({ verdict: 'unknown', reason });
  });
});

test('E4: a bundle is judged alike for ever: the time inside is the time of the bundle, chance is none', async () => {
  const source = `() => ({ status: new Date().toISOString() === '2026-01-01T00:00:00.000Z' ? 'UP' : 'DOWN', latency: Math.random() })`;
  const file = fileOf(arrays['all open']);
  const [first, second] = [await judge(file, { source }), await judge(file, { source })];
  expect(first.verdict).toBe('pass');
  expect(second).toEqual(first);
});
