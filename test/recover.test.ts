import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { framed, unframed } from '../src/journal/frame.ts';
import { cleanUp, fullPort, listen, temporaryFolder } from '../src/net/lab.fixture.ts';
import { hostbundle, jsonOf, opened, run, specText, startHostbundle, tcpConnect, until } from './lab.ts';

afterAll(cleanUp);

// Each starts the program several times.
const secret = 'hunter2hunter2';

interface Killed {
  /** Also its `$TMPDIR`. */
  readonly folder: string;
  readonly working: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Two that end at once, one that ends while the journal is kept, one that never ends; judged by a rule each. */
async function longSpec(): Promise<string> {
  const silent = await fullPort();
  const { port } = await listen();
  const rule = (collectorName: string) => ({
    tcpConnect: {
      checkName: `About ${collectorName}`,
      collectorName,
      outcomes: [{ pass: { when: 'connected', message: `https://user:${secret}@docs` } }, { fail: { message: 'no' } }],
    },
  });
  return specText(
    [
      tcpConnect('answers', `127.0.0.1:${port}`),
      tcpConnect('refuses', '127.0.0.1:1'),
      tcpConnect('late', `127.0.0.1:${silent}`, { timeout: '3500ms' }),
      tcpConnect('waits', `127.0.0.1:${silent}`, { timeout: '60s' }),
    ],
    ['answers', 'refuses', 'late', 'waits'].map(rule),
  );
}

/** Kills a run outright, when three of its four collectors are noted. */
async function killed(spec: string, args: readonly string[] = ['-o', 'b.tar.gz']): Promise<Killed> {
  const folder = await temporaryFolder();
  const env = { ...process.env, TMPDIR: folder };
  await writeFile(join(folder, 'spec.yaml'), spec);
  const { child, ended } = startHostbundle(['collect', 'spec.yaml', '-q', ...args], { cwd: folder, env });
  const working = async () => (await readdir(folder)).find((name) => name.startsWith('hostbundle-')) ?? '';
  const journal = async () => unframed(await readFile(join(folder, await working(), 'journal')).catch(() => noBytes));
  await until(async () => (await journal()).payloads.length === 4, 15_000);
  child.kill('SIGKILL');
  await ended;
  return { folder, working: join(folder, await working()), env };
}

const noBytes = Buffer.alloc(0);

let long: Killed;
/** Its journal, as it was before any test made use of it. */
let noted: Buffer;
beforeAll(async () => {
  long = await killed(await longSpec());
  noted = await readFile(join(long.working, 'journal'));
}, 30_000);

/** The killed run once more, in a folder of its own, with another journal if need be. */
async function copied(journal: Buffer = noted): Promise<Killed> {
  const folder = await temporaryFolder();
  const working = join(folder, basename(long.working));
  await mkdir(working);
  await writeFile(join(working, 'journal'), journal);
  return { folder, working, env: { ...process.env, TMPDIR: folder } };
}

describe('S8: hostbundle recover', () => {
  test('makes a bundle of a run that was killed: sound, incomplete, and says what was lost', async () => {
    expect(await readdir(long.folder)).toEqual([basename(long.working), 'spec.yaml']);
    const { code, stdout, stderr } = await hostbundle(['recover', '--format', 'json'], {
      cwd: dirname(long.folder),
      env: long.env,
    });
    expect({ code, stderr }).toEqual({ code: 5, stderr: '' });
    const file = join(long.folder, 'b.tar.gz');
    expect(JSON.parse(stdout.toString())).toMatchObject({ bundle: file, complete: false });
    expect((await readdir(long.folder)).sort()).toEqual(['b.tar.gz', 'spec.yaml']);

    const bundle = await opened(file);
    expect(bundle.integrity).toMatchObject({ state: 'sound' });
    expect(bundle.manifest).toMatchObject({
      complete: false,
      incompleteReason: 'the run was killed; this is what it had noted',
      notes: [],
    });
    expect(bundle.manifest?.collections.map(({ name, state, errorCode }) => [name, state, errorCode])).toEqual([
      ['answers', 'collected', null],
      ['refuses', 'collected', null],
      ['late', 'collected', null],
      ['waits', 'failed', 'KILLED'],
    ]);
    const { findings, notes } = JSON.parse(stdout.toString()).analysis;
    expect(findings.map(({ title, verdict }: Record<string, string>) => [title, verdict])).toEqual([
      ['About answers', 'pass'],
      ['About refuses', 'fail'],
      ['About late', 'fail'],
      ['About waits', 'unknown'],
    ]);
    expect(notes).toContainEqual(expect.stringContaining('waits'));
    expect(jsonOf(bundle, 'host-collectors/connect/answers.json')).toMatchObject({ status: 'connected' });
    expect(bundle.manifest?.durationMs).toBeGreaterThan(3000);
    expect(await hostbundle(['verify', file])).toMatchObject({ code: 0 });
  });

  test('S9: nothing but redacted bytes was on the disk', async () => {
    const text = noted.toString('latin1');
    expect(text).not.toContain(secret);
    expect(text).toContain('***HIDDEN***');
  });

  test('for people: what the bundle holds and where it is', async () => {
    const { folder, env, working } = await copied();
    const { code, stdout } = await hostbundle(['recover', working, '-o', 'mine.tgz'], { cwd: folder, env });
    expect(code).toBe(5);
    expect(stdout.toString()).toContain('! incomplete: the run was killed; this is what it had noted\n');
    expect(stdout.toString()).toContain(`${join(folder, 'mine.tgz')} (`);
    expect(await readdir(folder)).toEqual(['mine.tgz']);
  });

  test('a journal cut while it was written: what was whole before, and a note', async () => {
    const { folder, env } = await copied(noted.subarray(0, -1));
    expect(await hostbundle(['recover', '-o', 'b.tgz'], { cwd: folder, env })).toMatchObject({ code: 5 });
    const { integrity, manifest } = await opened(join(folder, 'b.tgz'));
    expect(integrity.state).toBe('sound');
    expect(manifest?.notes).toEqual(['the last record of the journal was cut, and is left out']);
    expect(manifest?.collections.filter(({ errorCode }) => errorCode === 'KILLED')).toHaveLength(2);
  });

  test('what cannot be written leaves the journal where it is', async () => {
    const { folder, env } = await copied();
    const output = join(folder, 'taken.tar.gz');
    await writeFile(output, 'theirs');
    const { code, stderr } = await hostbundle(['recover', '-o', output], { env });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('exists already') });
    expect(await readdir(folder)).toEqual([basename(long.working), 'taken.tar.gz']);
  });

