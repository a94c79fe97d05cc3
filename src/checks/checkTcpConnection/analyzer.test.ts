import { describe, expect, test } from '@jest/globals';
import { WhenError } from '../../contract/analyzer.ts';
import { checkTcpConnectionAnalyzer } from './analyzer.ts';

const success = {
  status: 'success',
  connected: true,
  host: 'db',
  port: 5432,
  response_time: 0.045,
  attempts: 1,
} as const;
const failure = (error: string) =>
  ({ status: 'error', connected: false, host: 'db', port: 5432, error, response_time: 10.123, attempts: 3 }) as const;

describe('when', () => {
  test.each([
    ['success', success, true],
    ['success', failure('Connection refused'), false],
    ['error', failure('Connection refused'), true],
    ['error', failure('something of the system'), true],
    ['error', success, false],
    ['connection-refused', failure('Connection refused'), true],
    ['connection-refused', failure('Connection timeout'), false],
    ['connection-timeout', failure('Connection timeout'), true],
    ['host-not-found', failure('Host not found'), true],
    ['network-unreachable', failure('Network unreachable'), true],
    ['permission-denied', failure('Permission denied'), true],
    ['port-in-use', failure('Port in use'), true],
    ['connection-reset', failure('Connection reset'), true],
    ['local-resources', failure('Local resources exhausted'), true],
    ['error && connection-refused && attempts == 3', failure('Connection refused'), true],
    ['success && response_time > 0.04', success, true],
    ['success && response_time > 0.05', success, false],
    ['error && attempts > 2', failure('Port in use'), true],
    ['loss > 0.1', { ...success, loss: 0.2 }, true],
    ['latencyP95 > 100 && jitter < 5', { ...success, latencyP95: 120, jitter: 2 }, true],
    ['latencyP95 > 100', success, false],
  ] as const)('%s', (when, result, holds) => {
    expect(checkTcpConnectionAnalyzer.condition(when, {})(result)).toBe(holds);
  });

  test.each([
    ['connected', /^"connected" is no status of this check/],
    ['success && error', /^a status is never both success and error/],
    ['host-not-found && port-in-use', /^a status is never both/],
    ['respons_time > 1', /did you mean "?response_time/],
    ['Connection refused', /no status of this check/],
  ])('%s can never be true', (when, message) => {
    const parse = () => checkTcpConnectionAnalyzer.condition(when, {});
    expect(parse).toThrow(WhenError);
    expect(parse).toThrow(message);
  });
});

describe('without outcomes', () => {
  test.each([
    [success, 'pass', 'Connected to db, port 5432 in 0.045 s'],
    [failure('Connection refused'), 'fail', 'Connection refused: db, port 5432 after 3 attempts'],
    // A file as the plugin itself would leave it.
    [{ status: 'error', connected: false }, 'fail', 'No connection: the host, port unknown'],
  ] as const)('%j', (result, severity, message) => {
    expect(checkTcpConnectionAnalyzer.verdict?.(result)).toEqual({ severity, message });
  });
});

describe('advice', () => {
  test('follows the cause, and the words where a file has none', () => {
    expect(checkTcpConnectionAnalyzer.advice?.(failure('Host not found'))).toContain('name servers');
    expect(checkTcpConnectionAnalyzer.advice?.({ ...failure('Connection timeout'), cause: 'dns-timeout' })).toContain(
      'name servers did not answer',
    );
    expect(checkTcpConnectionAnalyzer.advice?.(failure('no words of ours'))).toBeUndefined();
    expect(checkTcpConnectionAnalyzer.advice?.(success)).toBeUndefined();
  });

  test.each(['__proto__', 'constructor', 'other'])('a hostile cause, %s, is none', (cause) => {
    expect(checkTcpConnectionAnalyzer.advice?.({ ...failure('x'), cause: cause as 'other' })).toBeUndefined();
  });
});
