import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checks } from '../src/cli/checks.ts';
import { cleanUp, closedPort, temporaryFolder } from '../src/net/lab.fixture.ts';
import { hostbundle } from './lab.ts';

/**
 * kURL's built-in host preflight (`pkg/preflight/assets/host-preflights.yaml` of replicatedhq/kURL) in shape: every type of
 * collector and analyzer that it has, each of its conditions, and its one unquoted template.
 */

afterAll(cleanUp);

const hasAddress = '.Installer.Spec.Kubernetes.Version .Installer.Spec.Kubernetes.LoadBalancerAddress';
const only = (condition: string) => `'{{kurl ${condition} | not }}'`;
const when = {
  fresh: only('and .IsPrimary (not .IsUpgrade)'),
  upgraded: "'{{kurl or (not .IsPrimary) (not .IsUpgrade) }}'",
  balanced: only(`and ${hasAddress} .IsPrimary (not .IsJoin) (not .IsUpgrade)`),
  joining: only(
    'and .Installer.Spec.Kubernetes.Version .Installer.Spec.Kubernetes.MasterAddress .IsJoin (and .Installer.Spec.Ekco.Version .Installer.Spec.Ekco.EnableInternalLoadBalancer | not)',
  ),
  docker: "'{{kurl not .Installer.Spec.Docker.Version}}'",
};

const collectors = [
  'time: {}',
  'cpu: {}',
  'memory: {}',
  'hostServices: {}',
  'hostOS: {}',
  'diskUsage: { collectorName: Kubelet, path: /var/lib/kubelet }',
  `diskUsage: { collectorName: Docker, path: /var/lib/docker, exclude: ${when.docker} }`,
  `tcpLoadBalancer:\n        collectorName: Balancer\n        port: 6443\n        address: {{kurl .Installer.Spec.Kubernetes.LoadBalancerAddress }}\n        timeout: 3m\n        exclude: ${when.balanced}`,
  `http: { collectorName: Health, get: { url: 'https://localhost:$PORT/healthz', insecureSkipVerify: true }, exclude: ${when.upgraded} }`,
  `tcpPortStatus: { collectorName: API, port: 6443, exclude: ${when.fresh} }`,
  `tcpPortStatus: { collectorName: Scheduler, port: 10259, interface: lo, exclude: ${when.fresh} }`,
  `tcpConnect: { collectorName: Master, address: '{{kurl .Installer.Spec.Kubernetes.MasterAddress }}', exclude: ${when.joining} }`,
  `filesystemPerformance: { collectorName: Latency, timeout: 2m, directory: /var/lib/etcd, fileSize: 22Mi, operationSizeBytes: 2300, datasync: true, exclude: ${when.fresh} }`,
  `certificate: { collectorName: Pair, certificatePath: $DIR/none.crt, keyPath: $DIR/none.key, exclude: ${when.upgraded} }`,
];
const status = (names: readonly string[]) =>
  `outcomes: [${names.map((word) => `{ ${word === 'connected' ? 'pass' : 'fail'}: { when: ${word}, message: ${word} } }`).join(', ')}, { warn: { message: unexpected } }]`;
const dialled = status(['connected', 'connection-refused', 'connection-timeout', 'error']);
const analyzers = [
  `certificate: { collectorName: Pair, exclude: ${when.upgraded}, ${status(['key-pair-missing', 'key-pair-invalid'])} }`,
  `http: { checkName: Health, collectorName: Health, exclude: ${when.upgraded}, outcomes: [{ warn: { when: error, message: no answer } }, { pass: { when: statusCode == 200, message: healthy } }, { warn: { message: unexpected } }] }`,
  'cpu: { checkName: CPUs, outcomes: [{ fail: { when: count < 2, message: too few } }, { pass: { message: enough } }] }',
  'memory: { checkName: Memory, outcomes: [{ fail: { when: < 4G, message: too little } }, { pass: { message: enough } }] }',
  "diskUsage: { checkName: Disk, collectorName: Kubelet, outcomes: [{ fail: { when: 'total < 30Gi', message: too small } }, { pass: { message: enough } }] }",
  `tcpLoadBalancer: { collectorName: Balancer, exclude: ${when.balanced}, ${dialled} }`,
  `tcpPortStatus: { checkName: API, collectorName: API, exclude: ${when.fresh}, ${dialled} }`,
  `tcpConnect: { checkName: Master, collectorName: Master, exclude: ${when.joining}, ${dialled} }`,
  `filesystemPerformance: { collectorName: Latency, exclude: ${when.fresh}, outcomes: [{ pass: { when: 'p99 < 10ms', message: 'fast: {{ .P99 }}' } }, { warn: { message: slow } }] }`,
  "time: { checkName: NTP, outcomes: [{ fail: { when: 'ntp == unsynchronized+inactive', message: off } }, { pass: { message: on } }] }",
  `hostOS: { checkName: Docker, exclude: '{{kurl and .Installer.Spec.Docker.Version (semverCompare ">= 1.26" .Installer.Spec.Kubernetes.Version) | not }}', outcomes: [{ fail: { message: no Docker here } }] }`,
];

