import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, closedPort, temporaryFolder, testAsRoot } from '../src/net/lab.fixture.ts';
import { type Ended, hostbundle, program, run, specFile, tcpConnect } from './lab.ts';

afterAll(cleanUp);

const nobody = 65534;

let quick: string;
/** More than the small disks here hold. */
let large: string;

beforeAll(async () => {
  const address = `127.0.0.1:${await closedPort()}`;
  quick = await specFile([tcpConnect('one', address)]);
  large = await specFile(Array.from({ length: 600 }, (_, number) => tcpConnect(`number ${number}`, address)));
});

describe('places where no bundle can be', () => {
  test.each([
    ['a folder that is not there', 'nowhere/b.tar.gz', 'there is no folder'],
    ['a file as folder', 'file/b.tar.gz', 'there is no folder|is not a folder'],
    ['no name', '.tar.gz', 'give the bundle a name'],
    ['a file that is there', 'file', 'exists already'],
  ])('%s: exit 2 before anything is collected', async (_what, output, message) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await writeFile(join(folder, 'file.tar.gz'), '');
    const { code, stdout, stderr } = await hostbundle(['collect', quick, '-o', output], { cwd: folder });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^[^\n]*error: [^\n]*(${message})[^\n]*\n$`));
    expect((await readdir(folder)).sort()).toEqual(['file', 'file.tar.gz']);
  });

  test('W3: what the disk says of the folder is told as it is, exit 1', async () => {
    const folder = await temporaryFolder();
    await symlink('loop', join(folder, 'loop'));
    const { code, stdout, stderr } = await hostbundle(['collect', quick, '-o', 'loop/b.tar.gz'], { cwd: folder });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^error: loop\/b\.tar\.gz: \S+loop: stat failed \(ELOOP\); choose another place with --output\n$/,
    );
  });

  testAsRoot('a folder without permission: exit 2, told before anything is collected', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o555);
    await chmod(quick, 0o644);
    await chmod(dirname(quick), 0o755);
    // A copy that anybody may read, wherever this checkout stands.
    const copy = await temporaryFolder();
    await chmod(copy, 0o755);
    for (const part of ['bin', 'dist', 'package.json']) {
      await cp(join(import.meta.dirname, '..', part), join(copy, part), { recursive: true });
    }
    await cp(process.execPath, join(copy, 'node'));
    const { code, stderr } = await run(
      join(copy, 'node'),
      [join(copy, 'bin/hostbundle.js'), 'collect', quick, '-o', join(folder, 'b.tar.gz')],
      {
        uid: nobody,
        gid: nobody,
      },
    );
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no permission to write in') });
    expect(await readdir(folder)).toEqual([]);
  });

  testAsRoot('S7: a folder in which every user may replace files is refused to root, a sticky one is not', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o777);
    const refused = await hostbundle(['collect', quick, '-q', '-o', join(folder, 'b.tar.gz')]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('world-writable and not sticky') });
    expect(await readdir(folder)).toEqual([]);
    await chmod(folder, 0o1777);
    expect(await hostbundle(['collect', quick, '-q', '-o', join(folder, 'b.tar.gz')])).toMatchObject({ code: 0 });
  });
});

describe('W3: no room', () => {
  for (const [what, options, missing] of [
    ['not one page', 'size=4k', 'it needs [\\d.]+ KiB, and 4 KiB are free'],
    ['some', 'size=16k', 'it needs [\\d.]+ KiB, and 16 KiB are free'],
    ['no file at all', 'nr_inodes=1', 'its file system can hold no more files'],
  ] as const) {
    testAsRoot(`a disk that holds ${what}: exit 1, a clear word, nothing left`, async () => {
      const { code, stdout, stderr, left } = await onDisk(options, 'disk/b.tar.gz');
      expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: '' });
      const [before = '', told = '', ...more] = stderr.split('\n');
      expect(before).toMatch(
        /^warning: \S+disk: ([\d.]+ KiB are free, and this run may need|no more files can be made)/,
      );
      expect(told).toMatch(
        new RegExp(`the bundle was not written: the disk is full \\(ENOSPC\\): ${missing}; choose another`),
      );
      expect(more).toEqual(['']);
    });
  }

  testAsRoot('a disk that fills up while most is still to be written: the same', async () => {
    const items = Array.from({ length: 3000 }, (_, number) => tcpConnect(`number ${number}`, '127.0.0.1:1'));
    const { code, stderr, left } = await onDisk('size=40k', 'disk/b.tar.gz', await specFile(items));
    expect({ code, stderr, left }).toEqual({ code: 1, stderr: expect.stringContaining('(ENOSPC)'), left: '' });
  });

  test('a limit on the size of files: exit 1, which limit it is, nothing left', async () => {
    const folder = await temporaryFolder();
    const command = [process.execPath, program, 'collect', large, '-q', '-o', 'b.tar.gz'];
    const { code, stderr } = await run('bash', ['-c', 'ulimit -f 8; exec "$@"', 'bash', ...command], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: b\.tar\.gz: .* by `ulimit -f` .* \(EFBIG\): it needs [\d.]+ KiB; choose another/);
    expect(await readdir(folder)).toEqual([]);
  }, 20_000);

  testAsRoot('a full folder for temporary files: `-o -` says so and writes nothing at all', async () => {
    const { code, stdout, stderr, left } = await onDisk('size=16k', '-');
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: '' });
    expect(stderr).toContain('the disk is full (ENOSPC)');
  });

  testAsRoot('O6: what goes to stdout onto a disk that fills up is not taken for whole', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'disk'));
    await hostbundle(['collect', large, '-q', '-o', 'b.tgz'], { cwd: folder });
    const script = `mount -t tmpfs -o size=16k none disk || exit 99
      "$@" inspect b.tgz --format json > disk/out; echo "inspect: $?"; wc -c < disk/out
      "$@" collect '${large}' -q -o - > disk/out; echo "collect: $?"; wc -c < disk/out`;
    const { stdout, stderr } = await run('unshare', ['-m', 'bash', '-c', script, 'bash', process.execPath, program], {
      cwd: folder,
    });
    expect(stdout.toString()).toBe('inspect: 1\n16384\ncollect: 1\n16384\n');
    expect(stderr).toBe('error: standard output is not whole: the disk is full (ENOSPC)\n'.repeat(2));
  });

  test('O6: an error that cannot be told leaves its exit code', async () => {
    const { code } = await run('sh', [
      '-c',
      'exec "$@" 2>/dev/full',
      'sh',
      process.execPath,
      program,
      'collect',
      '/none',
    ]);
    expect(code).toBe(2);
  });

  testAsRoot('a read-only disk is told before anything is collected', async () => {
    const { code, stdout, stderr, left } = await onDisk('ro', 'disk/b.tar.gz');
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: '' });
    expect(stderr).toMatch(
      /^error: disk\/b\.tar\.gz: \S+disk: the file system is read-only \(EROFS\); choose another place with --output\n$/,
    );
  });
});

/** Collects onto a small disk, which is mounted for the command alone and goes with it; then lists what is left there. */
async function onDisk(
  options: string,
  output: string,
  spec = large,
): Promise<Omit<Ended, 'stdout'> & { stdout: string; left: string }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'disk'));
  const script = `mount -t tmpfs -o mode=0755,${options} none disk || exit 99; "$@"; code=$?; ls -A disk > left; exit $code`;
  const command = [process.execPath, program, 'collect', spec, '-q', '-o', output];
  const ended = await run('unshare', ['-m', 'sh', '-c', script, 'sh', ...command], {
    cwd: folder,
    env: { ...process.env, TMPDIR: join(folder, 'disk') },
  });
  return { ...ended, stdout: ended.stdout.toString(), left: await readFile(join(folder, 'left'), 'utf8') };
}
