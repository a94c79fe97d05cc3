import { expect, test } from '@jest/globals';
import { subnetAvailableAnalyzer } from './analyzer.ts';

test.each([
  ['a-subnet-is-available', 'pass'],
  ['no-subnet-available', 'fail'],
  ['error', undefined],
])('as the Go tool judges: %s is %s', (status, verdict) => {
  const outcomes = [
    ['pass', 'a-subnet-is-available'],
    ['fail', 'no-subnet-available'],
  ] as const;
  expect(outcomes.find(([, when]) => subnetAvailableAnalyzer.condition(when, {})({ status }))?.[0]).toBe(verdict);
});

test('what stands in the way is named; a file of the Go tool names nothing', () => {
  const blockers = ['route 10.0.0.0/8 (eth0)'];
  const none = { status: 'no-subnet-available', CIDRRangeAlloc: '10.0.0.0/8', desiredCIDR: 22 };
  expect(subnetAvailableAnalyzer.advice?.({ ...none, blockers })).toContain('route 10.0.0.0/8 (eth0)');
  expect(subnetAvailableAnalyzer.advice?.(none)).toBeUndefined();
});
