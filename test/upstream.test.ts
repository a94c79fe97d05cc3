import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { analyze } from '../src/analyze/analyze.ts';
import { checks } from '../src/cli/checks.ts';
import type { OpenedBundle } from '../src/contract/bundle.ts';
import type { Finding } from '../src/contract/finding.ts';
import { limits } from '../src/contract/limits.ts';
import { errorPath, resultPath } from '../src/contract/path.ts';
import { kurlData } from '../src/go/kurl.ts';
import { cleanUp, closedPort, listen, temporaryFolder } from '../src/net/lab.fixture.ts';
import { renderInsights } from '../src/report/insights.ts';
import { loadSpec } from '../src/spec/load.ts';
import { planCollection } from '../src/spec/plan.ts';
import { hostbundle, type Item, opened, specFile, specText, tcpConnect } from './lab.ts';

/** What the Go tools do, case by case; COMPATIBILITY.md names where we depart. `test/prove/upstream.js` asks the tools themselves. */

afterAll(cleanUp);

function loaded(hostCollectors: readonly Item[], hostAnalyzers: readonly Item[] = []) {
  return loadSpec([{ file: 'spec.json', text: specText(hostCollectors, hostAnalyzers) }], {
    checks,
    limits,
    template: kurlData({ installer: undefined, set: {} }),
    strict: false,
  });
}

const noTools = { evaluator: { evaluate: async () => ({ failure: 'none here' }) }, nowMs: 0 };

/** Judges files of a bundle of the Go tools, which has no manifest. */
function judge(files: Readonly<Record<string, string>>, ...analyzers: readonly Item[]): Promise<readonly Finding[]> {
  const { spec, problems } = loaded([], analyzers);
  if (spec === undefined) throw new Error(JSON.stringify(problems));
  const content = new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
  const results = { has: (path: string) => content.has(path), read: (path: string) => content.get(path) };
  return analyze({ ...results, collections: null }, spec.analyzers, { limits, tools: noTools });
}

const told = ({ verdict, title, message, reason }: Finding) => `${verdict} ${title}: ${message || reason}`;
const status = (word: string, message = '') => JSON.stringify({ status: word, message });
const outcome = (severity: string, when?: string, message = `${severity}[${when ?? ''}]`) => ({
  [severity]: { ...(when !== undefined && { when }), message },
});

describe('1.3 booleans as text', () => {
  const cases: readonly (readonly [written: unknown, value: boolean | 'exit 2'])[] = [
    ...[true, '1', 't', 'T', 'true', 'TRUE', 'True'].map((written) => [written, true] as const),
    ...[false, '', null, '0', 'f', 'F', 'false', 'FALSE', 'False'].map((written) => [written, false] as const),
    ...["''", '123', 'yes', 'no', 'on', 'off', 'tRUE', ' true', 'true ', '{{repl X }}', 'maybe', 1, 0, [], {}].map(
      (written) => [written, 'exit 2'] as const,
    ),
  ];
  const values = { true: true, false: false };

  test.each(cases)('exclude and strict: %j is %j', (written, value) => {
    const collector = loaded([{ tcpConnect: { address: 'a:1', exclude: written } }]).spec;
    const analyzer = loaded([], [{ tcpConnect: { exclude: written, outcomes: [] } }]).spec;
    const strict = loaded([], [{ tcpConnect: { strict: written, outcomes: [] } }]).spec;
    const read = [collector?.collectors[0]?.excluded, analyzer?.analyzers[0]?.excluded, strict?.analyzers[0]?.strict];
    expect(read).toEqual(Array(3).fill(value === 'exit 2' ? undefined : values[`${value}`]));
  });
});

