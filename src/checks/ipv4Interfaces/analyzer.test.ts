import { describe, expect, test } from '@jest/globals';
import type { Tools } from '../../contract/analyzer.ts';
import { ipv4InterfacesAnalyzer } from './analyzer.ts';

type Interfaces = readonly ReturnType<typeof named>[] | null;

async function judged(interfaces: Interfaces) {
  const refined = await ipv4InterfacesAnalyzer.refine?.(interfaces, {}, {} as Tools);
  if (refined === undefined || 'reason' in refined) throw new Error(JSON.stringify(refined));
  return refined.judged;
}

async function judge(interfaces: Interfaces, outcomes: readonly (readonly [string, string])[]) {
  const value = await judged(interfaces);
  return outcomes.find(([, when]) => ipv4InterfacesAnalyzer.condition(when, {})(value))?.[0];
}

const eth0 = named('eth0');
const eth1 = named('eth1');

function named(Name: string) {
  return { Index: 2, MTU: 1500, Name, HardwareAddr: 'AvwAAAAB', Flags: 51, addresses: [] };
}

describe('as the Go tool judges', () => {
  const documented = [
    ['fail', 'count == 0'],
    ['warn', 'count >= 2'],
    ['pass', 'count == 1'],
  ] as const;

  test.each([
    [
      null,
      [
        ['pass', 'count > 0'],
        ['fail', 'count == 0'],
      ],
      'fail',
    ],
    [
      [eth0],
      [
        ['fail', 'count == 0'],
        ['pass', 'count > 0'],
      ],
      'pass',
    ],
    [[], documented, 'fail'],
    [[eth0], documented, 'pass'],
    [[eth0, eth1], documented, 'warn'],
  ] as const)('%j by %j is %s', async (interfaces, outcomes, verdict) => {
    expect(await judge(interfaces, outcomes)).toBe(verdict);
  });

  test.each([
    ['count < 2', true],
    ['count <= 1', true],
    ['count > 1', false],
    ['count >= 01', true],
    ['count = 1', true],
    ['count == +1', true],
    ['count === 1', true],
    ['count > -1', true],
    ['count != 1', false],
    ['count  !=  2 ', true],
  ])('of one interface, %s is %j', async (when, holds) => {
    expect((await judge([eth0], [['pass', when]])) === 'pass').toBe(holds);
  });
});

test.each(['count', 'count >', 'count > 1 2', 'number > 1', 'count => 1', 'count > one', 'count > 1.5', ''])(
  'the condition %j is told what to write',
  (when) => {
    expect(() => ipv4InterfacesAnalyzer.condition(when, {})).toThrow(
      `"${when}" is no condition of this check; write one like \`count >= 2\``,
    );
  },
);

test('what to look at next, only where there is none', async () => {
  expect(ipv4InterfacesAnalyzer.advice?.(await judged(null))).toContain('ip address');
  expect(ipv4InterfacesAnalyzer.advice?.(await judged([eth0, eth1]))).toBeUndefined();
  expect(await judged([eth0, eth1])).toEqual({ count: 2, names: 'eth0, eth1' });
});
