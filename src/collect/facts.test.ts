import { expect, test } from '@jest/globals';
import type { Fact } from '../contract/collector.ts';
import { EndingSource } from '../contract/ending.ts';
import { openHost } from './host.ts';

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function counted(freshMs: number) {
  let reads = 0;
  const fact: Fact<number> = {
    freshMs,
    async read() {
      await pass(5);
      return ++reads;
    },
  };
  const open = openHost({ lookup: async () => [], child: [] });
  return { fact, ask: () => open(new EndingSource()).know(fact), reads: () => reads };
}

test('what lasts is read once, for all collectors', async () => {
  const { ask } = counted(Number.POSITIVE_INFINITY);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  expect(await ask()).toBe(1);
});

test('what changes is read after it was asked for, and shared', async () => {
  const { ask } = counted(0);
  const first = ask();
  await pass(1);
  const meanwhile = [ask(), ask()];
  expect(await first).toBe(1);
  expect(await Promise.all(meanwhile)).toEqual([2, 2]);
});

test('what was read a moment ago is fresh for as long as its fact says', async () => {
  const { ask } = counted(300);
  expect(await ask()).toBe(1);
  expect(await ask()).toBe(1);
  await pass(400);
  expect(await ask()).toBe(2);
});

test('ten thousand who ask within a second are a few reads', async () => {
  const { ask, reads } = counted(20);
  const asked: Promise<number>[] = [];
  for (let turn = 0; turn < 100; turn++) {
    for (let index = 0; index < 100; index++) asked.push(ask());
    await pass(5);
  }
  await Promise.all(asked);
  expect(reads()).toBeGreaterThan(2);
  expect(reads()).toBeLessThan(30);
});

test('a read that takes long keeps nobody waiting for long', async () => {
  const host = openHost({ lookup: async () => [], child: [] })(new EndingSource());
  const slow: Fact<number> = { freshMs: 0, read: () => pass(800).then(() => performance.now()) };
  await host.know(slow);
  const startedMs = performance.now();
  await host.know(slow);
  // The gap of four times its length would be 3.2 seconds, and then it reads again.
  expect(performance.now() - startedMs).toBeLessThan(3200);
});

test('C7: a read that fails is told to all who wait, and tried again', async () => {
  const host = openHost({ lookup: async () => [], child: [] })(new EndingSource());
  let reads = 0;
  const fact: Fact<number> = {
    freshMs: 1000,
    read: async () => {
      if (++reads === 1) throw new Error('not now');
      return reads;
    },
  };
  const both = await Promise.allSettled([host.know(fact), host.know(fact)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await host.know(fact)).toBe(2);
});
