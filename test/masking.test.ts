import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const program = resolve(import.meta.dirname, '../bin/hostbundle.js');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostbundle-masking-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function hostbundle(...args: readonly (string | { readonly input: string })[]): Promise<Ran> {
  return new Promise((done) => {
    const words = args.filter((arg) => typeof arg === 'string');
    const given = args.find((arg) => typeof arg !== 'string');
    const options = { cwd: folder, maxBuffer: 1 << 26 };
    const child = execFile(process.execPath, [program, ...words], options, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end(given?.input ?? '');
  });
}

const verdictsOf = ({ stdout }: Ran) => {
  const { findings } = JSON.parse(stdout).bundles[0];
  return findings.map(({ verdict }: { verdict: string }) => verdict);
};

/** Every byte of a bundle that a reader sees. */
async function contentOf(bundle: string): Promise<string> {
  const { stdout } = await hostbundle('inspect', bundle, '--format', 'json');
  const { files } = JSON.parse(stdout) as { files: readonly { path: string }[] };
  const texts = await Promise.all(files.map(({ path }) => hostbundle('inspect', bundle, path)));
  return [stdout, ...texts.map((text) => text.stdout)].join('\n');
}

const spec = (port: number) => `
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: { name: zeus7.acme.com }
spec:
  hostCollectors:
    - tcpConnect: { collectorName: to zeus7, address: "zeus7.invalid:443", timeout: 5s }
    - tcpConnect: { collectorName: "peer 10.77.3.4:1", address: "127.0.0.1:1" }
    - http: { collectorName: web, get: { url: "http://127.0.0.1:${port}/from?host=zeus7.acme.com&ip=10.77.3.4" } }
    - dns: { collectorName: names, hostnames: [zeus7.invalid, localhost] }
    - ipv4Interfaces: {}
    - subnetAvailable: { CIDRRangeAlloc: 10.77.0.0/16, desiredCIDR: 30 }
  hostAnalyzers:
    - tcpConnect:
        collectorName: to zeus7
        outcomes: [{ pass: { when: connected, message: zeus7 is up } }, { fail: { message: "10.77.3.4 or zeus7 is down" } }]
    - tcpConnect:
        collectorName: "peer 10.77.3.4:1"
        outcomes: [{ warn: { when: connection-refused, message: refused } }, { pass: { message: ok } }]
    - http:
        collectorName: web
        outcomes: [{ pass: { when: statusCode == 200, message: ok } }, { fail: { message: no } }]
    - ipv4Interfaces:
        outcomes: [{ pass: { when: count >= 0, message: ok } }]
    - subnetAvailable:
        outcomes: [{ pass: { when: a-subnet-is-available, message: ok } }, { fail: { message: no } }]
    - subnetContainsIP:
        cidr: 10.77.0.0/16
        ip: 10.77.3.4
        outcomes: [{ pass: { when: "true", message: in } }, { fail: { when: "false", message: out } }]
    - subnetContainsIP:
        cidr: 10.64.0.0/11
        ip: 10.32.3.4
        outcomes: [{ pass: { when: "true", message: in } }, { fail: { when: "false", message: out } }]
`;

async function withServer<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((_, response) => response.end('I am zeus7.acme.com, 10.77.3.4, bob.smith@acme.com\n'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

describe('collect --mask all', () => {
  test('nobody is told by anything in it, and it is judged as if it were not masked', async () => {
    await withServer(async (port) => {
      await writeFile(join(folder, 'spec.yaml'), spec(port));
      const plain = await hostbundle('collect', 'spec.yaml', '-q', '-o', 'plain.tar.gz', '--format', 'json');
      const masked = await hostbundle(
        'collect',
        'spec.yaml',
        '-q',
        '-o',
        'zz.tar.gz',
        '--mask',
        'all',
        '--format',
        'json',
      );
      expect(masked.code).toBe(plain.code);
      const before = verdictsOf(await hostbundle('analyze', 'plain.tar.gz', '--format', 'json'));
      const analyzed = await hostbundle('analyze', 'zz.tar.gz', '--format', 'json');
      expect(verdictsOf(analyzed)).toEqual(before);
      expect(before).toEqual(['fail', 'warn', 'pass', 'pass', 'pass', 'pass', 'fail']);
      const all = `${await contentOf('zz.tar.gz')}${masked.stdout}${masked.stderr}${analyzed.stdout}`;
      const told = ['zeus7', 'acme', '10.77.3', '10.32.3', 'bob'].filter((identity) => all.includes(identity));
      expect(told.map((identity) => all.slice(all.indexOf(identity) - 100, all.indexOf(identity) + 60))).toEqual([]);
      expect(await contentOf('plain.tar.gz')).toContain('bob.smith@acme.com');
      expect(JSON.parse(analyzed.stdout).bundles[0].notes).toEqual([
        'addresses and names in it are stand-ins (--mask all)',
      ]);
      expect((await hostbundle('verify', 'zz.tar.gz')).code).toBe(0);
    });
  }, 60_000);

  test('with one key, two bundles have the same stand-ins; without, others', async () => {
    await writeFile(join(folder, 'key'), `${'1f'.repeat(32)}\n`);
    await writeFile(join(folder, 'spec.yaml'), spec(1));
    const run = async (name: string, ...args: readonly string[]) => {
      await hostbundle('preflight', 'spec.yaml', '-q', '-o', name, '--mask', 'all', ...args);
      return (await hostbundle('inspect', name, 'spec.yaml')).stdout;
    };
    const first = await run('a.tar.gz', '--mask-key', 'key');
    expect(first).toContain('tcpConnect');
    expect(await run('b.tar.gz', '--mask-key', 'key')).toBe(first);
    expect(await run('c.tar.gz')).not.toBe(first);
  }, 60_000);
});

describe('S10: the map, and reveal', () => {
  test('is made on request, for its owner alone, and puts back what was there', async () => {
    await writeFile(join(folder, 'spec.yaml'), spec(1));
    const args = ['collect', 'spec.yaml', '-q', '--mask', 'all', '--mask-map', 'own.map'];
    const first = await hostbundle(...args, '-o', 'a.tar.gz');
    expect(first.code).toBe(0);
    const map = await stat(join(folder, 'own.map'));
    expect(map.mode & 0o777).toBe(0o600);
    const masked = (await hostbundle('inspect', 'a.tar.gz', 'spec.yaml')).stdout;
    expect(masked).not.toContain('zeus7');
    await writeFile(join(folder, 'masked.yaml'), masked);
    const revealed = await hostbundle('reveal', '--mask-map', 'own.map', 'masked.yaml');
    for (const identity of ['zeus7.acme.com', 'zeus7.invalid:443', '10.77.3.4:1', '10.64.0.0/11'])
      expect(revealed.stdout).toContain(identity);
    const report = (await hostbundle('analyze', 'a.tar.gz')).stdout;
    const read = await hostbundle('reveal', '--mask-map', 'own.map', { input: report });
    expect(read.stdout).toContain('10.77.3.4 or zeus7 is down');

    const again = await hostbundle(...args, '-o', 'b.tar.gz');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('own.map: this file exists already') });
    expect(await readdir(folder)).not.toContain('b.tar.gz');
    expect((await stat(join(folder, 'own.map'))).mtimeMs).toBe(map.mtimeMs);

    const bundle = await hostbundle('reveal', '--mask-map', 'own.map', 'a.tar.gz');
    expect(bundle).toMatchObject({ code: 2, stderr: expect.stringContaining('reveal takes text') });
    const none = await hostbundle('reveal', '--mask-map', '.', 'masked.yaml');
    expect([none.code, none.stderr]).toEqual([2, 'error: --mask-map .: it is a folder; name a file\n']);
    const other = await hostbundle('reveal', '--mask-map', 'masked.yaml', 'masked.yaml');
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('this is no map') });
  }, 60_000);
});

describe('mistakes are told before anything runs', () => {
  test.each<[readonly string[], string]>([
    [['--mask-key', 'key'], '--mask-key does nothing without --mask public or --mask all'],
    [['--mask-map', 'map'], '--mask-map does nothing without --mask public or --mask all'],
    [['--mask', 'all', '--mask-map', 'a.tar.gz'], 'name the same file'],
    [['--mask', 'all', '--mask-map', 'no/such'], 'choose another with --mask-map'],
    [['--mask', 'all', '--no-redact'], '--no-redact for those that are not'],
    [['--mask', 'all', '--mask-key', 'none'], '--mask-key none: there is no such file'],
    [['--mask', 'all', '--mask-key', 'spec.yaml'], 'this is no key of 64 hex digits'],
    [['--mask', 'all', '--mask-key', 'ab'.repeat(32)], 'give the name of its file'],
    [['--mask', 'some'], 'mask'],
  ])(
    '%j',
    async (args, message) => {
      await writeFile(join(folder, 'spec.yaml'), spec(1));
      const { code, stderr } = await hostbundle('collect', 'spec.yaml', '-q', '-o', 'a.tar.gz', ...args);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('abababab');
      expect(code).toBe(2);
    },
    30_000,
  );
});
