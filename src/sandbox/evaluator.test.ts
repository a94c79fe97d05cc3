import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, temporaryFolder, testAsRoot } from '../net/lab.fixture.ts';
import { type ClosableEvaluator, createEvaluator } from './evaluator.ts';
import { builtChild, createdMs, evaluatorOf, honest, keys, proc, run, runners, scriptedChild } from './lab.fixture.ts';
import type { SandboxLimits } from './limits.ts';

const up = { values: { status: { type: 'string', value: 'UP' }, latency: { type: 'number', value: 1 } } };
const open: ClosableEvaluator[] = [];
let script: string;

beforeAll(async () => {
  script = await builtChild();
});
afterEach(() => {
  for (const evaluator of open.splice(0)) evaluator.close();
});
afterAll(cleanUp);

function sandbox(child = script, limits: Partial<SandboxLimits> = {}): ClosableEvaluator {
  const evaluator = evaluatorOf(child, limits);
  open.push(evaluator);
  return evaluator;
}

async function latency(evaluator: ClosableEvaluator, source: string, argument?: unknown): Promise<unknown> {
  const evaluated = await run(evaluator, source, argument);
  return 'failure' in evaluated ? evaluated.failure : evaluated.values['latency']?.value;
}

describe('E6: numbers come over as they are', () => {
  test.each([0, -0, 1.5, -1, Number.NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 2 ** 53, 0.1 + 0.2])(
    '%p',
    async (number) => {
      const source = `()=>({status:'UP',latency:${Object.is(number, -0) ? '-0' : number}})`;
      expect(await latency(sandbox(), source)).toBe(number);
    },
  );
});

