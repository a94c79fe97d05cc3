import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { RunOptions } from '../contract/collector.ts';
import { bundle, cleanUp, temporaryFolder } from '../net/lab.fixture.ts';
import { runCommand } from './command.ts';
import { openHost } from './host.ts';

afterAll(cleanUp);

function run(file: string, args: readonly string[], options: Partial<RunOptions> = {}) {
  return runCommand(file, args, { limitMs: 20_000, signal: new AbortController().signal, ...options });
}

function sh(script: string, options: Partial<RunOptions> = {}) {
  return run('sh', ['-c', script], options);
}

/** One that nobody has waited for yet does not count. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  for (const endMs = performance.now() + 5000; isAlive(pid); ) {
    if (performance.now() > endMs) throw new Error(`${pid} lives`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

describe('a command that ends by itself', () => {
  test('what it said and how it ended', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
      signal: null,
      timedOut: false,
      truncated: false,
    });
    expect(await sh('kill -SEGV $$')).toMatchObject({ exitCode: null, signal: 'SIGSEGV', timedOut: false });
  });

  test('arguments are handed over as they are, without a shell', async () => {
    const args = ['$HOME', '`id`', 'a \'b\' "c"', '', '*', '; echo no', 'ü\n'];
    expect((await run('printf', ['%s|', ...args])).stdout).toBe(`${args.join('|')}|`);
  });

  test('S2: it gets little of our environment, nothing to read, and a folder that is nobody’s', async () => {
    process.env['HOSTBUNDLE_TEST_SECRET'] = 'hunter2';
    const { stdout } = await sh('env; pwd; wc -c');
    delete process.env['HOSTBUNDLE_TEST_SECRET'];
    const names = stdout.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual([
      'HOME',
      'LANG',
      'LC_ALL',
      'PATH',
    ]);
    expect(stdout).toMatch(/^PATH=\/.*\/usr\/sbin/m);
    expect(stdout).toMatch(/\n\/\n0\n$/);
  });

  test('tells stdout as it comes, characters whole', async () => {
    const told: string[] = [];
    const { stdout } = await sh("printf '\\303'; sleep 0.2; printf '\\274 end'", {
      onStdout: (text) => told.push(text),
    });
    expect(stdout).toBe('ü end');
    expect(told.join('')).toBe('ü end');
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('a command that cannot be started', () => {
  test.each<[string, string, string]>([
    ['is not there', 'hostbundle-no-such-command', 'ENOENT'],
    ['is no program', '/etc/passwd', 'EACCES'],
    ['has a NUL in its name', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
  ])('%s', async (_, file, code) => {
    await expect(run(file, [])).rejects.toMatchObject({ code });
  });

  test('on a captured machine there are no commands', async () => {
    const host = openHost({ lookup: async () => [], child: [] }, '/proc/self')(new AbortController().signal);
    await expect(host.run('true', [], { limitMs: 1000 })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('its end', () => {
  test('S3: when its time is over it ends with all that it started', async () => {
    const { stdout, signal, timedOut } = await sh('sleep 60 & echo $!; wait', { limitMs: 300 });
    expect({ signal, timedOut }).toEqual({ signal: 'SIGTERM', timedOut: true });
    await gone(Number(stdout));
  });

  test('S3: one that does not listen is killed', async () => {
    const { stdout, signal } = await sh('trap "" TERM; echo $$; while :; do sleep 0.1; done', { limitMs: 300 });
    expect(signal).toBe('SIGKILL');
    await gone(Number(stdout));
  });

  test('S3: what it leaves behind ends with it', async () => {
    const { stdout, exitCode } = await sh('sleep 60 & echo $!');
    expect(exitCode).toBe(0);
    await gone(Number(stdout));
  });

  test('S3: what left its group and holds the pipes is not waited for', async () => {
    const begun = performance.now();
    const { stdout } = await sh("setsid sh -c 'echo up; exec sleep 8' & sleep 1");
    expect(stdout).toBe('up\n');
    expect(performance.now() - begun).toBeLessThan(7000);
  });

  test('C4: an abort ends it, and only then rejects with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('the run is over');
    let pid = 0;
    const waiting = sh('echo $$; exec sleep 60', {
      signal: controller.signal,
      onStdout: (text) => {
        pid = Number(text);
        controller.abort(reason);
      },
    });
    await expect(waiting).rejects.toBe(reason);
    expect(isAlive(pid)).toBe(false);
    await expect(sh('exit 0', { signal: controller.signal })).rejects.toBe(reason);
  });

  test('it does not outlive this process', async () => {
    const script = await bundle(`
      import { runCommand } from './collect/command.ts';
      const onStdout = (text) => { process.stdout.write(text); setTimeout(() => process.exit(0), 50); };
      void runCommand('sh', ['-c', 'echo $$; exec sleep 60'], { limitMs: 60_000, signal: new AbortController().signal, onStdout });`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text))));
    await gone(Number(pid));
  });
});

test('what it says beyond the limit is dropped at the end of a line, and it goes on', async () => {
  const { stdout, stderr, truncated, exitCode } = await sh('yes | head -c 3000000; echo err >&2', { outputBytes: 999 });
  expect({ length: stdout.length, end: stdout.slice(-4), stderr, truncated, exitCode }).toEqual({
    length: 998,
    end: 'y\ny\n',
    stderr: 'err\n',
    truncated: true,
    exitCode: 0,
  });
});

test('a hundred at once', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'text'), 'x');
  const all = await Promise.all(Array.from({ length: 100 }, () => run('cat', [join(folder, 'text')])));
  expect(new Set(all.map(({ stdout }) => stdout))).toEqual(new Set(['x']));
  expect(process.listenerCount('exit')).toBeLessThan(10);
});
