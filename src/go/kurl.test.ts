import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { limits } from '../contract/limits.ts';
import { UserError } from '../contract/problem.ts';
import { type KurlSettings, kurlData } from './kurl.ts';
import { renderTemplate } from './template/render.ts';

const installer = {
  apiVersion: 'cluster.kurl.sh/v1beta1',
  kind: 'Installer',
  metadata: { name: 'lab', labels: { team: 'ops' } },
  spec: {
    kubernetes: { version: '1.29.0', masterAddress: '10.0.0.1:6443', haCluster: true, cisCompliance: null },
    ekco: { version: 'latest', enableInternalLoadBalancer: true },
    rook: { version: '1.12.8', minimumNodeCount: 3, blockDeviceFilter: 'sd[b-z]' },
    openebs: { version: '3.3.0' },
    kurl: { additionalNoProxyAddresses: ['10.1.0.0/16', '10.2.0.0/16'], nested: [{ portRange: '1-2' }] },
    weave: null,
  },
};

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/specs/valid/${name}`, import.meta.url), 'utf8');
}

function render(template: string, settings: Partial<KurlSettings> = {}): string {
  return renderTemplate(template, kurlData({ set: {}, ...settings }), { left: '{{kurl', right: '}}', limits }).text;
}

function messagesOf(settings: Partial<KurlSettings>): readonly string[] {
  try {
    kurlData({ set: {}, ...settings });
  } catch (error) {
    if (error instanceof UserError) {
      return error.problems.map(({ message }) => message);
    }
    throw error;
  }
  return [];
}

describe('the documents of kURL', () => {
  const connect = fixture('kurl-tcp-connect.yaml');
  const ports = fixture('kurl-tcp-port-status.yaml');
  const joining = { installer, set: { IsJoin: 'true', IsPrimary: 'false' } };

  test('tcp-connect is excluded without an installer, and its address is empty', () => {
    const text = render(connect);
    expect(text).toContain("address: ''");
    expect(text.match(/exclude: .*/g)).toEqual(["exclude: 'true'", "exclude: 'true'"]);
    expect(text).toContain('Connection to the Kubernetes API at address  was refused');
  });

  test('tcp-connect runs when a node joins', () => {
    const text = render(connect, joining);
    expect(text).toContain("address: '10.0.0.1:6443'");
    expect(text.match(/exclude: .*/g)).toEqual(["exclude: 'false'", "exclude: 'false'"]);
    expect(text).not.toContain('{{kurl');
  });

  test.each<readonly [Record<string, string>, string]>([
    [{}, "exclude: 'false'"],
    [{ IsUpgrade: 'true' }, "exclude: 'true'"],
    [{ IsPrimary: 'false' }, "exclude: 'true'"],
    [{ IsPrimary: '0', IsUpgrade: 'T' }, "exclude: 'true'"],
  ])('tcp-port-status with %j says %s', (set, exclude) => {
    expect(render(ports, { set }).match(/exclude: .*/g)).toEqual([exclude, exclude]);
  });
});

describe('the data', () => {
  test.each([
    ['{{kurl .IsPrimary }} {{kurl .IsJoin }} {{kurl .IsUpgrade }}', 'true false false'],
    ['{{kurl .PrimaryHosts }}{{kurl .SecondaryHosts }}{{kurl .RemoteHosts }}', '[][][]'],
    ['[{{kurl .Installer.Spec.Docker.Version }}]', '[]'],
    ['[{{kurl .Installer.Spec.Docker.Any.Thing.Below }}]', '[]'],
    ['{{kurl not .Installer.Spec.Docker.Version }}', 'true'],
    ['{{kurl if .Installer.Spec.Docker }}as in kURL{{kurl end }}', 'as in kURL'],
    ['{{kurl gt .Installer.Spec.Rook.MinimumNodeCount 2 }}', 'false'],
    ['{{kurl eq .Installer.Spec.Docker.Version "" }} {{kurl eq "1" .Installer.Spec.Docker.Version }}', 'true false'],
    ['{{kurl eq .Installer.Spec.Kurl.Airgap false }} {{kurl len .Installer.Spec.Kurl.List }}', 'true 0'],
    ['{{kurl range .Installer.Spec.Kurl.List }}x{{kurl else }}none{{kurl end }}', 'none'],
    ['{{kurl .Installer.Spec.Kotsadm.Version | contains "nightly" }}', 'false'],
    [
      '{{kurl printf "%s|%d|%t|%q" .Installer.Spec.A.B .Installer.Spec.A.B .Installer.Spec.A.B .Installer.Spec.A.B }}',
      '|0|false|""',
    ],
    ['{{kurl default "d" .Installer.Spec.A.B }} {{kurl add 1 .Installer.Spec.A.B }}', 'd 1'],
    ['[{{kurl .Installer.Name }}{{kurl .Installer.Labels.x }}]', '[<no value>]'],
  ])('without an installer %s gives %j', (template, text) => {
    expect(render(template)).toBe(text);
  });

  test.each([
    ['{{kurl .Installer.Spec.Kubernetes.Version }}', '1.29.0'],
    ['{{kurl .Installer.Spec.Kubernetes.MasterAddress }}', '10.0.0.1:6443'],
    ['{{kurl .Installer.Spec.Kubernetes.HACluster }}', 'true'],
    ['[{{kurl .Installer.Spec.Kubernetes.CisCompliance }}]', '[]'],
    ['{{kurl and .Installer.Spec.Ekco.Version .Installer.Spec.Ekco.EnableInternalLoadBalancer | not }}', 'false'],
    ['{{kurl gt .Installer.Spec.Rook.MinimumNodeCount 2 }}', 'true'],
    ['{{kurl .Installer.Spec.OpenEBS.Version }}', '3.3.0'],
    ['[{{kurl .Installer.Spec.Weave.Version }}]', '[]'],
    [
      '{{kurl range .Installer.Spec.Kurl.AdditionalNoProxyAddresses }}{{kurl . }} {{kurl end }}',
      '10.1.0.0/16 10.2.0.0/16 ',
    ],
    ['{{kurl (index .Installer.Spec.Kurl.Nested 0).PortRange }}', '1-2'],
    ['[{{kurl (index .Installer.Spec.Kurl.Nested 0).Absent }}]', '[]'],
    ['{{kurl .Installer.Name }} {{kurl .Installer.ObjectMeta.Name }} {{kurl .Installer.Labels.team }}', 'lab lab ops'],
    ['{{kurl .Installer.Kind }} {{kurl .Installer.APIVersion }}', 'Installer cluster.kurl.sh/v1beta1'],
    ['{{kurl semverCompare "> 1.28" .Installer.Spec.Kubernetes.Version }}', 'true'],
  ])('with an installer %s gives %j', (template, text) => {
    expect(render(template, { installer })).toBe(text);
  });

  test.each([
    ['{{kurl .Unknown }}', "can't evaluate field Unknown"],
    ['{{kurl .Installer.Unknown }}', "can't evaluate field Unknown"],
    ['{{kurl .Installer.Spec.kubernetes }}', 'begin with a capital letter'],
    ['{{kurl .Installer.Spec.Kubernetes.Version.X }}', "can't evaluate field X"],
    ['{{kurl .Installer.Spec.Kubernetes.__proto__ }}', "can't evaluate field __proto__"],
    ['{{kurl .Installer.Spec.constructor }}', "can't evaluate field constructor"],
    ['{{kurl semverCompare "> 1" .Installer.Spec.Docker.Version }}', 'invalid semantic version: ""'],
  ])('%s is an error', (template, reason) => {
    expect(() => render(template, { installer })).toThrow(reason);
  });

  test('K2: what every object inherits is absent from an installer', () => {
    expect(
      render('[{{kurl .Installer.Spec.Kubernetes.Constructor }}{{kurl .Installer.Spec.ToString.X }}]', { installer }),
    ).toBe('[]');
  });
});

describe('--set', () => {
  test.each<readonly [Record<string, string>, string, string]>([
    [{ IsJoin: 't' }, '{{kurl .IsJoin }}', 'true'],
    [
      { PrimaryHosts: '10.0.0.1, 10.0.0.2', SecondaryHosts: '10.0.0.3' },
      '{{kurl .RemoteHosts }}',
      '[10.0.0.1 10.0.0.2 10.0.0.3]',
    ],
    [{ PrimaryHosts: 'a', RemoteHosts: 'b' }, '{{kurl .PrimaryHosts }}{{kurl .RemoteHosts }}', '[a][b]'],
    [{ PrimaryHosts: '' }, '{{kurl len .PrimaryHosts }}', '0'],
    [{ 'Installer.Spec.Kubernetes.Version': '1.30' }, '{{kurl .Installer.Spec.Kubernetes.Version }}', '1.30'],
    [{ 'Installer.Spec.Docker.Version': '20' }, '{{kurl eq .Installer.Spec.Docker.Version "20" }}', 'true'],
    [{ 'Installer.Spec.Kurl.Airgap': 'true' }, '{{kurl not .Installer.Spec.Kurl.Airgap }}', 'false'],
    [{ 'Installer.Spec.Kurl.Airgap': 'false' }, '{{kurl not .Installer.Spec.Kurl.Airgap }}', 'true'],
    [{ 'Installer.Spec.Rook.MinimumNodeCount': '1' }, '{{kurl gt .Installer.Spec.Rook.MinimumNodeCount 2 }}', 'false'],
    [
      { 'Installer.Spec.Ekco.EnableInternalLoadBalancer': '0' },
      '{{kurl .Installer.Spec.Ekco.EnableInternalLoadBalancer }}',
      'false',
    ],
    [
      { 'Installer.Spec.Kurl.AdditionalNoProxyAddresses': 'a,b' },
      '{{kurl .Installer.Spec.Kurl.AdditionalNoProxyAddresses }}',
      '[a b]',
    ],
    [{ 'Installer.Spec.New.Deep.Field': 'x' }, '{{kurl .Installer.Spec.New.Deep.Field }}', 'x'],
    [{ 'Installer.Spec.kubernetes.masterAddress': 'h:1' }, '{{kurl .Installer.Spec.Kubernetes.MasterAddress }}', 'h:1'],
    [{ 'Installer.Name': '5' }, '{{kurl .Installer.Name }}', '5'],
    [{ '.IsJoin': 'true' }, '{{kurl .IsJoin }}', 'true'],
  ])('%j makes %s give %j', (set, template, text) => {
    expect(render(template, { installer, set })).toBe(text);
  });

  test('leaves the installer that it was given alone', () => {
    const before = structuredClone(installer);
    render('x{{kurl 1 }}', { installer, set: { 'Installer.Spec.Kubernetes.Version': '2' } });
    expect(installer).toEqual(before);
  });

  test.each<readonly [Record<string, string>, string]>([
    [{ IsPrimry: 'true' }, '--set IsPrimry: no template value has this name; did you mean IsPrimary?'],
    [{ 'Foo.Bar': 'x' }, '--set Foo.Bar: no template value has this name; known: Installer'],
    [{ IsJoin: 'yes' }, '--set IsJoin: "yes" is no boolean; write true or false'],
    [{ 'IsJoin.X': 'true' }, '--set IsJoin.X: IsJoin has no fields'],
    [{ Installer: 'x' }, '--set Installer: '],
    [{ 'Installer.Spec': 'x' }, '--set Installer.Spec: write it as Installer.Spec.AddOn.Field'],
    [{ 'Installer.Spc.A.B': 'x' }, '--set Installer.Spc.A.B: cannot be set; did you mean Spec?'],
    [{ 'Installer.Spec.A.__proto__.B': 'x' }, '--set Installer.Spec.A.__proto__.B: write it as'],
    [{ 'Installer.Spec.Kubernetes.Version.X': 'x' }, 'Version has no fields in this Installer'],
    [{ 'Installer.Spec.Kubernetes.HACluster': 'maybe' }, '"maybe" is no boolean'],
    [{ 'Installer.Spec.Rook.MinimumNodeCount': 'many' }, '"many" is no whole number'],
    [{ 'Installer.Name.X': 'x' }, 'Name has no fields'],
  ])('%j is refused', (set, message) => {
    expect(messagesOf({ installer, set })).toEqual([expect.stringContaining(message)]);
  });

  test('all mistakes are told at once', () => {
    expect(messagesOf({ installer: [], set: { A: '', B: '' } })).toHaveLength(3);
  });
});

describe('an installer that is none', () => {
  test.each<readonly [unknown, string]>([
    [null, 'an Installer is a mapping'],
    ['text', 'an Installer is a mapping'],
    [{ ...installer, kind: 'HostPreflight' }, 'found "cluster.kurl.sh/v1beta1", "HostPreflight"'],
    [{ kind: 'Installer' }, 'found undefined, "Installer"'],
    [{ ...installer, spec: { kubernetes: { version: 1.2 } } }, '1.2 is a number here; put it in quotes'],
  ])('%j', (given, message) => {
    expect(messagesOf({ installer: given })).toEqual([expect.stringContaining(message)]);
  });
});