  test('signed, if asked for', async () => {
    const { folder, env } = await copied();
    await hostbundle(['keygen', '-o', 'key.pem'], { cwd: folder });
    const args = ['recover', '-o', 'b.tgz', '--sign', 'key.pem'];
    const { code, stderr } = await hostbundle(args, { cwd: folder, env });
    expect({ code, stderr }).toEqual({ code: 5, stderr: '' });
    expect(await hostbundle(['verify', 'b.tgz', '--key', 'key.pem.pub'], { cwd: folder })).toMatchObject({ code: 0 });
  });

  test.each([
    ['nothing was noted yet', () => copied(noBytes), 'before it had noted anything'],
    [
      'another version wrote it',
      () => copied(framed(Buffer.from('{"version":"x"}\n'))),
      'another version of hostbundle',
    ],
    ['it is no journal at all', () => copied(Buffer.from('hello')), 'before it had noted anything'],
  ])('%s: exit 2, and it is left as it is', async (_what, make, message) => {
    const { folder, working, env } = await make();
    const { code, stdout, stderr } = await hostbundle(['recover', '-o', 'b.tgz'], { cwd: folder, env });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(await readdir(folder)).toEqual([basename(working)]);
  });

  test('nothing was killed, or what is named is no such folder: exit 2', async () => {
    const TMPDIR = await temporaryFolder();
    const env = { ...process.env, TMPDIR };
    await mkdir(join(TMPDIR, 'mine'));
    expect(await hostbundle(['recover'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no killed run left anything here'),
    });
    const gone = { ...process.env, TMPDIR: join(TMPDIR, 'gone') };
    expect(await hostbundle(['recover'], { env: gone })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: ENOENT: .*gone'\n$/),
    });
    for (const name of ['mine', 'none']) {
      expect(await hostbundle(['recover', join(TMPDIR, name)], { env })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('no folder of a killed run of yours'),
      });
    }
  });

  test('several runs were killed: it names them, and each can be had by its name', async () => {
    const { folder, working, env } = await copied();
    const other = `${working.slice(0, -6)}Other0`;
    await mkdir(other);
    await writeFile(join(other, 'journal'), noted);
    const both = await hostbundle(['recover'], { cwd: folder, env });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('several runs were killed') });
    expect(both.stderr).toContain(working);
    expect(both.stderr).toContain(other);
    expect(await hostbundle(['recover', other, '-o', 'b.tgz'], { cwd: folder, env })).toMatchObject({ code: 5 });
    expect((await readdir(folder)).sort()).toEqual(['b.tgz', basename(working)]);
  });

  test('a run that still lasts is not touched, by recover or by the next run', async () => {
    const folder = await temporaryFolder();
    const env = { ...process.env, TMPDIR: folder };
    await writeFile(
      join(folder, 'spec.yaml'),
      specText([tcpConnect('waits', `127.0.0.1:${await fullPort()}`, { timeout: '60s' })]),
    );
    const { child, ended } = startHostbundle(['collect', 'spec.yaml', '-q', '-o', 'a.tgz'], { cwd: folder, env });
    const working = async () => (await readdir(folder)).find((name) => name.startsWith('hostbundle-'));
    await until(async () => (await readdir(join(folder, (await working()) ?? 'none')).catch(() => [])).length > 0);
    const path = join(folder, (await working()) ?? '');
    expect(await hostbundle(['recover', path], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('this run has not ended'),
    });
    expect(await hostbundle(['recover'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`these may still last: ${path}`),
    });
    const spec = join(folder, 'quick.yaml');
    await writeFile(spec, specText([tcpConnect('one', '127.0.0.1:1')]));
    expect(await hostbundle(['collect', spec, '-o', 'b.tgz'], { cwd: folder, env })).toMatchObject({ code: 0 });
    expect(await readdir(path)).toEqual(['journal']);
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143 });
    expect((await readdir(folder)).sort()).toEqual(['a.tgz', 'b.tgz', 'quick.yaml', 'spec.yaml']);
  }, 30_000);
});