describe('1.4 exclude', () => {
  test('a collector: planned as left out, whatever else is wrong with it', () => {
    const { spec } = loaded([{ tcpConnect: { exclude: 'T', address: '' } }, { tcpPortStatus: { exclude: true } }]);
    expect(spec && planCollection(spec).map((planned) => 'skip' in planned && planned.skip)).toEqual([
      'excluded by the spec',
      'excluded by the spec',
    ]);
  });

  test('an analyzer: a finding that says so, though its file is there', async () => {
    const files = { 'host-collectors/connect/connect.json': status('connected') };
    const excluded = { tcpConnect: { exclude: '1', outcomes: [outcome('fail')] } };
    expect((await judge(files, excluded)).map(told)).toEqual(['skipped TCP Connection Attempt: excluded by the spec']);
  });

  test.each([
    ['every collector', { exclude: true }, {}, 5],
    ['every analyzer', {}, { exclude: true }, 0],
    ['all', { exclude: 'true' }, { exclude: 'true' }, 0],
  ])('preflight with %s excluded', async (_, collector, analyzer, exitCode) => {
    const address = `127.0.0.1:${await closedPort()}`;
    const rules = { tcpConnect: { collectorName: 'a', ...analyzer, outcomes: [outcome('pass')] } };
    const file = await specFile([tcpConnect('a', address, collector)], [rules]);
    expect((await hostbundle(['preflight', '-q', file])).code).toBe(exitCode);
  });
});

describe('1.5 which check an item selects', () => {
  test('all defaults where nothing is written', () => {
    expect(loaded([], [{ tcpPortStatus: {} }]).spec?.analyzers).toMatchObject([
      { title: 'TCP Port Status', collectorName: '', excluded: false, strict: false, outcomes: [] },
    ]);
  });

  test('an unknown analyzer is unknown, not the fail "nil analyzer"', async () => {
    expect((await judge({}, { tcpConect: { outcomes: [outcome('pass')] } })).map(told)).toEqual([
      'unknown tcpConect: this version has no analyzer "tcpConect"',
    ]);
  });

  test('letters count: TCPConnect is another type, Address another key', () => {
    expect(loaded([{ TCPConnect: { address: 'a:1' } }]).problems.map(({ code }) => code)).toEqual(['unknown-type']);
    expect(loaded([{ tcpConnect: { Address: 'a:1' } }]).problems.map(({ code }) => code)).toContain('missing-key');
  });
});

describe('1.8 paths and titles', () => {
  test.each([
    ['tcpConnect', 'connect/connect', 'connect', 'TCP Connection Attempt'],
    ['tcpPortStatus', 'tcpPortStatus/tcpPortStatus', 'tcpPortStatus', 'TCP Port Status'],
  ])('%s', (type, byDefault, folder, title) => {
    const collector = checks.collectors.find((candidate) => candidate.type === type);
    if (collector === undefined) throw new Error('it is built in');
    expect(collector.title).toBe(title);
    expect(checks.analyzers.find((candidate) => candidate.type === type)?.title).toBe(title);
    expect(resultPath(collector, '')).toBe(`host-collectors/${byDefault}.json`);
    for (const name of ['Kubernetes API TCP Port Status', 'etcd peer 10.0.0.1:2379', 'Größe ✓', 'x ', "<a> & 'b'"]) {
      expect(resultPath(collector, name)).toBe(`host-collectors/${folder}/${name}.json`);
      expect(errorPath(name)).toBe(`host-collectors/errors/${name}-error.json`);
    }
  });

  test('checkName is the title; collectorName never is; an empty checkName is none', async () => {
    const files = { 'host-collectors/connect/api.json': status('connected') };
    const rules = (checkName?: string) => ({
      tcpConnect: { ...(checkName !== undefined && { checkName }), collectorName: 'api', outcomes: [outcome('pass')] },
    });
    expect((await judge(files, rules('API'), rules(), rules(''))).map(({ title }) => title)).toEqual([
      'API',
      'TCP Connection Attempt',
      'TCP Connection Attempt',
    ]);
  });

  test('a name with a slash is found where the Go tool put it, one with dots never leaves the folder', async () => {
    const files = {
      'host-collectors/connect/a/b.json': status('connected'),
      'host-collectors/up.json': status('connected'),
    };
    const rules = (collectorName: string) => ({ tcpConnect: { collectorName, outcomes: [outcome('pass')] } });
    expect((await judge(files, rules('a/b'), rules('../up'))).map(({ verdict }) => verdict)).toEqual([
      'pass',
      'unknown',
    ]);
  });
});

