import { describe, expect, test } from '@jest/globals';
import type { OpenedBundle } from '../contract/bundle.ts';
import { limits } from '../contract/limits.ts';
import {
  entry,
  folder,
  honestEntries,
  honestFiles,
  listed,
  manifestText,
  openBytes,
  packed,
  refusalOfBytes,
  symlink,
  version,
} from './tar.fixture.ts';

const files = Object.entries(honestFiles).map(([path, content]) => listed(path, content));
const contents = Object.entries(honestFiles).map(([path, content]) => entry(`b/${path}`, content));
const manifest = entry('b/manifest.json', manifestText(files));

async function differences(...blocks: readonly Buffer[]): Promise<readonly string[]> {
  const { integrity } = await openBytes(packed(...blocks));
  expect(integrity.state).toBe(integrity.differences.length > 0 ? 'broken' : 'sound');
  return integrity.differences;
}

async function openManifest(text: string): Promise<OpenedBundle> {
  return openBytes(packed(...contents, entry('b/manifest.json', text)));
}

describe('integrity', () => {
  test('R6: a bundle of ours is sound', async () => {
    const bundle = await openBytes(packed(...honestEntries()));
    expect(bundle.integrity).toMatchObject({ state: 'sound', differences: [] });
    expect(bundle.manifest?.files).toHaveLength(3);
    expect(bundle.warnings).toEqual([]);
  });

  test('R6: entries of folders do no harm', async () => {
    expect(await differences(folder('b/'), folder('b/host-collectors/'), ...contents, manifest)).toEqual([]);
  });

  test('R6: a bundle without a manifest is unverifiable', async () => {
    const bundle = await openBytes(packed(...contents));
    expect(bundle).toMatchObject({
      manifest: null,
      integrity: { state: 'unverifiable', differences: [] },
      warnings: [],
    });
  });

  test('R6: without a manifest but with a spec it is suspicious', async () => {
    const { integrity, warnings } = await openBytes(packed(...contents, entry('b/spec.yaml', 'x')));
    expect(integrity.state).toBe('unverifiable');
    expect(warnings).toEqual(['Missing, though a spec.yaml is there as in bundles of hostbundle: "manifest.json"']);
  });

  const changedFile = [
    entry('b/host-collectors/connect/api.json', '{"status":"refusedxx","message":""}'),
    ...contents.slice(1),
  ];
  const shorterFile = [entry('b/host-collectors/connect/api.json', '{}'), ...contents.slice(1)];
  test.each([
    [
      'a missing file',
      [...contents.slice(1), manifest],
      '"host-collectors/connect/api.json" is listed in manifest.json but missing',
    ],
    [
      'changed content',
      [...changedFile, manifest],
      '"host-collectors/connect/api.json" differs from what manifest.json says: its content was changed',
    ],
    [
      'another size',
      [...shorterFile, manifest],
      '"host-collectors/connect/api.json" holds 2 bytes, and manifest.json says 35',
    ],
    ['an unlisted file', [...contents, entry('b/more.json'), manifest], '"more.json" is not listed in manifest.json'],
    ['an unlisted link', [...contents, symlink('b/l', 'version.yaml'), manifest], '"l" is not listed in manifest.json'],
    [
      'a folder for a file',
      [folder('b/host-collectors/connect/api.json'), ...contents.slice(1), manifest],
      '"host-collectors/connect/api.json" is listed in manifest.json as a file but is a folder',
    ],
    ['a manifest that is not last', [manifest, ...contents], 'manifest.json is not the last entry'],
    [
      'a file listed twice',
      [...contents, entry('b/manifest.json', manifestText([...files, ...files.slice(0, 1)]))],
      'manifest.json lists "host-collectors/connect/api.json" twice',
    ],
    [
      'an impossible path',
      [...contents, entry('b/manifest.json', manifestText([...files, listed('../x', '')]))],
      'manifest.json lists "../x", which cannot be the path of a listed file',
    ],
    [
      'itself listed',
      [...contents, entry('b/manifest.json', manifestText([...files, listed('manifest.json', '')]))],
      'manifest.json lists "manifest.json" which cannot be the path of a listed file',
    ],
    [
      'a manifest that is a link',
      [...contents, symlink('b/manifest.json', 'version.yaml')],
      'manifest.json cannot be used: it is a symlink',
    ],
    [
      'bytes behind content',
      [padded(contents[0]), ...contents.slice(1), manifest],
      'the archive was changed between its files: a writer leaves other bytes there',
    ],
    [
      'another spec',
      [
        entry('b/spec.yaml', 'a'),
        ...contents,
        entry(
          'b/manifest.json',
          manifestText([listed('spec.yaml', 'a'), ...files], { spec: { name: 's', sha256: 'b'.repeat(64) } }),
        ),
      ],
      'spec.yaml is not the spec that manifest.json says was run',
    ],
  ] satisfies [string, Buffer[], string][])('R6: %s is a difference', async (_, blocks, difference) => {
    expect(await differences(...blocks)).toEqual([difference]);
  });
});

