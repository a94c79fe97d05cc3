import { expect, test } from '@jest/globals';
import { turn } from './pace.ts';

test('a few start in each turn of the event loop, all of them in the end and in order', async () => {
  const started: number[] = [];
  const all = Promise.all(Array.from({ length: 40 }, (_, number) => turn().then(() => started.push(number))));
  const counts: number[] = [];
  while (started.length < 40) {
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(started.length);
  }
  await all;
  expect(started).toEqual(Array.from({ length: 40 }, (_, number) => number));
  expect(counts.filter((count, index) => count !== counts[index - 1])).toEqual([16, 32, 40]);

  await turn();
});
