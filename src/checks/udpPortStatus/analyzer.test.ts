import { expect, test } from '@jest/globals';
import { udpPortStatusAnalyzer } from './analyzer.ts';

test.each([
  ['connected', 'connected', true],
  ['connected', 'foo', false],
  ['address-in-use', 'address-in-use', true],
  ['error', 'error', true],
  ['connected', 'Connected', false],
])('when %j, a status %j: %j', (when, status, holds) => {
  expect(udpPortStatusAnalyzer.condition(when, {})({ status })).toBe(holds);
});

test('a datagram that arrived, and one that did not', () => {
  const arrived = udpPortStatusAnalyzer.condition('connected && latencyMs >= 0', {});
  expect(arrived({ status: 'connected', latencyMs: 0.1 })).toBe(true);
  expect(arrived({ status: 'connected', latencyMs: null })).toBe(false);
  expect(arrived({ status: 'connected' })).toBe(false);
});

test.each([
  ['foo', '"foo" is no status of this check; known: connected, address-in-use, error'],
  ['connection-refused', '"connection-refused" is no status of this check; known: connected, address-in-use, error'],
])('the condition %j is told what to write', (when, message) => {
  expect(() => udpPortStatusAnalyzer.condition(when, {})).toThrow(message);
});