describe('E4: the argument', () => {
  test.each<[unknown, string]>([
    [[{ status: 'open', latency: 2.5 }], '[{"status":"open","latency":2.5}]'],
    ['Größe \u2028 \0 \ud83d\ude00', '"Größe \u2028 \\u0000 😀"'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [null, 'null'],
  ])('%j arrives', async (argument, json) => {
    const evaluated = await run(sandbox(), 'x=>({status:JSON.stringify(x),latency:1})', argument);
    expect(evaluated).toMatchObject({ values: { status: { value: json } } });
  });

  test('E4: 20,000 results fit', async () => {
    const results = Array.from({ length: 20_000 }, (_, n) => ({
      status: 'open',
      latency: n / 7,
      host: `database-${n}.internal.example.com`,
      port: 5432,
      type: 'tcp',
    }));
    expect(await latency(sandbox(), 'x=>({status:1,latency:x.length})', results)).toBe(20_000);
  });

  const circle: unknown[] = [];
  circle.push(circle);
  test.each<[string, unknown, string]>([
    ['too large', 'x'.repeat(8 * 2 ** 20), 'its argument is larger than 8 MiB'],
    ['a circle', circle, 'its argument cannot be written as JSON'],
    ['nothing', undefined, 'its argument cannot be written as JSON'],
  ])('that is %s', async (_, argument, failure) => {
    const evaluator = sandbox();
    expect(await evaluator.evaluate({ source: honest, argument, keys })).toEqual({ failure });
    expect(await run(evaluator, honest)).toEqual(up);
  });

  test.each(['x', 'ä', '😀'])('8 MiB of %s do no harm', async (character) => {
    const argument = character.repeat((8 * 2 ** 20 - 2) / Buffer.byteLength(character));
    const evaluator = sandbox();
    const evaluated = await latency(evaluator, 'x=>({status:1,latency:x.length})', argument);
    expect([argument.length, 'it used more than 32 MiB of memory']).toContain(evaluated);
    expect(await run(evaluator, honest)).toEqual(up);
  });
});

test('E2: a source of 64 KiB is taken, a longer one is not', async () => {
  const source = honest.padEnd(64 * 1024);
  expect(await run(sandbox(), source)).toEqual(up);
  expect(await run(sandbox(), `${source} `)).toEqual({ failure: 'it is longer than 64 KiB' });
});

test('E4: date and random numbers are the same in every run, wherever it is', async () => {
  const source =
    '()=>({status:[new Date(),Date.now(),new Date(2024,6,1).getTime(),Math.random()].join(),latency:Math.random()})';
  const evaluator = sandbox();
  const first = await run(evaluator, source);
  await run(evaluator, '()=>{for(let i=0;i<9;i++)Math.random();return 1}');
  expect(await run(evaluator, source)).toEqual(first);
  expect(await run(sandbox(), source)).toEqual(first);
  expect(JSON.stringify(first)).toContain(`,${createdMs},`);
});

test.each([Number.NaN, Infinity, 1e300])('E4: %p is no time, and shows as 1970', async (noTime) => {
  const evaluator = createEvaluator({ file: process.execPath, script, createdMs: noTime });
  open.push(evaluator);
  expect(await latency(evaluator, '()=>({status:1,latency:Date.now()})')).toBe(0);
});

test('E4: what one function leaves behind, the next does not find', async () => {
  const evaluator = sandbox();
  await run(evaluator, '()=>{globalThis.left=1;Array.prototype.left=1;return {}}');
  const evaluated = await run(evaluator, '()=>({status:typeof left+typeof [].left,latency:1})');
  expect(evaluated).toMatchObject({ values: { status: { value: 'undefinedundefined' } } });
});

test('E3: asked at once, they run one after another, a bad one among them', async () => {
  const evaluator = sandbox(script, { evalMs: 100 });
  const sources = [honest, '()=>{for(;;);}', honest, "()=>new Array(1e9)+''", honest];
  const late = { failure: 'the function did not end within 0.1 s' };
  expect(await Promise.all(sources.map((source) => run(evaluator, source)))).toEqual([up, late, up, late, up]);
});

test('E3: all of a run together have an end', async () => {
  const evaluator = sandbox(script, { evalMs: 100, runMs: 150 });
  for (let n = 0; n < 3; n++) await run(evaluator, '()=>{for(;;);}');
  expect(await run(evaluator, honest)).toEqual({ failure: 'the functions of this run used up their 0.15 s together' });
});

describe('E3: a child that does not start', () => {
  test.each<[string, () => Promise<string> | string, string]>([
    ['dies', () => scriptedChild('', 'process.exit(3);'), 'exit code 3'],
    ['says something else', () => scriptedChild('', 'console.log("hi");'), 'it speaks nonsense'],
    ['says why', () => scriptedChild('', `console.log('{"failure":"no"}');`), 'no'],
    ['says nothing', () => scriptedChild('', ''), 'it is not ready within 0.3 s'],
    ['may read nothing else', () => scriptedChild('', readsPasswd), 'ERR_ACCESS_DENIED'],
    ['may start nothing', () => scriptedChild('', startsProcess), 'ERR_ACCESS_DENIED'],
  ])('%s', async (_, child, why) => {
    const evaluator = sandbox(await child(), { startMs: 300 });
    expect(await run(evaluator, honest)).toEqual({ failure: `the sandbox process does not start (${why})` });
  });

  test('is not there', async () => {
    const failure = expect.stringMatching(/^the sandbox process does not start \(.*no such file or directory.*\)$/);
    expect(await run(sandbox('/nowhere/sandbox.cjs'), honest)).toEqual({ failure });
  });

  test('is not started for ever', async () => {
    const count = join(await temporaryFolder(), 'count');
    const node = join(await temporaryFolder(), 'node');
    await writeFile(node, `#!/bin/sh\necho >> ${count}\nexit 4\n`);
    await chmod(node, 0o755);
    const evaluator = createEvaluator({ file: node, script, createdMs });
    for (let n = 0; n < 9; n++) {
      expect(await run(evaluator, honest)).toEqual({ failure: 'the sandbox process does not start (exit code 4)' });
    }
    expect(await readFile(count, 'utf8')).toBe('\n\n\n');
  });

  test('because node is not there', async () => {
    const evaluator = createEvaluator({ file: '/nowhere/node', script, createdMs });
    expect(await run(evaluator, honest)).toEqual({ failure: 'the sandbox process does not start (exit code 127)' });
  });
});

const readsPasswd = `try { require('fs').readFileSync('/etc/passwd') } catch (error) { console.log(JSON.stringify({ failure: error.code })) }`;
const startsProcess = `try { require('child_process').spawnSync('true') } catch (error) { console.log(JSON.stringify({ failure: error.code })) }`;

describe('E3: a child that was taken over', () => {
  const values = `[["status",["string","UP"]],["latency",["number","1"]]]`;
  test.each([
    ['dies', 'process.exit(5)', 'the sandbox process died (exit code 5)'],
    ['speaks nonsense', 'console.log("hi")', 'the sandbox process speaks nonsense'],
    [
      'speaks of other keys',
      `console.log('{"values":[["a",["string","b"]]],"last":false}')`,
      'the sandbox process speaks nonsense',
    ],
    [
      'speaks of other types',
      `console.log('{"values":[["status",["x","b"]],["latency",["number","1"]]],"last":false}')`,
      'the sandbox process speaks nonsense',
    ],
    [
      'never ends its line',
      'setInterval(()=>process.stdout.write("x".repeat(9999)))',
      'the sandbox process died (it talks too much)',
    ],
    [
      'answers twice',
      `process.stdout.write('{"values":${values},"last":false}\\n'.repeat(2))`,
      'the sandbox process died (it talks too much)',
    ],
    ['says nothing', '', 'the function did not end within 0.1 s'],
  ])('%s', async (_, onLine, failure) => {
    const evaluator = sandbox(await scriptedChild(onLine), { evalMs: 100, graceMs: 200 });
    expect(await run(evaluator, honest)).toEqual({ failure });
  });
});

testAsRoot('E3: as root, the child is nobody, without groups, and its folder may be closed to others', async () => {
  expect(await run(sandbox(), honest)).toEqual(up);
  const [pid = 0] = runners(script);
  expect(proc(pid, 'status')).toMatch(/Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n/);
  expect(proc(pid, 'status')).toMatch(/Groups:\t *\n/);
});

testAsRoot('E3: root that cannot be given up is a failure', async () => {
  const node = join(await temporaryFolder(), 'node');
  await writeFile(node, `#!/bin/sh\nexec /usr/bin/unshare --user --map-root-user ${process.execPath} "$@"\n`);
  await chmod(node, 0o755);
  const evaluator = createEvaluator({ file: node, script, createdMs });
  open.push(evaluator);
  expect(await run(evaluator, honest)).toEqual({
    failure: expect.stringMatching(/^the sandbox process does not start \(the sandbox cannot give up root \(EPERM/),
  });
});

test('E3: the child has no environment, a group of its own, and limits of the kernel', async () => {
  expect(await run(sandbox(), honest)).toEqual(up);
  const [pid = 0] = runners(script);
  // As root we may look.
  if (process.getuid?.() === 0) expect(proc(pid, 'environ')).toBe('');
  expect(proc(pid, 'stat').replace(/.*\) /, '').split(' ')[2]).toBe(String(pid));
  expect(proc(pid, 'limits')).toMatch(/Max cpu time +60 /);
  expect(proc(pid, 'limits')).toMatch(/Max core file size +0 /);
  expect(proc(pid, 'cmdline').split('\0')).toEqual(
    expect.arrayContaining([`--allow-fs-read=${script}`, '--wasm-max-mem-pages=512', '--max-old-space-size=64']),
  );
});
