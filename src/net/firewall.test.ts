import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Firewall } from './firewall.ts';
import type { Packet } from './firewall-match.ts';

const packet: Packet = {
  family: 4,
  source: '10.0.0.2',
  destination: '10.9.0.7',
  sourcePort: undefined,
  destinationPort: 6443,
  incoming: null,
  outgoing: 'eth0',
  state: 'new',
};

const chain = (name: string, hook?: string, policy = 'accept', family = 'inet') => ({
  chain: { family, table: 't', name, ...(hook !== undefined && { hook, policy, prio: 0, type: 'filter' }) },
});
const rule = (in_: string, ...expr: readonly unknown[]) => ({ rule: { family: 'inet', table: 't', chain: in_, expr } });
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const meta = (key: string) => ({ meta: { key } });
const drop = { drop: null };
const accept = { accept: null };

/** What a packet meets at the output hook: `!` for what is certain, `?` for what may be. */
function meets(items: readonly unknown[], to: Packet = packet): readonly string[] {
  const firewall = new Firewall({ nftables: [{ metainfo: {} }, chain('output', 'output'), ...items] });
  return firewall.obstacles(to, ['output']).map(({ rule: text, isCertain }) => `${isCertain ? '!' : '?'} ${text}`);
}

const dport = payload('tcp', 'dport');
const daddr = payload('ip', 'daddr');

describe('one rule', () => {
  const cases: readonly (readonly [unknown, '!' | '?' | ''])[] = [
    [match(dport, 6443), '!'],
    [match(dport, 443), ''],
    [match(dport, 443, '!='), '!'],
    [match(dport, { set: [22, { range: [6000, 7000] }] }), '!'],
    [match(dport, { range: [1, 1024] }), ''],
    [match(dport, 1024, '>'), '!'],
    [match(payload('udp', 'dport'), 6443), ''],
    [match(payload('th', 'dport'), 6443), '!'],
    [match(daddr, '10.9.0.7'), '!'],
    [match(daddr, { prefix: { addr: '10.9.0.0', len: 24 } }), '!'],
    [match(daddr, { prefix: { addr: '10.9.1.0', len: 24 } }, '!='), '!'],
    [match(daddr, { range: ['10.9.0.1', '10.9.0.9'] }), '!'],
    [match(daddr, '@bad'), '!'],
    [match(daddr, '@other'), ''],
    [match(daddr, '@unknown'), '?'],
    [match(payload('ip', 'saddr'), '10.0.0.2'), '!'],
    [match(payload('ip6', 'daddr'), 'fd00::1', '!='), ''],
    [match(meta('oifname'), 'eth*'), '!'],
    [match(meta('oif'), 'eth1'), ''],
    [match(meta('iifname'), 'eth0', '!='), ''],
    [match(meta('l4proto'), 6), '!'],
    [match(meta('l4proto'), { set: ['icmp', 'udp'] }), ''],
    [match(meta('nfproto'), 'ipv6'), ''],
    [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ''],
    [match({ ct: { key: 'state' } }, 'new', 'in'), '!'],
    [match(meta('skuid'), 1000), '?'],
    [match(payload('tcp', 'flags'), 'syn'), '?'],
    [{ limit: { rate: 1 } }, '?'],
    [{ xt: { type: 'match', name: 'owner' } }, '?'],
    [{ counter: { packets: 1 } }, '!'],
  ];
  test.each(cases)('%j drops: %j', (expression, certainty) => {
    const sets = [
      {
        set: { family: 'inet', table: 't', name: 'bad', elem: ['10.9.0.7', { prefix: { addr: '10.1.0.0', len: 16 } }] },
      },
      { set: { family: 'inet', table: 't', name: 'other', elem: [{ elem: { val: '10.1.1.1' } }] } },
    ];
    expect(meets([...sets, rule('output', expression, drop)]).map((text) => text[0])).toEqual(
      certainty === '' ? [] : [certainty],
    );
  });
});

