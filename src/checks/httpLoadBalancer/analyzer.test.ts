import { expect, test } from '@jest/globals';
import { httpLoadBalancerAnalyzer } from './analyzer.ts';

test.each([
  ['connection-refused', 'connection-refused', true],
  ['connected', 'connected', true],
  ['connected', 'connection-refused', false],
  ['bind-permission-denied', 'bind-permission-denied', true],
  ['connected', 'Connected', false],
  ['error', '', false],
])('when %j, a status %j: %j', (when, status, holds) => {
  expect(httpLoadBalancerAnalyzer.condition(when, {})({ status })).toBe(holds);
});

test('the status code of whoever answered', () => {
  const unhealthy = httpLoadBalancerAnalyzer.condition('error && httpStatus == 503', {});
  expect(unhealthy({ status: 'error', httpStatus: 503 })).toBe(true);
  expect(unhealthy({ status: 'error', httpStatus: null })).toBe(false);
  expect(() => httpLoadBalancerAnalyzer.condition('foo', {})).toThrow('"foo" is no status of this check');
});
