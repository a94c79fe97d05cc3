import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanUp, runJson, temporaryFolder } from '../net/lab.fixture.ts';
import type { ClosableEvaluator } from './evaluator.ts';
import { builtChild, evaluatorOf, fixtures, run } from './lab.fixture.ts';

/** The functions of Kener's documentation. Whoever hands them to the sandbox strips their leading semicolon (rule E5). */
const functions = readdirSync(join(fixtures, 'kener')).map((name) => ({
  name,
  source: readFileSync(join(fixtures, 'kener', name), 'utf8')
    .trim()
    .replace(/^;/, ''),
}));

const ping = fc.record({
  status: fc.constantFrom('open', 'open', 'open', 'timeout', 'error'),
  latency: fc.oneof(fc.double({ min: 0, max: 400, noNaN: true }), fc.integer({ min: 0, max: 400 })),
  host: fc.constant('db.example.com'),
  port: fc.integer({ min: 1, max: 65_535 }),
  type: fc.constantFrom('tcp', 'IP6'),
});
const arrays = fc.sample(fc.array(ping, { maxLength: 12 }), { numRuns: 10_000, seed: 7 });
const batchSize = 1000;

/** One evaluation for many arrays: the last result of each, and a checksum over all that they gave. */
const together = (source: string) => `(async (arrays) => {
  let sum = 7;
  for (const array of arrays) {
    let text;
    try {
      const { status, latency } = await (${source})(array);
      text = status + ' ' + latency;
    } catch (error) {
      text = error.name;
    }
    for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 16777619);
  }
  return { status: 'sum', latency: sum };
})`;

/** What V8 gives, in a process for the test alone. */
async function inV8(questions: readonly { source: string; argument: unknown }[]): Promise<unknown> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'questions.json'), JSON.stringify(questions));
  await writeFile(
    join(folder, 'v8.mjs'),
    `import { readFileSync } from 'node:fs';
const answers = [];
for (const { source, argument } of JSON.parse(readFileSync(${JSON.stringify(join(folder, 'questions.json'))}, 'utf8'))) {
  try {
    const { status, latency } = await new Function('x', 'return (' + source + ')(x)')(argument);
    answers.push(status + ' ' + latency);
  } catch (error) {
    answers.push(error.name);
  }
}
console.log(JSON.stringify(answers));`,
  );
  return runJson(process.execPath, join(folder, 'v8.mjs'));
}

let evaluator: ClosableEvaluator;
beforeAll(async () => {
  evaluator = evaluatorOf(await builtChild(), { evalMs: 10_000, runMs: 600_000 });
});
afterAll(async () => {
  evaluator.close();
  await cleanUp();
});

async function inSandbox(source: string, argument: unknown): Promise<string> {
  const evaluated = await run(evaluator, source, argument);
  if ('failure' in evaluated) return /^the function threw: (\w+):/.exec(evaluated.failure)?.[1] ?? evaluated.failure;
  return `${evaluated.values['status']?.value} ${evaluated.values['latency']?.value}`;
}

test('the functions of the documentation are here', () => {
  expect(functions.map(({ name }) => name)).toHaveLength(7);
});

describe.each(functions)('E4 E6: $name gives what V8 gives', ({ source }) => {
  test('for single arrays, an empty one and a long one too', async () => {
    const long = arrays.flat().slice(0, 1000);
    const some = [[], long, ...arrays.slice(0, 40)];
    const expected = await inV8(some.map((argument) => ({ source, argument })));
    const given = [];
    for (const argument of some) given.push(await inSandbox(source, argument));
    expect(given).toEqual(expected);
  }, 20_000);

  test('for 10,000 arrays', async () => {
    const batches = Array.from({ length: arrays.length / batchSize }, (_, index) =>
      arrays.slice(index * batchSize, (index + 1) * batchSize),
    );
    const questions = batches.map((argument) => ({ source: together(source), argument }));
    const expected = await inV8(questions);
    const given = [];
    for (const question of questions) given.push(await inSandbox(question.source, question.argument));
    expect(given).toEqual(expected);
  }, 60_000);
});
