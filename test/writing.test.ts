import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { facts } from '../src/bundle/facts.fixture.ts';
import { manifestFor } from '../src/bundle/manifest.ts';
import { writeBundle } from '../src/bundle/write.ts';
import { limits } from '../src/contract/limits.ts';
import { partialName } from '../src/disk/temporary.ts';
import { cleanUp, closedPort, fullPort, listen, temporaryFolder } from '../src/net/lab.fixture.ts';
import { hostbundle, opened, program, run, specFile, startHostbundle, tarHeaders, tcpConnect } from './lab.ts';

afterAll(cleanUp);

let quick: string;
/** Large enough that writing it takes a while. */
let large: string;

beforeAll(async () => {
  const address = `127.0.0.1:${await closedPort()}`;
  quick = await specFile([tcpConnect('one', address)]);
  large = await specFile(Array.from({ length: 60 }, (_, number) => tcpConnect(`number ${number}`, address)));
});

async function isSound(file: string): Promise<boolean> {
  return (await opened(file)).integrity.state === 'sound';
}

describe('W1, W2: what is placed is what the manifest says', () => {
  test('content that changes while it is written is found out, and nothing is placed', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'b.tar.gz');
    const bytes = Buffer.alloc(300_000, 'x');
    const entries = [
      { path: 'a', bytes },
      { path: 'b', bytes: Buffer.from(bytes) },
      { path: 'version.yaml', bytes: Buffer.from('apiVersion: troubleshoot.sh/v1beta2\n') },
    ];
    const manifest = manifestFor(facts, entries);
    entries[1]?.bytes.write('other', 1000);
    const partial = partialName(file);
    await expect(writeBundle(file, entries, manifest, { partial, mtime: new Date(0), limits })).rejects.toThrow(
      /does not verify: .*b/,
    );
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('W2: never over a file that is there', () => {
  test('what appears while collecting is kept, and the bundle is numbered', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'host.tar.gz');
    const { port, server } = await listen();
    const spec = await specFile([
      tcpConnect('answers', `127.0.0.1:${port}`),
      tcpConnect('waits', `127.0.0.1:${await fullPort()}`, { timeout: '1s' }),
    ]);
    const { ended } = startHostbundle(['collect', spec, '-o', file, '--format', 'json'], { cwd: folder });
    await once(server, 'connection');
    await writeFile(file, 'theirs');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('theirs');
    expect(JSON.parse(stdout.toString()).bundle).toBe(join(folder, 'host (1).tar.gz'));
    expect((await readdir(folder)).sort()).toEqual(['host (1).tar.gz', 'host.tar.gz']);
    expect(await isSound(join(folder, 'host (1).tar.gz'))).toBe(true);
  });

  test('the default name, taken already, is numbered too', async () => {
    const folder = await temporaryFolder();
    const runs = await Promise.all([1, 2, 3].map(() => hostbundle(['collect', quick, '-q'], { cwd: folder })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const names = await readdir(folder);
    expect(names).toHaveLength(3);
    for (const name of names) expect(await isSound(join(folder, name))).toBe(true);
  });
});

describe('W2, S7: one file, for its owner alone', () => {
  test.each(['000', '022', '077'])('mode 0600 under umask %s', async (umask) => {
    const folder = await temporaryFolder();
    const { code } = await run(
      'sh',
      ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, program, 'collect', quick, '-q', '-o', 'b.tgz'],
      { cwd: folder },
    );
    expect(code).toBe(0);
    expect((await stat(join(folder, 'b.tgz'))).mode & 0o7777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['b.tgz']);
  });

  test.each([
    'it\'s "$(x)" ;&|',
    'ü 漢字 \u{1f600}',
    'line\nbreak',
    'escape\u001b[31m',
    'bidi\u202ename',
    '-dash',
    '%2e%2e',
    'x'.repeat(200),
  ])('a bundle named %j is one root folder that opens', async (name) => {
    const folder = await temporaryFolder();
    const { code } = await hostbundle(['collect', quick, '-q', '-o', join(folder, `${name}.tar.gz`)]);
    expect(code).toBe(0);
    expect(await readdir(folder)).toEqual([`${name}.tar.gz`]);
    const bundle = await opened(join(folder, `${name}.tar.gz`));
    expect(bundle).toMatchObject({ integrity: { state: 'sound' }, warnings: [] });
    expect(bundle.root).not.toMatch(/[/\u0000-\u001f\u202e]/);
  });
});

describe('W2, S8: `-o -`', () => {
  test('stdout is the archive and nothing else; the private folder is gone', async () => {
    const TMPDIR = await temporaryFolder();
    const { code, stdout, stderr } = await hostbundle(['collect', large, '-q', '-o', '-', '--format', 'json'], {
      env: { ...process.env, TMPDIR },
    });
    expect(code).toBe(0);
    expect(await readdir(TMPDIR)).toEqual([]);
    expect(JSON.parse(stderr.slice(stderr.indexOf('{')))).toMatchObject({ bundle: '-', sizeBytes: stdout.length });
    expect(tarHeaders(gunzipSync(stdout)).at(-1)?.name).toBe('support-bundle/manifest.json');
    expect(await hostbundle(['verify', '-'], { input: stdout })).toMatchObject({ code: 0, stderr: '' });
  });

  test('a reader that leaves early ends it quietly, and nothing stays behind', async () => {
    const TMPDIR = await temporaryFolder();
    const { stderr } = await run(
      'bash',
      [
        '-c',
        `'${process.execPath}' '${program}' collect '${large}' -q -o - 2>err | head -c 10 >/dev/null; cat err >&2`,
      ],
      { cwd: TMPDIR, env: { ...process.env, TMPDIR: join(TMPDIR) } },
    );
    expect(stderr).not.toContain('error:');
    expect(await readdir(TMPDIR)).toEqual(['err']);
  });
});

describe('W2: killed at any moment', () => {
  test('what stands under the final name verifies, or nothing stands there', async () => {
    const folder = await temporaryFolder();
    const { tookMs } = await hostbundle(['collect', large, '-q', '-o', join(folder, 'whole.tar.gz')]);
    // Most moments near the end, where the bundle is written. Killed at once and never killed show that the test sees either case.
    const moments = [0, undefined, ...Array.from({ length: 18 }, () => 1.3 - 0.9 * Math.random() ** 2)];
    const found: boolean[] = [];
    for (const [round, moment] of moments.entries()) {
      const file = join(folder, `${round}.tar.gz`);
      const { child, ended } = startHostbundle(['collect', large, '-q', '-o', file]);
      const timer = moment === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), tookMs * moment);
      await ended;
      clearTimeout(timer);
      const isThere = (await readdir(folder)).includes(`${round}.tar.gz`);
      found.push(isThere);
      if (isThere) expect({ moment, isSound: await isSound(file) }).toEqual({ moment, isSound: true });
    }
    expect(found.slice(0, 2)).toEqual([false, true]);
    const names = await readdir(folder);
    expect(names.filter((name) => !/^\w+\.tar\.gz$|^\.\d+\.tar\.gz\.partial-[0-9a-z-]+$/.test(name))).toEqual([]);
  }, 60_000);
});
