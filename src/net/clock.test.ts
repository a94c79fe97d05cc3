import { expect, test } from '@jest/globals';
import { EndingSource } from '../contract/ending.ts';
import { formatMs, passed, unlessAborted } from './clock.ts';

test('a time that no timer can hold has not passed at once', async () => {
  const ending = new EndingSource();
  const waiting = passed(7_200_000_000_000, ending);
  const soon = new Promise<string>((resolve) => setTimeout(resolve, 50, 'still waiting'));
  expect(await Promise.race([waiting, soon])).toBe('still waiting');
  ending.abort();
  expect(await waiting).toBe(false);
});

test('what has ended already is not waited for', async () => {
  const ending = new EndingSource();
  ending.abort(new Error('over'));
  expect(await passed(60_000, ending)).toBe(false);
  await expect(unlessAborted(new Promise(() => {}), ending)).rejects.toThrow('over');
});

test.each([
  [250, '250ms'],
  [2000, '2s'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [3_661_500, '1h1m1.5s'],
])('%i ms is %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});
