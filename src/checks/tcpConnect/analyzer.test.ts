import { describe, expect, test } from '@jest/globals';
import { tcpConnectAnalyzer } from './analyzer.ts';

/** The first outcome that matches, by its verdict. */
function judge(
  outcomes: readonly (readonly [string, string])[],
  result: { status: string; latencyMs?: number | null },
) {
  return outcomes.find(([, when]) => when === '' || tcpConnectAnalyzer.condition(when, {})(result))?.[0];
}

describe('as the Go tool judges', () => {
  const outcomes = [
    ['fail', 'connection-refused'],
    ['pass', 'connected'],
    ['warn', ''],
  ] as const;

  test.each([
    ['connection-refused', 'fail'],
    ['connected', 'pass'],
    ['test value', 'warn'],
    ['', 'warn'],
    ['Connected', 'warn'],
  ])('%j is %s', (status, verdict) => {
    expect(judge(outcomes, { status })).toBe(verdict);
  });
});

describe('comparisons', () => {
  test.each([
    ['connected && latencyMs > 250', { status: 'connected', latencyMs: 250.5 }, true],
    ['connected && latencyMs > 250', { status: 'connected', latencyMs: 250 }, false],
    ['connected && latencyMs > 250', { status: 'error', latencyMs: 300 }, false],
    ['latencyMs<=0.5', { status: 'connected', latencyMs: 0.5 }, true],
    ['latencyMs >= 1 && latencyMs < 2', { status: 'connected', latencyMs: 1.5 }, true],
    ['latencyMs != 1', { status: 'error', latencyMs: null }, false],
    ['latencyMs < 250', { status: 'connected' }, false],
    ['port == 6443', { status: 'connected', port: 6443 }, true],
    ['error && durationMs > 1000 && dnsMs > 1000', { status: 'error', durationMs: 2000, dnsMs: 1500 }, true],
  ])('%s of %j', (when, result, holds) => {
    expect(tcpConnectAnalyzer.condition(when, {})(result)).toBe(holds);
  });
});

test.each([
  ['conected', '"conected" is no status of this check; did you mean connected?'],
  ['Connected', '"Connected" is no status of this check; did you mean connected?'],
  [
    'address-in-use',
    '"address-in-use" is no status of this check; known: connected, connection-refused, connection-timeout, error',
  ],
  ['latency > 250', '"latency" is no number of this check; did you mean latencyMs?'],
  ['status == connected', '"status" is no number of this check; known: port, durationMs, dnsMs, latencyMs'],
  ['latencyMs > 250ms', '"250ms" is no number; write one like 250 or 0.5'],
  ['latencyMs => 250', '"latencyMs => 250" is no comparison; write one like `latencyMs > 250` (== != < <= > >=)'],
  ['connected &&', '"connected &&" lacks a condition beside &&'],
  ['connected && error', 'a status is never both connected and error'],
])('the condition %j is told what to write', (when, message) => {
  expect(() => tcpConnectAnalyzer.condition(when, {})).toThrow(message);
});
