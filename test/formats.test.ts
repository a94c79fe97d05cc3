import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checks } from '../src/cli/checks.ts';
import { limits } from '../src/contract/limits.ts';
import type { Spec } from '../src/contract/spec.ts';
import { kurlData } from '../src/go/kurl.ts';
import { loadSpec } from '../src/spec/load.ts';
import { mergedSpec } from '../src/spec/merged.ts';

const folder = new URL('../fixtures/specs/adopted/', import.meta.url);

function load(text: string) {
  const template = kurlData({ installer: undefined, set: {} });
  return loadSpec([{ file: 'a.yaml', text }], { checks, limits, template, strict: false });
}

function loaded(text: string): Spec {
  const { spec, problems } = load(text);
  if (spec === undefined) throw new Error(JSON.stringify(problems));
  return spec;
}

/** Each problem as `LINE:COLUMN severity message`. */
const told = (text: string) =>
  load(text).problems.map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}`);

describe('the documents of the other systems load as printed', () => {
  test.each(readdirSync(folder))('%s', (name) => {
    const { spec, problems } = load(readFileSync(new URL(name, folder), 'utf8'));
    expect(problems).toEqual([]);
    expect(spec?.collectors.length).toBeGreaterThan(0);
    expect(spec?.analyzers).toHaveLength(spec?.collectors.length ?? 0);
    for (const { type, collector, name: called } of spec?.collectors ?? []) {
      expect(collector?.type).toBe(type);
      expect(called).not.toBe('');
    }
  });

  test('the plugin items, in their order, with their numbers as milliseconds', () => {
    const { collectors, analyzers } = loaded(readFileSync(new URL('check-tcp-connection-plugin.yaml', folder), 'utf8'));
    expect(collectors.map(({ name, params }) => ({ name, ...(params as object) }))).toMatchObject([
      { name: 'check_web_server', host: 'example.com', port: 80, timeoutMs: 5000, attempts: 1, retryDelayMs: 1000 },
      { name: 'check_database', host: 'db-server.example.com', port: 5432, timeoutMs: 10_000 },
      { name: 'check_flaky_service', port: 443, attempts: 3, retryDelayMs: 2000, timeoutMs: 15_000 },
      { name: 'check_from_fixed_port', host: '192.168.1.100', sourcePort: 54321 },
      { name: 'check_local_redis', host: 'localhost', port: 6379, timeoutMs: 3000 },
    ]);
    expect(analyzers.map(({ title, collectorName }) => `${title} of ${collectorName}`)).toEqual(
      collectors.map(({ name }) => `${name} of ${name}`),
    );
  });
});

describe('a bundle keeps them as ordinary items', () => {
  const monitor = `{ tag: db, name: Database, type: TCP, type_data: { hosts: [{ host: db }], tcpEval: ";(x) => x;" } }`;

  test('which load again', () => {
    const text = mergedSpec(loaded(monitor), (raw) => raw);
    const again = loaded(text);
    expect(again.collectors.map(({ type, name }) => `${type} ${name}`)).toEqual(['tcpMonitor db']);
    expect(again.analyzers.map(({ title, params }) => [title, params])).toEqual([['Database', { source: '(x) => x' }]]);
  });
});

describe('a Kener monitor', () => {
  const head = 'tag: db\nname: Database\ntype: TCP\n';

  test.each([
    ['type_data.tcpEval', `${head}type_data: { hosts: [{ host: a }], tcpEval: 'x => 1' }`, 'x => 1'],
    ['type_data.eval', `${head}type_data: { hosts: [{ host: a }], eval: 'x => 2' }`, 'x => 2'],
    ['eval', `${head}eval: 'x => 3'\ntype_data: { hosts: [{ host: a }] }`, 'x => 3'],
    ['an empty one: the documented default', `${head}type_data: { hosts: [{ host: a }], tcpEval: '' }`, undefined],
  ])('its function in %s', (_, text, source) => {
    const { params } = loaded(text).analyzers[0] ?? {};
    expect((params as { source: string }).source).toEqual(source ?? expect.stringContaining("'UP' : 'DOWN'"));
  });

  test('defaults, numbers as text, brackets', () => {
    const hosts = `[{ host: a }, { host: "[::1]", port: "443", timeout: "2000", type: IP6 }]`;
    const { params } = loaded(`${head}type_data: { hosts: ${hosts} }`).collectors[0] ?? {};
    expect(params).toMatchObject({
      wanted: [
        { type: 'tcp', target: { host: 'a', port: 80, timeoutMs: 1000, family: 'ipv4' } },
        { type: 'IP6', host: '[::1]', target: { host: '::1', port: 443, timeoutMs: 2000, family: 'ipv6' } },
      ],
      series: { samples: 1, intervalMs: 1000 },
    });
  });

  test('one that is not active is left out, and its finding says so', () => {
    const { collectors, analyzers } = loaded(`${head}status: INACTIVE\ntype_data: { hosts: [{ host: a }] }`);
    expect([collectors[0]?.excluded, analyzers[0]?.excluded]).toEqual([true, true]);
  });

  test('a list: other types are left alone and told, never run', () => {
    const text = `- ${head.replaceAll('\n', '\n  ')}type_data: { hosts: [{ host: a }] }\n- { tag: p, type: PING, type_data: {} }\n`;
    const { collectors, skipped } = loaded(text);
    expect(collectors).toHaveLength(1);
    expect(skipped).toEqual([
      { path: '1', reason: '"p": monitors of type PING are not known here, only TCP', file: 'a.yaml', line: 5 },
    ]);
  });
});

describe('mistakes are told where they were written', () => {
  test.each([
    [
      '- name: a\n  plugin: check_tcp_connection\n  parameters:\n    host: x\n    port: 70000\n',
      ['5:11 error checkTcpConnection: "port" must be a whole number from 1 to 65535, not 70000'],
    ],
    [
      '- name: a\n  plugin: check_tcp_connection\n  parameters: { host: x y, port: 1 }\n',
      [
        '3:23 error checkTcpConnection: "host" is wrong: " " cannot be in a host name; allowed are letters, digits, - _ . and, in addresses, : %',
      ],
    ],
    [
      '- name: a\n  plugin: check_tcp_connection\n  parameters: { host: x, port: 1, retries: 3 }\n',
      [
        '3:35 warning checkTcpConnection: unknown key "retries"; known: collectorName, exclude, host, port, timeout, source_port, attempts, retry_delay, samples, interval',
      ],
    ],
    [
      '- plugin: check_tcp_connection\n  parameters: { host: x, port: 1 }\n',
      ['1:3 error "name" is missing: what the check is called'],
    ],
    [
      '- name: a\n  plugin: check_tcp_connection\n',
      ['1:3 error "parameters" must be a set of keys with host and port'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts: []\n',
      ['4:3 error tcpMonitor: "hosts" is an empty list; it needs at least one entry'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data: {}\n',
      ['1:1 error tcpMonitor: "hosts" is missing: probed side by side; the results keep this order'],
    ],
    ['tag: a\ntype: TCP\n', ['1:1 error "type_data" must be a set of keys with hosts']],
    [
      'type: TCP\ntype_data: { hosts: [{ host: a }] }\n',
      ['1:1 error "tag" is missing: the key of the monitor, and the name of its file'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts:\n    - host: a\n    - { host: b, port: 443abc }\n',
      ['6:24 error tcpMonitor: "port" must be a whole number from 1 to 65535, not "443abc"'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts: [{ host: a, timeout: 0 }]\n',
      ['4:31 error tcpMonitor: "timeout" must be a number from 1 to 86400000, not 0'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts: [{ host: a, type: IPV4 }]\n',
      ['4:28 error tcpMonitor: "type" must be one of tcp, IP4, IP6, DOMAIN, not "IPV4"; did you mean IP4?'],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts: [{ host: "a/b" }]\n',
      [
        '4:20 error tcpMonitor: "host" is wrong: "/" cannot be in a host name; allowed are letters, digits, - _ . and, in addresses, : %',
      ],
    ],
    [
      'tag: a\ntype: TCP\ntype_data:\n  hosts: [{ host: a }]\n  tcpEval: "() => {"\n',
      ['5:13 error tcpMonitor: "eval" does not parse: Unexpected token, in its line 1, column 8'],
    ],
    [
      '- name: a\n  plugin: check_tcp_connection\n  parameters: { host: x, port: 1 }\n- name: b\n',
      [
        '4:3 error this list item is no check that is known here; write name, plugin: check_tcp_connection and parameters, or tag, name, type: TCP and type_data',
      ],
    ],
    [
      '- 1\n- 2\n',
      ['1:1 error this is a list, not a spec; a spec begins with apiVersion: troubleshoot.sh/v1beta2 and a kind'],
    ],
  ])('%j', (text, expected) => {
    expect(told(text)).toEqual(expected);
  });
});