describe('S8: the next run', () => {
  test('tells of what can be recovered, and removes what nothing can be made of', async () => {
    const { folder, working, env } = await copied();
    await mkdir(`${working.slice(0, -6)}Empty0`);
    const tag = /^hostbundle-(.+)-\w{6}$/.exec(basename(working))?.[1];
    await writeFile(join(folder, `.b.tar.gz.partial-${tag}-0123456789ab`), 'half');
    await writeFile(join(folder, 'quick.yaml'), specText([tcpConnect('one', '127.0.0.1:1')]));
    const { code, stderr } = await hostbundle(['collect', 'quick.yaml', '-o', 'b.tgz'], { cwd: folder, env });
    expect(code).toBe(0);
    expect(stderr).toContain(`note: an earlier run was killed; hostbundle recover ${working} makes a bundle`);
    expect((await readdir(folder)).sort()).toEqual(['b.tgz', basename(working), 'quick.yaml']);
  });

  test('keeps no journal of what is encrypted', async () => {
    const folder = await temporaryFolder();
    const env = { ...process.env, TMPDIR: folder };
    const recipient = (await run('sh', ['-c', 'age-keygen 2>/dev/null | age-keygen -y'])).stdout.toString().trim();
    const spec = specText([tcpConnect('waits', `127.0.0.1:${await fullPort()}`, { timeout: '4500ms' })]);
    await writeFile(join(folder, 'spec.yaml'), spec);
    const seen = new Set<string>();
    const args = ['collect', 'spec.yaml', '-q', '-o', 'b.tgz.age', '--recipient', recipient];
    const { child, ended } = startHostbundle(args, { cwd: folder, env });
    await until(async () => {
      for (const name of await readdir(folder)) seen.add(name.replace(/partial-.*/, 'partial'));
      return child.exitCode !== null;
    });
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect([...seen].sort()).toEqual(['.b.tgz.age.partial', 'b.tgz.age', 'spec.yaml']);
  }, 20_000);

  test('a journal that cannot be kept is a warning; the run goes on', async () => {
    const folder = await temporaryFolder();
    const TMPDIR = join(await temporaryFolder(), 'gone');
    await mkdir(TMPDIR);
    const spec = specText([tcpConnect('waits', `127.0.0.1:${await fullPort()}`, { timeout: '4s' })]);
    await writeFile(join(folder, 'spec.yaml'), spec);
    const env = { ...process.env, TMPDIR };
    const { ended } = startHostbundle(['collect', 'spec.yaml', '-q', '-o', 'b.tgz'], { cwd: folder, env });
    await rename(TMPDIR, `${TMPDIR}-elsewhere`);
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toBe('warning: a kill would lose this run: no journal: the folder does not exist (ENOENT)\n');
    expect((await opened(join(folder, 'b.tgz'))).integrity.state).toBe('sound');
  }, 20_000);
});