const typeOf = (item: string) => item.slice(0, item.indexOf(':'));
const isBuilt = (list: readonly { readonly type: string }[]) => (item: string) =>
  list.some(({ type }) => type === typeOf(item));
const missing = [
  ...collectors.filter((item) => !isBuilt(checks.collectors)(item)).map((item) => `collector type "${typeOf(item)}"`),
  ...analyzers.filter((item) => !isBuilt(checks.analyzers)(item)).map((item) => `analyzer type "${typeOf(item)}"`),
];

let folder: string;
let spec: string;
let installer: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const port = String(await closedPort());
  const list = (items: readonly string[]) => items.map((item) => `    - ${item}\n`).join('');
  const text = `apiVersion: troubleshoot.sh/v1beta2\nkind: HostPreflight\nmetadata: { name: kurl-builtin }\nspec:\n  collectors:\n${list(collectors)}  analyzers:\n${list(analyzers)}`;
  spec = join(folder, 'spec.yaml');
  installer = join(folder, 'installer.yaml');
  await writeFile(spec, text.replaceAll('$PORT', port).replaceAll('$DIR', folder));
  await writeFile(
    installer,
    `apiVersion: cluster.kurl.sh/v1beta1\nkind: Installer\nmetadata: { name: mine }\nspec:\n  kubernetes: { version: 1.29.x, masterAddress: '127.0.0.1:${port}' }\n`,
  );
});

test('validate names whatever is not built, and nothing else', async () => {
  const { code, stdout, stderr } = await hostbundle(['validate', spec, '--installer', installer]);
  const told = `${stdout}${stderr}`.split('\n').flatMap((line) => /unknown (\w+ type "\w+")/.exec(line)?.[1] ?? []);
  expect(told).toEqual(missing);
  expect(code).toBe(missing.length === 0 ? 0 : 2);
});

describe('preflight runs the rest', () => {
  interface Found {
    readonly type: string;
    readonly title: string;
    readonly verdict: string;
    readonly message: string;
    readonly advice: string | null;
  }

  async function found(...set: readonly string[]): Promise<readonly Found[]> {
    const flags = set.flatMap((one) => ['--set', one]);
    const { stdout } = await hostbundle([
      'preflight',
      '-q',
      '--format',
      'json',
      spec,
      '--installer',
      installer,
      ...flags,
    ]);
    const { findings } = JSON.parse(stdout.toString()).bundles[0] as { findings: readonly Found[] };
    // Each analyzer says something, in the order of the spec.
    expect(findings.map(({ type }) => type)).toEqual(analyzers.map(typeOf));
    return findings;
  }

  const verdictOf = (findings: readonly Found[], type: string) => findings.find((one) => one.type === type);

  test('of an upgrade: certificates and health; ports and the balancer are left alone', async () => {
    const findings = await found('IsUpgrade=true');
    expect(verdictOf(findings, 'certificate')).toMatchObject({ verdict: 'fail', message: 'key-pair-missing' });
    expect(verdictOf(findings, 'http')).toMatchObject({ verdict: 'warn', message: 'no answer' });
    expect(verdictOf(findings, 'http')?.advice).toContain('nothing listens on its port');
    for (const type of ['tcpPortStatus', 'tcpLoadBalancer', 'tcpConnect', 'filesystemPerformance', 'hostOS']) {
      expect(verdictOf(findings, type)?.verdict).toBe('skipped');
    }
  }, 30_000);

  test('of a join: the connection to the first node, explained', async () => {
    const findings = await found('IsJoin=true', 'IsPrimary=false');
    expect(verdictOf(findings, 'tcpConnect')).toMatchObject({ verdict: 'fail', message: 'connection-refused' });
    expect(verdictOf(findings, 'tcpConnect')?.advice).toContain('Refused by this host: nothing listens');
    expect(verdictOf(findings, 'certificate')?.verdict).toBe('skipped');
  }, 30_000);
});