describe('1.9 finding the data', () => {
  const list = { 'host-collectors/system/node_list.json': '{"nodes": ["node1", "node2"]}' };
  const rules = (type: string) => ({
    [type]: { outcomes: [outcome('fail', 'connection-refused'), outcome('pass', 'connected')] },
  });

  test('a local file is used alone, without a node in the title', async () => {
    const files = {
      ...list,
      'host-collectors/connect/connect.json': status('connected'),
      'host-collectors/connect/node1/connect.json': status('connection-refused'),
    };
    expect((await judge(files, rules('tcpConnect'))).map(told)).toEqual([
      'pass TCP Connection Attempt: pass[connected]',
    ]);
  });

  test.each([
    ['as documented', (node: string, type: string) => `${type}/${node}`],
    ['as coded', (node: string, type: string) => `${node}/${type}`],
  ])('nodes %s: one finding each, in the order of the list', async (_, folder) => {
    const files = (type: string, name: string) => ({
      [`host-collectors/${folder('node2', type)}/${name}.json`]: status('connection-refused'),
      [`host-collectors/${folder('node1', type)}/${name}.json`]: status('connected'),
    });
    expect((await judge({ ...list, ...files('connect', 'connect') }, rules('tcpConnect'))).map(told)).toEqual([
      'pass TCP Connection Attempt - Node node1: pass[connected]',
      'fail TCP Connection Attempt - Node node2: fail[connection-refused]',
    ]);
    expect(
      (await judge({ ...list, ...files('tcpPortStatus', 'tcpPortStatus') }, rules('tcpPortStatus'))).map(told),
    ).toEqual([
      'pass TCP Port Status - Node node1: pass[connected]',
      'fail TCP Port Status - Node node2: fail[connection-refused]',
    ]);
  });

  test('nothing at all: unknown, where the Go tool says nothing', async () => {
    const reason = 'not collected: there is no host-collectors/connect/connect.json in the bundle';
    for (const files of [{}, list]) {
      expect((await judge(files, rules('tcpConnect'))).map(told)).toEqual([
        `unknown TCP Connection Attempt: ${reason}`,
      ]);
    }
  });

  test('one node is missing: the other is judged, the lost one is named', async () => {
    const files = { ...list, 'host-collectors/connect/node1/connect.json': status('connected') };
    expect((await judge(files, rules('tcpConnect'))).map(told)).toEqual([
      'pass TCP Connection Attempt - Node node1: pass[connected]',
      'unknown TCP Connection Attempt: not collected on 1 of 2 nodes: node2',
    ]);
  });

  test('of many missing nodes five are named', async () => {
    const nodes = Array.from({ length: 9 }, (_, number) => `n${number}`);
    const files = {
      'host-collectors/system/node_list.json': JSON.stringify({ nodes }),
      'host-collectors/connect/n0/connect.json': status('connected'),
    };
    expect((await judge(files, rules('tcpConnect')))[1]?.reason).toBe(
      'not collected on 8 of 9 nodes: n1, n2, n3, n4, n5, …',
    );
  });

  test.each(['no list', '{"nodes": "node1"}', '["node1"]', '{}'])('a bad node list, %s, is told', async (text) => {
    const [finding, ...more] = await judge({ 'host-collectors/system/node_list.json': text }, rules('tcpConnect'));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ verdict: 'unknown', title: 'TCP Connection Attempt' });
    expect(finding?.reason).toMatch(/^host-collectors\/system\/node_list\.json is no list of nodes: /);
  });
});

