import { describe, expect, test } from '@jest/globals';
import type { Tools } from '../../contract/analyzer.ts';
import { subnetContainsIPAnalyzer } from './analyzer.ts';

async function judged(cidr: string, ip: string) {
  const prepared = subnetContainsIPAnalyzer.prepare?.({ cidr, ip });
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const refined = await subnetContainsIPAnalyzer.refine?.(undefined as never, prepared.params, {} as Tools);
  if (refined === undefined || 'reason' in refined) throw new Error(JSON.stringify(refined));
  return refined.judged;
}

async function holds(when: string, cidr: string, ip: string): Promise<boolean> {
  return subnetContainsIPAnalyzer.condition(when, { cidr, ip })(await judged(cidr, ip));
}

describe('as the Go tool judges', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.5', true],
    ['10.0.0.0/8', '192.168.1.1', false],
    ['10.1.2.3/8', '10.255.0.1', true],
    ['2001:db8::/32', '2001:db8::5', true],
    ['10.0.0.0/8', '::ffff:10.0.0.5', true],
    ['10.0.0.0/8', '2001:db8::5', false],
  ])('%s contains %s: %j', async (cidr, ip, contained) => {
    expect(await holds('true', cidr, ip)).toBe(contained);
    expect(await holds('false', cidr, ip)).toBe(!contained);
  });

  test.each([
    [
      'invalid',
      '10.0.0.5',
      'cidr',
      'is wrong: "invalid" is no IP address; write one such as 10.0.0.0/8 or 2001:db8::/32',
    ],
    ['10.0.0.0/8', 'invalid', 'ip', 'is wrong: "invalid" is no IP address; write one such as 10.0.0.5 or 2001:db8::5'],
  ])('%s and %s are a mistake', (cidr, ip, path, message) => {
    expect(subnetContainsIPAnalyzer.prepare?.({ cidr, ip })).toEqual({ mistakes: [{ path, message }] });
  });
});

test('both mistakes are told', () => {
  expect(subnetContainsIPAnalyzer.prepare?.({ cidr: '', ip: '' })).toMatchObject({
    mistakes: [{ path: 'cidr' }, { path: 'ip' }],
  });
});

test('what is shown is what was compared; families that differ are explained', async () => {
  expect(await judged('10.1.2.3/8', '::ffff:10.0.0.5')).toMatchObject({
    contains: true,
    network: '10.0.0.0/8',
    ip: '10.0.0.5',
  });
  expect(subnetContainsIPAnalyzer.advice?.(await judged('10.0.0.0/8', '::1'))).toBe(
    '10.0.0.0/8 and ::1 are of different families, so one never contains the other',
  );
  expect(subnetContainsIPAnalyzer.advice?.(await judged('10.0.0.0/8', '11.0.0.1'))).toBeUndefined();
});

test.each(['yes', 'True', 'contains', 'true && false'])('the condition %j is told what to write', (when) => {
  const message = `"${when}" is neither true nor false; write "true" for an address in the network, else "false"`;
  expect(() => subnetContainsIPAnalyzer.condition(when, { cidr: '', ip: '' })).toThrow(message);
});
