import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Evaluated } from '../src/contract/evaluator.ts';
import { cleanUp, quickest } from '../src/net/lab.fixture.ts';
import type { ClosableEvaluator } from '../src/sandbox/evaluator.ts';
import { builtChild, evaluatorOf, fixtures, honest, mostResidentMb, run, runners } from '../src/sandbox/lab.fixture.ts';

let script: string;
let evaluator: ClosableEvaluator;
const up: Evaluated = { values: { status: { type: 'string', value: 'UP' }, latency: { type: 'number', value: 1 } } };

beforeAll(async () => {
  script = await builtChild();
});
afterAll(async () => {
  evaluator?.close();
  await cleanUp();
});

/** An honest function gets its answer, before and after; where this machine is busy, a new child may need a second try. */
async function stillWorks(): Promise<void> {
  let evaluated = await run(evaluator, honest);
  for (let tries = 1; tries < 5 && 'failure' in evaluated; tries++) evaluated = await run(evaluator, honest);
  expect(evaluated).toEqual(up);
}

/** What loops waits for its limit, so that is short; filling memory takes its time, on a busy machine more. */
const limitsOf = (title: string) =>
  /loops|built-in/.test(title) ? { evalMs: 150, graceMs: 200 } : { evalMs: 3000, graceMs: 500 };

describe.each(readSections())('$title', ({ title, rows }) => {
  const limits = limitsOf(title);
  beforeAll(() => {
    evaluator?.close();
    evaluator = evaluatorOf(script, { ...limits, runMs: 600_000 });
  });

  test.each(rows)('$name', async ({ source, gives }) => {
    await stillWorks();
    const pid = runners(script).at(-1);
    let residentMb = mostResidentMb(pid);
    const watch = setInterval(() => {
      residentMb = Math.max(residentMb, mostResidentMb(pid));
    }, 5);
    const startedMs = performance.now();
    const evaluated = await run(evaluator, source);
    const tookMs = performance.now() - startedMs;
    residentMb = Math.max(residentMb, mostResidentMb(pid));
    clearInterval(watch);
    expect(wordOf(evaluated, limits.evalMs)).toMatch(gives);
    expect(tookMs).toBeLessThan(limits.evalMs + 600);
    expect(residentMb).toBeGreaterThan(30);
    expect(residentMb).toBeLessThan(150);
    await stillWorks();
  });
});

test.each(['()=>{for(;;);}', "()=>new Array(1e9)+''"])(
  'E3: under the limits that users have, %s is over after 1.6 s',
  async (source) => {
    const fastestMs = await quickest(1600, async () => {
      evaluator.close();
      evaluator = evaluatorOf(script);
      await stillWorks();
      const startedMs = performance.now();
      expect(await run(evaluator, source)).toEqual({ failure: 'the function did not end within 1 s' });
      return performance.now() - startedMs;
    });
    expect(fastestMs).toBeLessThan(1600);
  },
);

interface Row {
  readonly name: string;
  readonly source: string;
  readonly gives: RegExp;
}

function readSections(): readonly { readonly title: string; readonly rows: readonly Row[] }[] {
  const [, ...sections] = readFileSync(join(fixtures, 'hostile.txt'), 'utf8').split('\n=== ');
  return sections.map((section) => {
    const [title = '', ...rows] = section.trimEnd().split('\n--- ');
    return { title, rows: rows.map(readRow) };
  });
}

function readRow(text: string): Row {
  const [, name = '', source = '', gives] = /^(.*)\n([\s\S]*)\n=> (.*)$/.exec(text) ?? [];
  if (gives === undefined) throw new Error(`no function: ${text}`);
  return { name, source, gives: new RegExp(`^(${gives.split(' | ').map(patternOf).join('|')})$`) };
}

function patternOf(gives: string): string {
  if (gives === 'deep') return 'the function threw: InternalError: stack overflow|it nests too deeply';
  const parts = gives.split('<*>').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return parts.join('.*');
}

/** With control characters as JSON has them. */
function wordOf(evaluated: Evaluated, evalMs: number): string {
  if ('failure' in evaluated) {
    if (evaluated.failure === `the function did not end within ${evalMs / 1000} s`) return 'late';
    if (evaluated.failure === 'it used more than 32 MiB of memory') return 'full';
    return visible(evaluated.failure);
  }
  return visible(`status ${evaluated.values['status']?.value}`);
}

function visible(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\u202e', '\\u202e');
}
