import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { limits } from '../contract/limits.ts';
import { SystemError } from '../contract/problem.ts';
import { openBundle } from './open.ts';
import {
  entry,
  folder,
  honestEntries,
  honestFiles,
  inTemporaryFolder,
  keepAll,
  openBytes,
  packed,
  packFolder,
  refusalOf,
  refusalOfBytes,
  symlink,
} from './tar.fixture.ts';

const goTool = join(process.cwd(), 'fixtures', 'bundles', 'go-tool');

describe('the root', () => {
  test('is the one folder that holds all', async () => {
    const { root, files, source, sizeBytes } = await openBytes(packed(...honestEntries()));
    expect(root).toBe('b');
    expect([...files.keys()]).toEqual([
      'host-collectors/connect/api.json',
      'host-collectors/system/cpu.json',
      'manifest.json',
      'version.yaml',
    ]);
    expect(source).toMatch(/upload\.tar\.gz$/);
    expect(sizeBytes).toBeGreaterThan(100);
  });

  test('is the top when version.yaml stands there, also as the last entry', async () => {
    const bundle = await openBytes(
      packed(entry('host-collectors/connect/a.json', '{}'), entry('analysis.json', '[]'), entry('version.yaml')),
      { keep: (path) => path === 'host-collectors/connect/a.json' },
    );
    expect(bundle.root).toBe('');
    expect([...bundle.files.keys()]).toEqual(['analysis.json', 'host-collectors/connect/a.json', 'version.yaml']);
    expect(bundle.read('host-collectors/connect/a.json')).toEqual(Buffer.from('{}'));
  });

  test.each([
    ['two folders', [entry('a/version.yaml'), entry('b/version.yaml')], /^several-roots: .*2 names: "a", "b"/],
    ['a folder and a file', [entry('a/version.yaml'), entry('x')], /^several-roots/],
    ['a folder without version.yaml', [entry('a/x')], /^no-version: there is no version\.yaml in "a"/],
    ['a version.yaml further down', [entry('a/b/version.yaml')], /^no-version/],
    ['a version.yaml that is a folder', [folder('a/version.yaml')], /^no-version/],
    ['one file', [entry('x')], /^no-version/],
    ['the top folder alone', [folder('./')], /^no-version: it is empty/],
  ])('%s is refused', async (_, blocks, refusal) => {
    expect(await refusalOfBytes(packed(...blocks))).toMatch(refusal);
  });
});

describe('what is held', () => {
  const bytes = packed(...honestEntries());

  test('only what is asked for', async () => {
    const asked: string[] = [];
    const bundle = await openBytes(bytes, {
      keep: (path) => {
        asked.push(path);
        return path === 'host-collectors/system/cpu.json';
      },
    });
    expect(bundle.read('host-collectors/system/cpu.json')).toEqual(Buffer.from('{"logicalCount":2}'));
    expect(bundle.read('host-collectors/connect/api.json')).toBeUndefined();
    expect(bundle.read('nothing')).toBeUndefined();
    expect(bundle.read('../version.yaml')).toBeUndefined();
    expect(asked).toEqual(expect.arrayContaining(Object.keys(honestFiles)));
  });

  test('a file over documentBytes is not, and that is said', async () => {
    const bundle = await openBytes(packed(...honestEntries({ ...honestFiles, 'z.json': 'x'.repeat(5000) })), {
      limits: { ...limits, documentBytes: 4000 },
    });
    expect(bundle.read('z.json')).toBeUndefined();
    expect(bundle.files.get('z.json')?.size).toBe(5000);
    expect(bundle.warnings).toEqual([
      'Not read, too large to be held (the limit documentBytes is 3.9 KiB, which --limit documentBytes=N raises): "z.json"',
    ]);
    expect(bundle.integrity.state).toBe('sound');
  });

  test('no more than heldBytes together', async () => {
    const { warnings, read } = await openBytes(bytes, { limits: { ...limits, heldBytes: 60 } });
    expect(read('host-collectors/connect/api.json')).toBeDefined();
    expect(read('version.yaml')).toBeUndefined();
    expect(warnings).toEqual([
      'Not read, with it, too much would be held (the limit heldBytes is 60 bytes, which --limit heldBytes=N raises): "version.yaml"',
    ]);
  });

  test('T6: content as bytes, whatever they are', async () => {
    const content = Buffer.from([0, 255, 254, 13, 10, 200]);
    const bundle = await openBytes(packed(entry('b/version.yaml'), entry('b/raw', content)));
    expect(bundle.read('raw')).toEqual(content);
  });
});

