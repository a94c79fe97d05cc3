import { readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../src/contract/finding.ts';
import { cleanUp, temporaryFolder, testAsRoot } from '../src/net/lab.fixture.ts';
import { hostbundle, program, run, specText, tcpConnect } from './lab.ts';

/** The figure "0 verdicts changed" by redaction and by masking, over every example, spec and bundle that we have. */

afterAll(cleanUp);

const root = resolve(import.meta.dirname, '..');

async function filesIn(folder: string, name: RegExp): Promise<readonly string[]> {
  const found = await readdir(join(root, folder), { recursive: true });
  return found
    .filter((path) => name.test(path))
    .map((path) => join(root, folder, path))
    .sort();
}

const told = ({ type, verdict }: Finding) => `${type}: ${verdict}`;

async function analyzed(bundle: string, ...more: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await hostbundle(['analyze', bundle, '--format', 'json', '--exit-zero', ...more]);
  return (JSON.parse(stdout.toString()).bundles[0].findings as readonly Finding[]).map(told);
}

const isIn = [{ pass: { when: 'true', message: 'in' } }, { fail: { when: 'false', message: 'out' } }];

/** Names and addresses of many kinds, where results, titles, messages and names of files have them. */
const identities = specText(
  [
    tcpConnect('db1.acme.example.com:5432', '127.0.0.1:1'),
    tcpConnect('peer 10.20.30.40', '127.0.0.1:1'),
    tcpConnect('[2001:db8::7]', '127.0.0.1:1'),
    tcpConnect('zeus', 'zeus.acme.invalid:80', { timeout: '2s' }),
    { dns: { collectorName: 'of zeus', hostnames: ['zeus.acme.invalid', 'zeus', '*.acme.invalid'] } },
    { http: { collectorName: 'h', get: { url: 'http://bob:tr0ub4dor-and-3@127.0.0.1:1/10.20.30.40?user=bob7' } } },
  ],
  [
    ...['db1.acme.example.com:5432', 'peer 10.20.30.40', '[2001:db8::7]', 'zeus'].map((collectorName) => ({
      tcpConnect: {
        checkName: `${collectorName} of bob@acme.org`,
        collectorName,
        outcomes: [
          { warn: { when: 'connection-refused', message: `${collectorName} refuses 10.20.30.41` } },
          { fail: { when: 'error', message: 'zeus.acme.invalid is not known' } },
        ],
      },
    })),
    ...['10.20.0.0/16', '10.21.0.0/16', '10.0.0.0/8', '10.20.30.40/32', '10.16.0.0/12'].map((cidr) => ({
      subnetContainsIP: { cidr, ip: '10.20.30.40', outcomes: isIn },
    })),
    ...['2001:db8::/32', '2001:db9::/32', '2001:db8::7/127'].map((cidr) => ({
      subnetContainsIP: { cidr, ip: '2001:db8::7', outcomes: isIn },
    })),
    { http: { collectorName: 'h', outcomes: [{ warn: { when: 'error', message: 'no answer for bob7' } }] } },
  ],
);

/** In a network of its own, where nothing is but loopback. */
async function collected(folder: string, ...more: readonly string[]) {
  await writeFile(join(folder, 'identities.yaml'), identities);
  const specs = [
    ...(await filesIn('src/checks', /example\.yaml$/)),
    ...(await filesIn('fixtures/specs', /\.(yaml|json)$/)),
    join(folder, 'identities.yaml'),
  ];
  const words = ['collect', ...specs, '-q', '--timeout', '60s', '--format', 'json', ...more];
  const script = 'ip link set lo up && exec "$@"';
  const { stdout } = await run('unshare', ['-n', 'sh', '-c', script, 'sh', process.execPath, program, ...words], {
    cwd: folder,
  });
  const { bundle, analysis } = JSON.parse(stdout.toString());
  return { bundle: bundle as string, verdicts: (analysis.findings as readonly Finding[]).map(told) };
}

describe('a bundle of every check', () => {
  testAsRoot(
    'is judged alike with secrets and without',
    async () => {
      const folder = await temporaryFolder();
      const { bundle, verdicts } = await collected(folder, '--no-redact', '-o', 'plain.tar.gz');
      expect(verdicts.length).toBeGreaterThan(40);
      for (const verdict of ['pass', 'warn', 'fail'])
        expect(verdicts.filter((text) => text.endsWith(verdict)).length).toBeGreaterThan(2);
      const redacted = join(folder, 'redacted.tar.gz');
      await hostbundle(['redact', bundle, '-o', redacted]);
      expect(await analyzed(bundle)).toEqual(verdicts);
      expect(await analyzed(redacted)).toEqual(verdicts);
    },
    120_000,
  );

  for (const level of ['all', 'public']) {
    testAsRoot(
      `is judged alike with --mask ${level}: what was judged before masking is judged so after it`,
      async () => {
        const { bundle, verdicts } = await collected(await temporaryFolder(), '--mask', level, '-o', 'masked.tar.gz');
        expect(verdicts.length).toBeGreaterThan(40);
        expect(await analyzed(bundle)).toEqual(verdicts);
        const { stdout } = await hostbundle(['inspect', bundle, '--format', 'json']);
        expect(stdout.toString().includes('db1.acme')).toBe(false);
      },
      120_000,
    );
  }
});

test.each(['go-tool', 'go-tool-pods'])('a bundle of the Go tool: %s', async (name) => {
  const outcomes = [
    { pass: { when: 'connected', message: 'up' } },
    { fail: { when: 'connection-refused', message: 'refused' } },
  ];
  const folder = await temporaryFolder();
  const rules = join(folder, 'rules.yaml');
  const analyzers = [
    { tcpConnect: { collectorName: 'api-server', outcomes } },
    { tcpPortStatus: { collectorName: 'ports', outcomes } },
  ];
  await writeFile(rules, specText([], analyzers));
  const redacted = join(folder, 'redacted.tar.gz');
  const before = await analyzed(join(root, 'fixtures/bundles', name), '--spec', rules);
  const { code } = await hostbundle(['redact', join(root, 'fixtures/bundles', name), '-o', redacted]);
  expect(code).not.toBe(2);
  expect(before.length).toBeGreaterThan(1);
  expect(await analyzed(redacted, '--spec', rules)).toEqual(before);
});