describe('manifest.json', () => {
  test.each([
    ['no JSON', '{', /^manifest\.json cannot be used: .*JSON/],
    ['cut', manifestText(files).slice(0, -20), /^manifest\.json cannot be used: .*JSON/],
    ['too deep (T2)', `{"tool":${'['.repeat(101)}${']'.repeat(101)}}`, /nested deeper than 100 levels in line 1/],
    ['5,000,000 brackets (T2)', '['.repeat(5_000_000), /nested deeper than 100 levels/],
    [
      'a duplicate key (T3)',
      '{\n"complete":true,\n"complete":false}',
      /the key "complete" stands twice, again in line 3/,
    ],
    ['__proto__ (T4)', '{"__proto__":{"polluted":true}}', /the key "__proto__" in line 1 is not allowed/],
    ['an escaped __proto__ (T4)', '{"tool":{"\\u005f_proto__":{}}}', /the key "__proto__" in line 1 is not allowed/],
    ['constructor (T4)', '{"constructor":1}', /the key "constructor"/],
    ['prototype (T4)', '[{"prototype":1}]', /the key "prototype"/],
    ['an array', '[]', /must be object/],
    ['without files', '{"schemaVersion":"hostbundle.manifest/v1"}', /must have required property/],
    [
      'a size that is no number',
      manifestText([{ path: 'a', size: '1' as unknown as number, sha256: '' }]),
      /\/files\/0\/size must be integer/,
    ],
    [
      'an infinite size (T3)',
      manifestText(files).replace(/"size":\d+/, '"size":1e999'),
      /\/files\/0\/size must be integer/,
    ],
    [
      'an unknown state',
      manifestText(files).replace('collected', 'unheard'),
      /\/collections\/0\/state is "unheard", which is no state/,
    ],
  ])('R6, T1: with %s it is broken, and none', async (_, text, difference) => {
    const bundle = await openManifest(text);
    expect(bundle.manifest).toBeNull();
    expect(bundle.integrity).toMatchObject({ state: 'broken', differences: [expect.stringMatching(difference)] });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  test('T2: too large for memory it is broken', async () => {
    const bytes = packed(...contents, manifest);
    const { integrity, warnings } = await openBytes(bytes, { limits: { ...limits, documentBytes: 200 } });
    expect(integrity.differences[0]).toMatch(/it holds \d+ bytes; the limit documentBytes is 200 bytes/);
    expect(warnings).toEqual([
      'Not read, too large to be held (the limit documentBytes is 200 bytes, which --limit documentBytes=N raises): "manifest.json"',
    ]);
  });

  test('R6: it is read even when others have filled the memory', async () => {
    const { integrity } = await openBytes(packed(...contents, manifest), { limits: { ...limits, heldBytes: 40 } });
    expect(integrity.state).toBe('sound');
  });

  test.each(['hostbundle.manifest/v2', 'hostbundle.manifest/v10.1', 'other/v1', ''])(
    'A1: version %j is refused with a sentence',
    async (schemaVersion) => {
      const text = manifestText(files, { schemaVersion });
      expect(await refusalOfBytes(packed(...contents, entry('b/manifest.json', text)))).toBe(
        `unknown-version: its manifest.json is of version "${schemaVersion}", and this program reads hostbundle.manifest/v1: use a newer one`,
      );
    },
  );

  test('A1: of a later minor version, what is known is read', async () => {
    const bundle = await openManifest(manifestText(files, { schemaVersion: 'hostbundle.manifest/v1.7', mood: 'good' }));
    expect(bundle.integrity.state).toBe('sound');
    expect(bundle.manifest).toMatchObject({ schemaVersion: 'hostbundle.manifest/v1.7', complete: true });
    expect(bundle.manifest).not.toHaveProperty('mood');
  });

  test('every declared key is there, also where it was left out', async () => {
    const { manifest: read } = await openManifest(manifestText(files));
    expect(read).toMatchObject({ clockStepMs: null, incompleteReason: null, notes: [], host: { hostname: '' } });
    expect(read?.collections[0]).toEqual({
      type: 'cpu',
      name: '',
      source: '',
      state: 'collected',
      reason: null,
      errorCode: null,
      startedAt: null,
      durationMs: null,
      paths: ['host-collectors/system/cpu.json'],
    });
  });

  test('T6: a byte order mark and CRLF do no harm', async () => {
    const text = `\ufeff${JSON.stringify(JSON.parse(manifestText(files)), null, 2).replaceAll('\n', '\r\n')}`;
    expect((await openManifest(text)).integrity.state).toBe('sound');
  });
});

test('R6: a manifest outside the root is no manifest', async () => {
  expect(await refusalOfBytes(packed(version, entry('manifest.json', manifestText([]))))).toMatch(/^several-roots/);
});

function padded(block: Buffer | undefined): Buffer {
  const copy = Buffer.from(block ?? []);
  copy[copy.length - 1] = 1;
  return copy;
}
