import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { facts } from '../bundle/facts.fixture.ts';
import { openBundle } from '../bundle/open.ts';
import type { Entry } from '../contract/bundle.ts';
import { limits } from '../contract/limits.ts';
import { bundle, cleanUp, temporaryFolder } from '../net/lab.fixture.ts';
import type { Gathered } from './gathered.ts';
import { write } from './write.ts';

afterAll(cleanUp);

const noise = (lines: number) => Array.from({ length: lines }, () => `${randomBytes(30).toString('hex')}\n`).join('');
const entry = (path: string, text: string, more: Partial<Entry> = {}): Entry => ({
  path,
  bytes: Buffer.from(text),
  ...more,
});
const version = entry('version.yaml', 'apiVersion: troubleshoot.sh/v1beta2\n');
const result = entry('host-collectors/connect/connect.json', JSON.stringify(noise(500)));

function gathered(entries: readonly Entry[]): Gathered {
  return {
    findings: [],
    analysis: {
      verdict: 'pass',
      counts: { pass: 0, warn: 0, fail: 0, unknown: 0, skipped: 0 },
      findings: [],
      notes: [],
    },
    entries,
    facts,
  };
}
const seal = { signKey: undefined, recipients: [] };
const opened = (file: string) => openBundle(file, { limits, keep: () => true });

test('--max-bundle-size: the largest raw files are cut until it fits, and the manifest says so', async () => {
  const file = join(await temporaryFolder(), 'b.tar.gz');
  const raw = [300, 2000, 30_000].map((lines) => entry(`logs/${lines}.log`, noise(lines), { isRaw: true }));
  const maxBytes = 256 * 1024;
  const { sizeBytes } = await write(file, gathered([result, ...raw, version]), seal, maxBytes);
  expect(sizeBytes).toBeLessThanOrEqual(maxBytes);
  // Not much less than allowed either.
  expect(sizeBytes).toBeGreaterThan(maxBytes / 2);
  const found = await opened(file);
  expect(found.integrity.state).toBe('sound');
  expect(found.manifest?.files.map(({ path, omittedBytes }) => [path, (omittedBytes ?? 0) > 0])).toEqual([
    [result.path, false],
    ['logs/300.log', false],
    ['logs/2000.log', false],
    ['logs/30000.log', true],
    ['version.yaml', false],
  ]);
  expect(found.read(result.path)).toEqual(result.bytes);
  expect(String(found.read('logs/30000.log'))).toMatch(/\n\[hostbundle: \d+ bytes left out here/);
});

test('--max-bundle-size: results are never cut; rather the bundle is too large, and that is said', async () => {
  const file = join(await temporaryFolder(), 'b.tar.gz');
  const script = await bundle(`
    import { write } from './cli/write.ts';
    const [file, text] = process.argv.slice(2);
    const gathered = JSON.parse(text);
    const entries = gathered.entries.map(({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.from(bytes) }));
    await write(file, { ...gathered, entries }, { signKey: undefined, recipients: [] }, 10_000);
  `);
  const text = JSON.stringify(gathered([result, entry('log', noise(50), { isRaw: true }), version]));
  const { stderr } = await promisify(execFile)(process.execPath, [script, file, text]);
  expect(stderr).toBe(
    'warning: the bundle is larger than --max-bundle-size, and holds nothing more that could be cut\n',
  );
  const { sizeBytes, integrity } = await opened(file);
  expect(sizeBytes).toBeGreaterThan(10_000);
  expect(integrity.state).toBe('sound');
}, 20_000);
