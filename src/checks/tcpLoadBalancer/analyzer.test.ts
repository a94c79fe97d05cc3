import { expect, test } from '@jest/globals';
import { tcpLoadBalancerAnalyzer } from './analyzer.ts';

test.each([
  ['connection-refused', 'connection-refused', true],
  ['connected', 'connected', true],
  ['connected', 'connection-refused', false],
  ['bind-permission-denied', 'bind-permission-denied', true],
  ['invalid-address', 'invalid-address', true],
  ['connected', 'Connected', false],
])('when %j, a status %j: %j', (when, status, holds) => {
  expect(tcpLoadBalancerAnalyzer.condition(when, {})({ status })).toBe(holds);
});

test('comparisons', () => {
  const soon = tcpLoadBalancerAnalyzer.condition('connected && tries == 1', {});
  expect(soon({ status: 'connected', tries: 1 })).toBe(true);
  expect(soon({ status: 'connected', tries: 3 })).toBe(false);
  expect(() => tcpLoadBalancerAnalyzer.condition('foo', {})).toThrow('"foo" is no status of this check');
});

const visitors = [
  { address: '10.0.0.7', connections: 3, verified: 0 },
  { address: '10.0.0.8', connections: 1, verified: 1 },
];
const lb = { address: 'lb:80', port: 8080 };

test.each([
  [{ status: 'connected' }, undefined],
  [
    { status: 'connection-timeout', lastTry: 'unverified', visitors: [], ...lb },
    'to which hosts lb:80 passes connections on: what took ours was not this host; nobody connected to port 8080 of this host meanwhile',
  ],
  [
    { status: 'connection-timeout', lastTry: 'no-answer', visitors, ...lb },
    'whether lb:80 is up, and which firewalls are before it; meanwhile port 8080 of this host was connected to from 10.0.0.7',
  ],
  [
    { status: 'connection-refused', visitors, ...lb },
    'whether something listens at lb:80, and has a backend that it takes for healthy; meanwhile port 8080 of this host was connected to from 10.0.0.7',
  ],
  [{ status: 'bind-permission-denied', ...lb }, 'run as root: only root may listen on port 8080'],
  [
    { status: 'connection-timeout', lastTry: 'no-answer', dialAddress: null, tries: 2, visitors: [], ...lb },
    'the name in lb:80: whether the name servers in /etc/resolv.conf answer, and know it',
  ],
  // As another tool writes it.
  [{ status: 'connection-timeout' }, 'whether the balancer is up, and which firewalls are before it'],
])('what to look at after %j', (result, advice) => {
  expect(tcpLoadBalancerAnalyzer.advice?.(result)).toBe(advice);
});