describe('1.10 outcomes', () => {
  const cases: readonly (readonly [name: string, outcomes: unknown, word: string, verdict: string])[] = [
    ['the first match wins', [outcome('warn', 'connected'), outcome('fail', 'connected')], 'connected', 'warn'],
    ['a later match is found', [outcome('fail', 'error'), outcome('pass', 'connected')], 'connected', 'pass'],
    ['without when it matches', [outcome('warn'), outcome('fail', 'connected')], 'connected', 'warn'],
    ['with an empty when too', [outcome('warn', ''), outcome('fail', 'connected')], 'connected', 'warn'],
    ['a match above comes before it', [outcome('fail', 'connected'), outcome('warn')], 'connected', 'fail'],
    [
      'of three keys only fail is tried',
      [{ ...outcome('pass', 'connected'), ...outcome('warn', 'connected'), ...outcome('fail', 'error') }],
      'connected',
      'unknown',
    ],
    ['of pass and warn only warn is', [{ ...outcome('pass'), ...outcome('warn') }], 'connected', 'warn'],
    ['an item with none of the three is passed over', [{}, outcome('pass')], 'connected', 'pass'],
    ['so is a null one', [{ pass: null }, outcome('warn')], 'connected', 'warn'],
    ['an empty one always matches', [{ pass: {} }], 'error', 'pass'],
    ['an unknown word never matches', [outcome('fail', 'foo'), outcome('warn')], 'connected', 'warn'],
    ['other letters never match', [outcome('fail', 'Connected'), outcome('warn')], 'connected', 'warn'],
    [
      'a status of another version meets the last outcome',
      [outcome('pass', 'connected'), outcome('warn')],
      'new',
      'warn',
    ],
    ['no outcome matched', [outcome('fail', 'error')], 'connected', 'unknown'],
    ['an empty list', [], 'connected', 'unknown'],
    ['no list', undefined, 'connected', 'unknown'],
  ];
  test.each(cases)('%s', async (_, outcomes, word, verdict) => {
    const files = {
      'host-collectors/connect/connect.json': status(word),
      'host-collectors/tcpPortStatus/tcpPortStatus.json': status(word),
    };
    for (const type of ['tcpConnect', 'tcpPortStatus']) {
      expect((await judge(files, { [type]: { outcomes } })).map((finding) => finding.verdict)).toEqual([verdict]);
    }
  });

  test.each([
    ['more keys', '{"status":"connected","message":"","more":{"a":[1]}}', 'pass'],
    ['no message', '{"status":"connected"}', 'pass'],
    ['a final newline and blanks', ' {"status":"connected","message":""}\n', 'pass'],
    ['the bare word', 'connected\n', 'pass'],
    ['no status', '{"message":""}', 'unknown'],
    ['a status that is no text', '{"status":1}', 'unknown'],
    ['no JSON', '<html>', 'unknown'],
    ['nothing', '', 'unknown'],
    ['text after the object', '{"status":"connected"} x', 'unknown'],
  ])('a file with %s', async (_, text, verdict) => {
    const rules = { tcpConnect: { outcomes: [outcome('pass', 'connected'), outcome('fail')] } };
    expect(await judge({ 'host-collectors/connect/connect.json': text }, rules)).toMatchObject([{ verdict }]);
  });

  test('each node is judged by itself', async () => {
    const files = {
      'host-collectors/system/node_list.json': '{"nodes":["a","b","c"]}',
      'host-collectors/connect/a/connect.json': status('connected'),
      'host-collectors/connect/b/connect.json': 'broken',
      'host-collectors/connect/c/connect.json': status('error'),
    };
    const rules = {
      tcpConnect: { checkName: 'N', outcomes: [outcome('pass', 'connected'), outcome('fail', 'error')] },
    };
    expect((await judge(files, rules)).map(({ verdict, title }) => `${verdict} ${title}`)).toEqual([
      'pass N - Node a',
      'unknown N - Node b',
      'fail N - Node c',
    ]);
  });
});

