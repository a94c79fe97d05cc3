import { describe, expect, test } from '@jest/globals';
import { failureOf, type Told } from './advice.ts';
import { parseHosts } from './explain.ts';
import type { Explanation } from './explanation-schema.ts';
import { parseArp, parseNeighbours } from './local-tables.ts';

/** The stages themselves are provoked for real in explain-namespace.test.ts; here is what no lab can make. */

const bare: Explanation = {
  destination: '10.9.0.7',
  isOwn: false,
  source: '10.9.0.1',
  sourceCode: null,
  route: { destination: '10.9.0.0/24', gateway: null, interface: 'eth0', type: 'unicast' },
  neighbour: { address: '10.9.0.7', interface: 'eth0', state: 'known' },
  listeners: [],
  hostsFile: [],
  resolver: null,
  firewall: { rules: [], unread: null },
};

const told = (cause: string, more: Partial<Explanation> = {}, code: string | null = null): Told => ({
  cause,
  code,
  host: 'db',
  port: 5432,
  explanation: { ...bare, ...more },
});

describe('no more is said than the bundle holds', () => {
  test.each([
    ['what connected', { cause: null, explanation: bare }],
    ['a bundle of the Go tool', {}],
    ['an older bundle', { cause: 'refused', host: 'db', port: 1 }],
    ['a name whose lookup failed for another reason', told('invalid-address', { destination: null })],
  ])('%s: nothing', (_, result) => {
    expect(failureOf(result)).toBeUndefined();
  });

  test('a firewall that could not be read is not called innocent', () => {
    const sentence = failureOf(told('timeout', { firewall: { rules: [], unread: 'only root may run nft' } }))?.sentence;
    expect(sentence).toContain('its own firewall not read (only root may run nft)');
    expect(sentence).not.toContain('no nftables rule');
  });

  test('a rule that rejects explains no silence, and one that drops no refusal', () => {
    const rules = (verdict: 'drop' | 'reject') => ({
      firewall: { rules: [{ rule: 'r', verdict, isCertain: true }], unread: null },
    });
    expect(failureOf(told('timeout', rules('reject')))?.sentence).toMatch(/^Dropped on the way, or by the host/);
    expect(failureOf(told('refused', rules('drop')))?.sentence).toMatch(/^Refused by the host/);
  });

  test('a refusal over a silent neighbour is a refusal', () => {
    const neighbour = { address: '10.9.0.7', interface: 'eth0', state: 'incomplete' } as const;
    expect(failureOf(told('refused', { neighbour }))?.stage).toBe('refused');
  });

  test('an address of the hosts file is told only where it is the one that failed', () => {
    const hostsFile = [{ line: 4, address: '10.9.0.8' }];
    expect(failureOf(told('timeout', { hostsFile }))?.sentence).not.toContain('/etc/hosts');
  });
});

test.each([
  [told('reset', {}, 'ECONNRESET'), 'dropped', 'the connection to 10.9.0.7:5432 broke (ECONNRESET)'],
  [told('permission', {}, 'EPERM'), 'this host', 'Forbidden by this host itself (EPERM)'],
  [told('dns-timeout', { destination: null }), 'name', '/etc/resolv.conf names no name server'],
  [
    told('dns-not-found', { destination: null, resolver: { servers: ['fd00::53'], search: [] } }, 'ENODATA'),
    'name',
    'db has no address of the wanted family',
  ],
  [
    told('timeout', { isOwn: true, listeners: ['0.0.0.0:5432'], route: null }),
    'dropped',
    'something listens at 0.0.0.0:5432',
  ],
  [told('timeout', { isOwn: true, route: null }), 'dropped', 'neither answers nor refuses at 10.9.0.7:5432'],
  [told('refused', { isOwn: true, listeners: ['[::]:5432'], route: null }), 'refused', 'although something listens'],
] as const)('%j is told', (result, stage, words) => {
  expect(failureOf(result)?.stage).toBe(stage);
  expect(failureOf(result)?.sentence).toContain(words);
});

test('the hosts file, with comments and letters of any case', () => {
  const byName = parseHosts('# 1.1.1.1 a\n10.0.0.1 A.test a b # c\nno-address x\n::1\tb\r\n');
  expect(Object.fromEntries(byName)).toEqual({
    'a.test': [{ line: 2, address: '10.0.0.1' }],
    a: [{ line: 2, address: '10.0.0.1' }],
    b: [
      { line: 2, address: '10.0.0.1' },
      { line: 4, address: '::1' },
    ],
  });
});

test('neighbours', () => {
  const arp = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.1         0x1         0x2         02:fc:00:00:00:05     *        eth0
10.0.0.9         0x1         0x0         00:00:00:00:00:00     *        eth0\n`;
  expect(parseArp(arp)).toEqual([
    { address: '10.0.0.1', interface: 'eth0', state: 'known' },
    { address: '10.0.0.9', interface: 'eth0', state: 'incomplete' },
  ]);
  const list = [
    { dst: 'fd00::1', dev: 'eth0', state: ['FAILED'] },
    { dst: 'fd00::2', dev: 'eth0', lladdr: '02:00', state: ['STALE'] },
    { dst: 1 },
  ];
  expect(parseNeighbours(JSON.stringify(list))).toEqual([
    { address: 'fd00::1', interface: 'eth0', state: 'incomplete' },
    { address: 'fd00::2', interface: 'eth0', state: 'known' },
  ]);
  expect(parseNeighbours('')).toEqual([]);
});