describe('rules in their order', () => {
  test('what is accepted before is not dropped, and what may be accepted may be dropped', () => {
    expect(meets([rule('output', match(dport, 6443), accept), rule('output', drop)])).toEqual([]);
    expect(meets([rule('output', match(meta('skuid'), 0), accept), rule('output', drop)])).toEqual([
      '? inet t output: drop',
    ]);
  });

  test('chains that are jumped to, returned from and gone to', () => {
    const users = chain('users');
    const jump = rule('output', { jump: { target: 'users' } });
    expect(meets([users, jump, rule('users', match(dport, 6443), drop)])).toEqual([
      '! inet t users: tcp dport 6443 drop',
    ]);
    expect(meets([users, jump, rule('users', { return: null }), rule('users', drop)])).toEqual([]);
    expect(meets([users, rule('output', { goto: { target: 'users' } }), rule('output', drop)])).toEqual([]);
    expect(meets([users, jump, rule('users', accept), rule('output', drop)])).toEqual([]);
    expect(
      meets([users, rule('output', match(meta('skuid'), 0), { jump: { target: 'users' } }), rule('users', drop)]),
    ).toEqual(['? inet t users: drop']);
  });

  test('verdict maps', () => {
    const map = (data: readonly unknown[]) => rule('output', { vmap: { key: dport, data: { set: data } } });
    expect(meets([map([[22, accept], [6443, drop]])])).toHaveLength(1); // biome-ignore format: pairs
    expect(meets([map([[22, drop]]), rule('output', accept)])).toEqual([]);
  });

  test('the policy', () => {
    const firewall = (...rules: readonly unknown[]) =>
      new Firewall({ nftables: [chain('input', 'input', 'drop'), ...rules] });
    const policy = [{ rule: 'inet t input: policy drop', verdict: 'drop', isCertain: true }];
    expect(firewall().obstacles(packet, ['input'])).toEqual(policy);
    expect(firewall(rule('input', accept)).obstacles(packet, ['input'])).toEqual([]);
    expect(firewall(rule('input', match(meta('skuid'), 0), accept)).obstacles(packet, ['input'])).toMatchObject([
      { isCertain: false },
    ]);
    expect(firewall().obstacles(packet, ['output'])).toEqual([]);
  });

  test('tables of the other family are not met', () => {
    const other = { nftables: [chain('output', 'output', 'drop', 'ip6'), chain('output', 'output', 'drop', 'bridge')] };
    expect(new Firewall(other).obstacles(packet, ['output'])).toEqual([]);
  });

  test('chains that call each other for ever end', () => {
    const circle = [chain('a'), rule('output', { jump: { target: 'a' } }), rule('a', { jump: { target: 'a' } })];
    expect(meets(circle)).toEqual(['? inet t a: more rules than are looked at']);
  });
});

test('a rule is told in about the words of nft', () => {
  const expr = [
    match(meta('oifname'), 'eth0'),
    match(daddr, { prefix: { addr: '10.9.0.0', len: 24 } }),
    match(dport, { set: [22, { range: [6000, 7000] }] }),
    match({ ct: { key: 'state' } }, ['new'], 'in'),
    { counter: { packets: 0 } },
    { reject: { type: 'icmp', expr: 'host-unreachable' } },
  ];
  expect(meets([rule('output', ...expr)])).toEqual([
    '! inet t output: oifname eth0 ip daddr 10.9.0.0/24 tcp dport { 22, 6000-7000 } ct state new reject with icmp host-unreachable',
  ]);
});

test('anything is a ruleset, if one without rules', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(new Firewall(value).obstacles(packet, ['output'])).toEqual([]);
      expect(() =>
        meets([chain('x'), { rule: { family: 'inet', table: 't', chain: 'output', expr: [value, drop] } }]),
      ).not.toThrow();
    }),
  );
});