describe('1.13 analysis.json', () => {
  const finding: Finding = {
    type: 'tcpPortStatus',
    name: '',
    title: 'TCP Port Status',
    verdict: 'pass',
    message: 'Port 6443 is open',
    uri: null,
    strict: false,
    annotations: {},
    reason: null,
    advice: null,
    evidence: null,
  };
  const entry = (more: Partial<Finding>) => JSON.parse(renderInsights([{ ...finding, ...more }]))[0];

  test('the text of one element, ours last', () => {
    expect(renderInsights([finding])).toBe(`[
    {
        "name": "tcp.port.status",
        "labels": {
            "desiredPosition": "1",
            "iconKey": "",
            "iconUri": ""
        },
        "insight": {
            "name": "tcp.port.status",
            "labels": {
                "iconKey": "",
                "iconUri": ""
            },
            "primary": "TCP Port Status",
            "detail": "Port 6443 is open",
            "severity": "debug"
        },
        "severity": "debug",
        "analyzerSpec": "",
        "uri": null,
        "strict": false,
        "verdict": "pass"
    }
]`);
    expect(renderInsights([])).toBe('[]');
  });

  test.each([
    ['TCP Connection Attempt', 'tcp.connection.attempt'],
    ['Check #1!', 'check.1.'],
    ['Größe', 'gr.e'],
    ['  edge  ', '.edge.'],
    ['日本', '.'],
    ['TCP Port Status - Node node1', 'tcp.port.status.node.node1'],
  ])('the name of %j', (title, name) => {
    expect(entry({ title })).toMatchObject({ name, insight: { name, primary: title } });
  });

  test.each([
    ['fail', 'error'],
    ['warn', 'warn'],
    ['pass', 'debug'],
  ] as const)('%s is severity %s', (verdict, severity) => {
    const { error, ...rest } = entry({ verdict, message: 'm' });
    expect(rest).toMatchObject({ severity, insight: { severity, detail: 'm' }, verdict });
    expect(error).toBe(verdict === 'fail' ? 'm' : undefined);
  });

  test('a fail without a message has no error; an empty title no name', () => {
    expect(entry({ verdict: 'fail', message: '' })).not.toHaveProperty('error');
    const nameless = entry({ title: '' });
    expect(nameless).not.toHaveProperty('name');
    expect(nameless.insight).not.toHaveProperty('name');
  });

  test.each(['unknown', 'skipped'] as const)('%s has no severity, its reason is the detail', (verdict) => {
    const { severity, insight } = entry({ verdict, message: '', reason: 'why' });
    expect([severity, insight.detail, 'severity' in insight]).toEqual(['', 'why', false]);
  });

  test('markup and line separators are escaped as Go does, other letters are not', () => {
    const text = renderInsights([{ ...finding, message: '<a> & \u2028\u2029 é 日' }]);
    expect(text).toContain(String.raw`"\u003ca\u003e \u0026 \u2028\u2029 é 日"`);
  });
});

describe('a bundle of the shape that the Go tools write', () => {
  const rules = {
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'Analyzer',
    metadata: { name: 'rules' },
    spec: {
      hostAnalyzers: [
        { tcpConnect: { collectorName: 'api-server', outcomes: [outcome('fail', 'connection-refused', 'refused')] } },
        { tcpPortStatus: { collectorName: 'ports', outcomes: [outcome('pass', 'connected', 'free')] } },
        { tcpPortStatus: { collectorName: 'other', outcomes: [outcome('pass')] } },
        { cpu: { outcomes: [outcome('pass')] } },
      ],
    },
  };

  test('collected on the host', async () => {
    expect(await analyzed('go-tool', rules)).toEqual([
      'fail TCP Connection Attempt: refused',
      'pass TCP Port Status: free',
      'unknown TCP Port Status: not collected: there is no host-collectors/tcpPortStatus/other.json in the bundle',
      'unknown cpu: this version has no analyzer "cpu"',
    ]);
  });

  test('collected in pods', async () => {
    const { hostAnalyzers } = rules.spec;
    const two = { ...rules, spec: { hostAnalyzers: hostAnalyzers.slice(0, 2) } };
    expect(await analyzed('go-tool-pods', two)).toEqual([
      'unknown TCP Connection Attempt - Node worker-1: no outcome matched (the status is connected)',
      'fail TCP Connection Attempt - Node worker-2: refused',
      'pass TCP Port Status - Node worker-1: free',
      'unknown TCP Port Status: not collected on 1 of 2 nodes: worker-2',
    ]);
  });

  async function analyzed(name: string, spec: object): Promise<readonly string[]> {
    const folder = join(import.meta.dirname, '../fixtures/bundles', name);
    const { stdout } = await hostbundle(['analyze', folder, '--spec', '-', '--format', 'json', '--exit-zero'], {
      input: JSON.stringify(spec),
    });
    return (JSON.parse(stdout.toString()).bundles[0].findings as readonly Finding[]).map(told);
  }
});