describe('standard input', () => {
  const bytes = packed(...honestEntries());

  test.each([
    ['in one piece', [bytes]],
    ['byte by byte', [...bytes].map((byte) => Buffer.of(byte))],
  ])('R11: opens %s', async (_, pieces) => {
    const bundle = await openBundle('-', { ...keepAll, stdin: Readable.from(pieces) });
    expect(bundle).toMatchObject({ source: '-', sizeBytes: bytes.length, integrity: { state: 'sound' } });
  });

  test('R11: obeys the same limits and does not wait for what a refused stream has to say', async () => {
    const endless = new Readable({ read() {} });
    endless.push(bytes);
    const opening = openBundle('-', { ...keepAll, limits: { ...limits, bundleBytes: 100 }, stdin: endless });
    expect(await refusalOf(opening)).toMatch(/^too-large/);
    expect(endless.destroyed).toBe(true);
  });

  test('R11: a refusal inside the archive does not wait either', async () => {
    const endless = new Readable({ read() {} });
    endless.push(packed(entry('../x')));
    expect(await refusalOf(openBundle('-', { ...keepAll, stdin: endless }))).toMatch(/^bad-name/);
  });

  test('a stream that fails is the system’s failure', async () => {
    const failing = new Readable({ read: () => failing.destroy(new Error('pipe burst')) });
    await expect(openBundle('-', { ...keepAll, stdin: failing })).rejects.toThrow(SystemError);
  });
});

describe('a bundle of the Go tool', () => {
  const facts = { manifest: null, integrity: { state: 'unverifiable', differences: [] }, warnings: [] };

  test('opens as a folder', async () => {
    const bundle = await openBundle(goTool, keepAll);
    expect(bundle).toMatchObject({ ...facts, root: '', sizeBytes: null });
    expect(Buffer.from(bundle.read('host-collectors/run-host/web/logs/current.log') ?? '').toString()).toBe(
      'listening\n',
    );
  });

  test('R9: opens packed, without entries of folders and with a relative link', async () => {
    const bundle = await openBytes(await packFolder(goTool, 'support-bundle-2026'));
    const unpacked = await openBundle(goTool, keepAll);
    expect(bundle).toMatchObject({ ...facts, root: 'support-bundle-2026' });
    expect([...bundle.files.values()]).toEqual([...unpacked.files.values()]);
    for (const path of bundle.files.keys()) expect(bundle.read(path)).toEqual(unpacked.read(path));
  });
});

test('R12: one refused bundle leaves the next alone', async () => {
  await inTemporaryFolder(async (path) => {
    await writeFile(join(path, 'bad.tar.gz'), packed(symlink('../x', 'y')));
    await writeFile(join(path, 'good.tar.gz'), packed(...honestEntries()));
    const [bad, good] = await Promise.allSettled(
      ['bad.tar.gz', 'good.tar.gz'].map((name) => openBundle(join(path, name), keepAll)),
    );
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'bad-name' } });
    expect(bad).toMatchObject({ reason: { problems: [{ file: join(path, 'bad.tar.gz'), severity: 'error' }] } });
    expect(good).toMatchObject({ status: 'fulfilled', value: { integrity: { state: 'sound' } } });
  });
});
