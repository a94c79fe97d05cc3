import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { limits } from '../contract/limits.ts';
import { openBundle } from './open.ts';
import { honestFiles, inTemporaryFolder, keepAll, listed, manifestText, refusalOf } from './tar.fixture.ts';

async function inBundleFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    for (const [path, content] of Object.entries(honestFiles)) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return act(folder);
  });
}

describe('a folder', () => {
  test('R10: is opened as the root itself', async () => {
    await inBundleFolder(async (folder) => {
      const bundle = await openBundle(folder, keepAll);
      expect(bundle).toMatchObject({ source: folder, root: '', sizeBytes: null, manifest: null, warnings: [] });
      expect(bundle.integrity).toMatchObject({ state: 'unverifiable', differences: [] });
      expect([...bundle.files.keys()]).toEqual(Object.keys(honestFiles));
      expect(Buffer.from(bundle.read('host-collectors/system/cpu.json') ?? '').toString()).toBe('{"logicalCount":2}');
    });
  });

  test('R10: may hold one single root folder', async () => {
    await inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'inner'));
      await writeFile(join(folder, 'inner', 'version.yaml'), '');
      const bundle = await openBundle(folder, keepAll);
      expect(bundle.root).toBe('inner');
      expect([...bundle.files.keys()]).toEqual(['version.yaml']);
    });
  });

  test('R6: is sound when its manifest says what is there, in whatever order', async () => {
    await inBundleFolder(async (folder) => {
      const files = Object.entries(honestFiles).map(([path, content]) => listed(path, content));
      await writeFile(join(folder, 'manifest.json'), manifestText(files));
      expect((await openBundle(folder, keepAll)).integrity).toMatchObject({ state: 'sound', differences: [] });
      await writeFile(join(folder, 'version.yaml'), 'apiVersion: troubleshoot.sh/v1beta3\n');
      expect((await openBundle(folder, keepAll)).integrity.state).toBe('broken');
    });
  });

  test('R10: a FIFO does not hang it', async () => {
    await inBundleFolder(async (folder) => {
      execFileSync('mkfifo', [join(folder, 'host-collectors', 'pipe.json')]);
      expect(await refusalOf(openBundle(folder, keepAll))).toBe(
        'forbidden-type: "host-collectors/pipe.json" is neither a file nor a folder nor a link',
      );
    });
  });

  test('R10: a FIFO in place of the bundle does not hang it', async () => {
    await inTemporaryFolder(async (folder) => {
      execFileSync('mkfifo', [join(folder, 'upload.tar.gz')]);
      expect(await refusalOf(openBundle(join(folder, 'upload.tar.gz'), keepAll))).toMatch(/^not-a-bundle/);
    });
  });

  test('R10: a socket is refused', async () => {
    await inBundleFolder(async (folder) => {
      const server = createServer().listen(join(folder, 'socket'));
      try {
        expect(await refusalOf(openBundle(folder, keepAll))).toMatch(/^forbidden-type/);
      } finally {
        server.close();
      }
    });
  });

  test('R10: a link that leaves the folder is ignored with a warning, others lead inside', async () => {
    await inBundleFolder(async (folder) => {
      await symlink('/etc/passwd', join(folder, 'passwd'));
      await symlink('../../../../../../etc/passwd', join(folder, 'host-collectors', 'passwd'));
      await symlink('/etc', join(folder, 'etc'));
      await symlink('system/cpu.json', join(folder, 'host-collectors', 'cpu.json'));
      const bundle = await openBundle(folder, { ...keepAll, keep: (path) => !path.includes('system') });
      expect(bundle.warnings).toEqual(['Ignored link, it leads out of the bundle: 3, the first is "etc"']);
      expect(bundle.read('passwd')).toBeUndefined();
      expect(bundle.read('etc/passwd')).toBeUndefined();
      expect(Buffer.from(bundle.read('host-collectors/cpu.json') ?? '').toString()).toBe('{"logicalCount":2}');
    });
  });

  test('R10: a file that grows while it is read is refused', async () => {
    await inBundleFolder(async (folder) => {
      const growing = join(folder, 'zz-growing.log');
      await writeFile(growing, 'one\n');
      let asked = false;
      const opening = openBundle(folder, {
        limits,
        keep: () => {
          if (!asked) execFileSync('sh', ['-c', `echo two >> '${growing}'`]);
          asked = true;
          return true;
        },
      });
      expect(await refusalOf(opening)).toMatch(/^changed: .*zz-growing\.log changed while it was read/);
    });
  });

  test('R10: a file that became a link while it was read is not followed', async () => {
    await inBundleFolder(async (folder) => {
      const swapped = join(folder, 'zz.log');
      await writeFile(swapped, 'one\n');
      let asked = false;
      const opening = openBundle(folder, {
        limits,
        keep: () => {
          if (!asked) execFileSync('ln', ['-sf', '/etc/passwd', swapped]);
          asked = true;
          return true;
        },
      });
      await expect(opening).rejects.toThrow(/ELOOP/);
    });
  });

  test.each([
    ['entries', { entries: 3 }, /^too-many-entries: the folder holds too many entries; the limit entries is 3,/],
    ['depth', { pathSegments: 2 }, /^bad-name: .*it has 3 parts/],
    [
      'total',
      { unpackedBytes: 40 },
      /^too-large: the folder holds more than allowed: the limit unpackedBytes is 40 bytes,/,
    ],
  ])('R10: limit of %s', async (_, changed, refusal) => {
    await inBundleFolder(async (folder) => {
      expect(await refusalOf(openBundle(folder, { ...keepAll, limits: { ...limits, ...changed } }))).toMatch(refusal);
    });
  });

  test('R10: a sparse file of 300 GB is refused at once', async () => {
    await inBundleFolder(async (folder) => {
      await appendFile(join(folder, 'sparse'), '');
      await truncate(join(folder, 'sparse'), 300e9);
      expect(await refusalOf(openBundle(folder, keepAll))).toMatch(/^too-large: the entry "sparse" holds 279\.4 GiB/);
    });
  });

  test.each([
    ['b\\a', /^bad-name: .*backslash/],
    ['\u001b[31m', /^bad-name: .*control/],
  ])('R7: the name %j is refused', async (name, refusal) => {
    await inBundleFolder(async (folder) => {
      await writeFile(join(folder, name), '');
      expect(await refusalOf(openBundle(folder, keepAll))).toMatch(refusal);
    });
  });

  test.each([
    ['an empty folder', [], /^no-version: the folder is empty/],
    ['one without version.yaml', ['a/x'], /^no-version: there is no version\.yaml in the folder, nor in "a"/],
    ['one with one file', ['x'], /^no-version/],
    ['one with two roots', ['a/version.yaml', 'b/version.yaml'], /^several-roots/],
  ])('%s is refused', async (_, paths, refusal) => {
    await inTemporaryFolder(async (folder) => {
      for (const path of paths) {
        await mkdir(join(folder, path, '..'), { recursive: true });
        await writeFile(join(folder, path), '');
      }
      expect(await refusalOf(openBundle(folder, keepAll))).toMatch(refusal);
    });
  });

  test('what is not there is told as the user’s mistake', async () => {
    await inTemporaryFolder(async (folder) => {
      await rm(join(folder, 'x'), { force: true });
      expect(await refusalOf(openBundle(join(folder, 'x'), keepAll))).toMatch(/^not-found: there is no file or folder/);
      expect(await refusalOf(openBundle(join(folder, 'x\0y'), keepAll))).toMatch(/^not-found/);
    });
  });
});
