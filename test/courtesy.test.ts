import { mkdir, readdir, readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, fullPort, listen, temporaryFolder, testAsRoot } from '../src/net/lab.fixture.ts';
import { hostbundle, program, type Running, run, specFile, start, tcpConnect, until } from './lab.ts';

afterAll(cleanUp);

let waiting: string;
let quick: string;
beforeAll(async () => {
  const { port } = await listen();
  quick = await specFile([tcpConnect('one', '127.0.0.1:1')]);
  waiting = await specFile([
    // Its name is asked of the resolver, which is a child.
    tcpConnect('answers', `localhost:${port}`),
    tcpConnect('waits', `127.0.0.1:${await fullPort()}`, { timeout: '60s' }),
  ]);
});

describe('C6: the work of the host comes first', () => {
  test.each([
    ['0', [], 10],
    ['0', ['--no-nice'], 0],
    ['15', [], 15],
  ] as const)('started at %s with %j it runs at %i, and so does its child', async (from, options, expected) => {
    const folder = await temporaryFolder();
    const command = [process.execPath, program, 'collect', waiting, '-q', '-o', 'b.tgz', ...options];
    // nice(1) adds to what it is started at, which may be a lower priority; only root gets back from there.
    const running = start('nice', ['-n', String(Number(from) - getPriority()), ...command], { cwd: folder });
    const pid = running.child.pid as number;
    let children: readonly number[] = [];
    await until(async () => {
      children = await childrenOf(pid);
      return children.length > 0;
    });
    expect(await Promise.all([pid, ...children].map(niceOf))).toEqual([expected, expected]);
    await stop(running);
  });
});

describe('C6: a disk that is nearly full', () => {
  testAsRoot('is a warning for each folder that is written to, once, and no reason not to try', async () => {
    const both = await onDisks('one', 'one');
    expect(both.code).toBe(0);
    expect(both.stderr).toMatch(/^warning: \S+one: 256\.0 KiB are free, and this run may need 1\.0 MiB\n$/);
    const each = await onDisks('one', 'two');
    expect(each.code).toBe(0);
    expect(each.stderr).toMatch(/^warning: \S+one: .*\nwarning: \S+two: .*\n$/);
  });

  test('where there is room, nothing is said', async () => {
    const folder = await temporaryFolder();
    expect(await hostbundle(['collect', quick, '-q', '-o', join(folder, 'b.tgz')])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });
});

describe('S8: the working folder is gone, whichever way a run ends', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ] as const)(
    '%s',
    async (signal, code) => {
      const folder = await temporaryFolder();
      const env = { ...process.env, TMPDIR: join(folder, 'tmp') };
      await mkdir(env.TMPDIR);
      const running = start(process.execPath, [program, 'collect', waiting, '-q', '-o', 'b.tgz'], { cwd: folder, env });
      await until(async () => (await readdir(env.TMPDIR)).length > 0);
      running.child.kill(signal);
      expect(await running.ended).toMatchObject({ code });
      // Nobody can clean up after itself when it is killed outright; what it leaves is one folder, for the next run.
      expect(await readdir(env.TMPDIR)).toHaveLength(signal === 'SIGKILL' ? 1 : 0);
      expect((await readdir(folder)).filter((name) => name !== 'tmp')).toEqual(signal === 'SIGKILL' ? [] : ['b.tgz']);
    },
    20_000,
  );

  testAsRoot('a disk that is full', async () => {
    const { code, left } = await onDisks('one', 'one', 'nr_inodes=1');
    expect({ code, left }).toEqual({ code: 1, left: '' });
  });
});

interface OnDisks {
  readonly code: number | null;
  readonly stderr: string;
  /** Names of what is there besides the bundle. */
  readonly left: string;
}

/** Collects into one small disk, with `$TMPDIR` on one; both are mounted for the command alone. */
async function onDisks(output: string, temporary: string, options = 'size=256k'): Promise<OnDisks> {
  const cwd = await temporaryFolder();
  for (const name of ['one', 'two']) await mkdir(join(cwd, name));
  const mounts = ['one', 'two'].map((name) => `mount -t tmpfs -o ${options} none ${name}`).join(' && ');
  const script = `${mounts} || exit 99; "$@"; code=$?; ls -A one two | grep -v -e : -e '^b.tgz$' -e '^$' > left; exit $code`;
  const command = [process.execPath, program, 'collect', quick, '-q', '-o', `${output}/b.tgz`];
  const env = { ...process.env, TMPDIR: join(cwd, temporary) };
  const { code, stderr } = await run('unshare', ['-m', 'sh', '-c', script, 'sh', ...command], { cwd, env });
  return { code, stderr, left: await readFile(join(cwd, 'left'), 'utf8') };
}

async function stop({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((word) => word.trim() !== '')
    .map(Number);
}

/** Field 19 of proc_pid_stat(5). */
async function niceOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]);
}
