import { describe, expect, test } from '@jest/globals';
import type { SpecOutcome } from '../../contract/spec.ts';
import { networkNamespaceConnectivityAnalyzer as analyzer } from './analyzer.ts';

const outcome = (severity: SpecOutcome['severity'], message = severity as string): SpecOutcome => ({
  severity,
  when: '',
  message,
  uri: '',
  matches: () => true,
  neverTrue: undefined,
});

const base = { from_cidr: '10.0.0.0/24', to_cidr: '10.0.1.0/24' };
const noErrors = {
  from_cidr_creation: '',
  to_cidr_creation: '',
  udp_client: '',
  udp_server: '',
  tcp_client: '',
  tcp_server: '',
};

describe('the first outcome of its kind', () => {
  test.each([
    [true, ['fail', 'warn', 'pass'], 'pass'],
    [false, ['pass', 'warn', 'fail'], 'fail'],
    [true, ['fail'], undefined],
    [false, ['pass', 'warn'], undefined],
    [true, [], undefined],
  ] as const)('success %j of %j: %j', (success, severities, found) => {
    const rulings = analyzer.rule?.(
      { ...base, success },
      severities.map((severity) => outcome(severity)),
    );
    expect(rulings).toEqual(found === undefined ? [] : [{ severity: found, message: found, uri: '' }]);
  });
});

describe('its message is a template', () => {
  const errors = { ...noErrors, udp_client: 'no echo', tcp_server: 'none <came>' };
  test.each([
    ['{{ .FromCIDR }} to {{ .ToCIDR }}: {{ .Success }}', '10.0.0.0/24 to 10.0.1.0/24: false'],
    ['{{ .ErrorMessage }}', 'UDP connection failed with: no echo\nTCP server failed with: none <came>\n'],
    ['{{ .Errors.UDPClient | upper }}', 'NO ECHO'],
    ['{{ range .Output.Logs }}[{{ . }}]{{ end }}', '[one][two]'],
    ['plain', 'plain'],
    // The Go tool ends in an error here.
    ['{{ .Nothing }}', '{{ .Nothing }}'],
    ['{{ if }}', '{{ if }}'],
  ])('%j', (message, text) => {
    const judged = { ...base, success: false, errors, output: { logs: ['one', 'two'] } };
    expect(analyzer.rule?.(judged, [outcome('fail', message)])).toMatchObject([{ message: text }]);
  });

  test('of a file without errors and logs', () => {
    const judged = { ...base, success: true, output: { logs: null } };
    const text = '{{ .ErrorMessage }}{{ len .Output.Logs }}';
    expect(analyzer.rule?.(judged, [outcome('pass', text)])).toMatchObject([{ message: '0' }]);
  });
});

test('a when is told that nobody reads it', () => {
  expect(() => analyzer.condition('connected', {})).toThrow('"connected" is not looked at');
});

test.each([
  [{ success: true }, undefined],
  [
    { success: false, forwarding: false },
    'whether this host is to forward packets (sysctl), and the FORWARD rules of its firewall',
  ],
  [{ success: false }, 'the FORWARD rules of its firewall (nft list ruleset, iptables -S FORWARD)'],
  [
    { success: false, errors: { ...noErrors, to_cidr_creation: 'x' } },
    'run as root, with networks that are not in use',
  ],
])('what to look at after %j', (result, advice) => {
  expect(analyzer.advice?.({ ...base, ...result })).toBe(advice);
});
