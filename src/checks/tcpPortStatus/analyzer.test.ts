import { expect, test } from '@jest/globals';
import { tcpPortStatusAnalyzer } from './analyzer.ts';

test.each([
  ['connected', 'connected', true],
  ['connected', 'foo', false],
  ['address-in-use', 'address-in-use', true],
  ['invalid-address', 'invalid-address', true],
  ['address-in-use', 'ADDRESS-IN-USE', false],
  ['error', '', false],
])('when %j, a status %j: %j', (when, status, holds) => {
  expect(tcpPortStatusAnalyzer.condition(when, {})({ status })).toBe(holds);
});

test('comparisons', () => {
  const slow = tcpPortStatusAnalyzer.condition('connected && latencyMs > 250', {});
  expect(slow({ status: 'connected', latencyMs: 251 })).toBe(true);
  expect(slow({ status: 'connected', latencyMs: 1 })).toBe(false);
  expect(slow({ status: 'connected', latencyMs: null })).toBe(false);
  expect(tcpPortStatusAnalyzer.condition('tries > 1', {})({ status: 'connected', tries: 2 })).toBe(true);
});

test.each([
  [
    'foo',
    '"foo" is no status of this check; known: connected, address-in-use, connection-refused, connection-timeout, error, invalid-address',
  ],
  ['adress-in-use', '"adress-in-use" is no status of this check; did you mean address-in-use?'],
  [
    'bind-permission-denied > 1',
    '"bind-permission-denied > 1" is no comparison; write one like `latencyMs > 250` (== != < <= > >=)',
  ],
  ['latency > 1', '"latency" is no number of this check; did you mean latencyMs?'],
])('the condition %j is told what to write', (when, message) => {
  expect(() => tcpPortStatusAnalyzer.condition(when, {})).toThrow(message);
});