describe('the shape of what we write', () => {
  let bundle: OpenedBundle;
  let text: (path: string) => string;

  beforeAll(async () => {
    const closed = await closedPort();
    const { port } = await listen();
    const folder = await temporaryFolder();
    const file = await specFile([
      tcpConnect('open', `127.0.0.1:${port}`, { timeout: '' }),
      tcpConnect('closed', `127.0.0.1:${closed}`),
      { tcpPortStatus: { collectorName: 'held', port, interface: 'lo' } },
      { tcpPortStatus: { collectorName: 'none', port: closed, interface: 'hb-none' } },
    ]);
    const { code, stderr } = await hostbundle(['collect', '-q', file, '-o', 'b.tar.gz'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await readdir(folder)).toEqual(['b.tar.gz']);
    bundle = await opened(join(folder, 'b.tar.gz'));
    text = (path) => Buffer.from(bundle.read(path) ?? []).toString();
  });

  test.each([
    ['connect/open', 'connected', false],
    ['connect/closed', 'connection-refused', true],
    ['tcpPortStatus/held', 'address-in-use', true],
    ['tcpPortStatus/none', 'error', true],
  ])('%s.json: status and message first, compact, no final newline', (path, word, hasMessage) => {
    const written = text(`host-collectors/${path}.json`);
    const result = JSON.parse(written) as Record<string, unknown>;
    expect(Object.keys(result).slice(0, 2)).toEqual(['status', 'message']);
    expect([result['status'], result['message'] !== '']).toEqual([word, hasMessage]);
    expect(written).toBe(JSON.stringify(result));
  });

  test('error files: collector, error, timestamp; for each complaint, and for no other', () => {
    const paths = [...bundle.files.keys()].filter((path) => path.startsWith('host-collectors/errors/'));
    expect(paths).toEqual(['closed', 'held', 'none'].map((name) => `host-collectors/errors/${name}-error.json`));
    for (const path of paths) {
      const error = JSON.parse(text(path)) as Record<string, unknown>;
      expect(Object.keys(error)).toEqual(['collector', 'error', 'timestamp']);
      expect(text(path)).toBe(JSON.stringify(error));
      expect(path).toBe(errorPath(String(error['collector'])));
      expect(error['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    }
    expect(text(errorPath('closed'))).toContain('"error":"failed to connect to 127.0.0.1:');
    expect(text(errorPath('held'))).toContain('"error":"failed to create listener: ');
    expect(text(errorPath('none'))).toContain('lookup interface hb-none: route ip+net: no such network interface');
  });

  test('version.yaml has the keys of the Go tools, spec.yaml is a kind that their analyze takes', () => {
    expect(load(text('version.yaml'))).toEqual({
      apiVersion: 'troubleshoot.sh/v1beta2',
      kind: 'SupportBundle',
      spec: { versionNumber: expect.stringMatching(/^hostbundle-\d/) },
    });
    expect(load(text('spec.yaml'))).toMatchObject({ apiVersion: 'troubleshoot.sh/v1beta2', kind: 'SupportBundle' });
    expect(text('analysis.json')).toBe('[]');
  });
});

test('every departure that the proof against the Go tools relies on has its row', async () => {
  const { cases, always } = await import(join(import.meta.dirname, 'prove/upstream.cases.js'));
  const departures = await readFile(join(import.meta.dirname, '../COMPATIBILITY.md'), 'utf8');
  const rows = [always, ...cases.map(({ differs = {} }) => differs)].flatMap((differs: Record<string, string>) =>
    Object.values(differs),
  );
  expect(rows.filter((row) => !departures.includes(row))).toEqual([]);
});
