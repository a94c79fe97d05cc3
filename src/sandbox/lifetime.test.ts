import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundle, cleanUp } from '../net/lab.fixture.ts';
import { builtChild, evaluatorOf, honest, keys, run, runners, until } from './lab.fixture.ts';

const up = { values: { status: { type: 'string', value: 'UP' }, latency: { type: 'number', value: 1 } } };
let script: string;

beforeAll(async () => {
  script = await builtChild();
});
afterAll(cleanUp);

describe('E3: nothing is left', () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;

  test('no process, no descriptor, no listener after close', async () => {
    const warm = evaluatorOf(script);
    await run(warm, honest);
    warm.close();
    await until(() => runners(script).length === 0);
    const [before, listeners] = [descriptors(), process.listenerCount('exit')];
    for (const source of [honest, '()=>{for(;;);}', "()=>new Array(1e9)+''", honest]) {
      const evaluator = evaluatorOf(script, { evalMs: 50, graceMs: 50 });
      await run(evaluator, source);
      evaluator.close();
    }
    expect(await until(() => runners(script).length === 0)).toBe(true);
    expect(await until(() => descriptors() <= before)).toBe(true);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  test('closing ends what runs and what waits, and nothing starts afterwards', async () => {
    const evaluator = evaluatorOf(script, { evalMs: 5000 });
    const asked = ["()=>new Array(1e9)+''", honest].map((source) => run(evaluator, source));
    await until(() => runners(script).length > 0);
    evaluator.close();
    const over = { failure: 'the run is over' };
    expect(await Promise.all([...asked, run(evaluator, honest)])).toEqual([over, over, over]);
    expect(await until(() => runners(script).length === 0)).toBe(true);
  });

  test('a process that forgets to close ends by itself, its child too', async () => {
    const parent = await parentProcess(`console.log(JSON.stringify(await evaluate(${JSON.stringify(honest)})))`);
    expect(await parent.printed).toBe(`${JSON.stringify(up)}\n`);
    expect(await until(() => runners(script).length === 0)).toBe(true);
  });

  test('a process that exits in the middle takes its child along', async () => {
    const parent = await parentProcess(`void evaluate("()=>new Array(1e9)+''"); setTimeout(() => process.exit(), 500)`);
    await parent.printed;
    expect(await until(() => runners(script).length === 0)).toBe(true);
  });

  test('a process that is killed leaves no idle child', async () => {
    const parent = await parentProcess(
      `await evaluate(${JSON.stringify(honest)}); process.kill(process.pid, 'SIGKILL')`,
    );
    await parent.printed;
    expect(await until(() => runners(script).length === 0)).toBe(true);
  });

  async function parentProcess(text: string): Promise<{ printed: Promise<string> }> {
    const program = await bundle(`import { createEvaluator } from './sandbox/evaluator.ts';
      const evaluator = createEvaluator({ file: process.execPath, script: ${JSON.stringify(script)}, createdMs: 0 });
      const evaluate = (source) => evaluator.evaluate({ source, argument: [], keys: ${JSON.stringify(keys)} });
      ${text}`);
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
    return { printed: once(child, 'close').then(() => printed) };
  }
});
