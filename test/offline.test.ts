import { cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, closedPort, listen, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { hostbundle, program, run, shell, specFile, specText, start, startHostbundle, tcpConnect } from './lab.ts';

afterAll(cleanUp);

const rules = [
  { tcpConnect: { collectorName: 'up', checkName: 'Up', outcomes: [{ pass: { when: 'connected', message: 'up' } }] } },
  { tcpConnect: { collectorName: 'down', checkName: 'Down', outcomes: [{ fail: { when: 'connection-refused' } }] } },
];

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await realpath(await temporaryFolder());
  bundle = join(folder, 'b.tar.gz');
  const { port } = await listen();
  const spec = await specFile(
    [tcpConnect('up', `localhost:${port}`), tcpConnect('down', `127.0.0.1:${await closedPort()}`)],
    rules,
  );
  expect(await hostbundle(['collect', spec, '-q', '-o', bundle])).toMatchObject({ code: 0 });
});

describe('analyze', () => {
  testWith('unshare', 'works without any network, loopback included', async () => {
    const { code, stdout, stderr } = await run('unshare', ['-rn', process.execPath, program, 'analyze', bundle]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout.toString()).toContain('1 pass, 0 warn, 1 fail');
  });

  testWith(
    'strace',
    'R1: opens no socket, writes no file, and reads only itself, the system and the bundle',
    async () => {
      const calls = await traced(['analyze', bundle, '--format', 'json']);
      expect(calls.filter(({ text }) => /\b(socket|connect|bind|sendto|sendmsg)\(/.test(text))).toEqual([]);
      const opened = calls.filter(({ path, result }) => path !== undefined && result >= 0);
      expect(opened.filter(({ text }) => /O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)/.test(text))).toEqual([]);
      const paths = new Set(opened.map(({ path }) => path));
      expect(paths).toContain(bundle);
      expect([...paths].filter((path) => path !== bundle && !isOurs(path ?? ''))).toEqual([]);
    },
  );

  test('keeps stdout one JSON document while it warns on stderr', async () => {
    const { stdout, stderr } = await hostbundle(['analyze', bundle, '--spec', '-', '--format', 'json'], {
      input: specText([], [...rules, { nothing: {} }, { tcpConnect: { collectorName: 'up', outcomes: [], typo: 1 } }]),
    });
    expect(stderr.match(/^<stdin>:1:\d+: warning: /gm)?.length).toBeGreaterThanOrEqual(2);
    const { bundles } = JSON.parse(stdout.toString()) as { bundles: { findings: object[] }[] };
    expect(bundles.map(({ findings }) => findings.length)).toEqual([4]);
  });
});

describe('E7: a function of a spec', () => {
  const withFunction = join(import.meta.dirname, '../fixtures/bundles/hostbundle-0.1.0.tar.gz');
  const loadsSandbox = async (args: readonly string[]) =>
    (await traced(args, withFunction)).some(({ path }) => path?.endsWith('/dist/sandbox.cjs') === true);

  testWith('strace', 'is run to judge', async () => expect(await loadsSandbox(['analyze', withFunction])).toBe(true));

  testWith('strace', 'is run by no other command, nor against --no-eval', async () => {
    for (const args of [
      ['analyze', withFunction, '--no-eval'],
      ['validate', withFunction],
      ['inspect', withFunction],
      ['inspect', withFunction, 'spec.yaml'],
      ['verify', withFunction],
    ]) {
      expect([args[0], await loadsSandbox(args)]).toEqual([args[0], false]);
    }
  });
});

interface Call {
  readonly text: string;
  /** Of a file that was opened. */
  readonly path: string | undefined;
  readonly result: number;
}

/** The system calls on files and sockets of a whole run, children included. */
async function traced(args: readonly string[], opened = bundle): Promise<readonly Call[]> {
  const log = join(folder, 'strace');
  const options = ['-f', '-qq', '-s', '4096', '-e', 'trace=%network,open,openat,openat2,creat', '-o', log];
  await run('strace', [...options, process.execPath, program, ...args], { cwd: folder });
  const text = await readFile(log, 'utf8');
  expect(text).toContain(`openat(AT_FDCWD, "${opened}"`);
  return text
    .split('\n')
    .filter((line) => !/ (--- |\+\+\+ |<\.\.\. )/.test(line))
    .map((line) => ({
      text: line,
      path: /open\w*\((?:AT_FDCWD, )?"([^"]*)"/.exec(line)?.[1],
      result: Number(/ = (-?\d+)/.exec(line)?.[1] ?? 0),
    }));
}

const project = resolve(dirname(program), '..');
const ours = ['bin', 'dist', 'package.json', 'node_modules'].map((name) => join(project, name));
const systems = ['/lib', '/lib64', '/usr', '/etc/ld.so', '/etc/ssl', '/etc/localtime', '/proc', '/sys', '/dev/null'];

function isOurs(path: string): boolean {
  return [...ours, ...systems, process.execPath].some((start) => path.startsWith(start));
}

describe('O6: stdout', () => {
  let large: string;

  beforeAll(async () => {
    large = join(await temporaryFolder(), 'large');
    await mkdir(join(large, 'host-collectors/connect'), { recursive: true });
    await writeFile(join(large, 'version.yaml'), 'apiVersion: troubleshoot.sh/v1beta2\n');
    await writeFile(join(large, 'host-collectors/connect/connect.json'), '{"status":"connected"}');
    const message = 'x'.repeat(1000);
    const rule = { tcpConnect: { outcomes: [{ pass: { when: 'connected', message } }] } };
    const analyzers = Array.from({ length: 2700 }, () => rule);
    await writeFile(join(large, 'spec.yaml'), specText([], analyzers));
  });

  test('is whole behind a slow reader', async () => {
    const { stdout } = await shell(`hostbundle analyze '${large}' --format json 2>/dev/null | (sleep 1; cat)`);
    expect(stdout.length).toBeGreaterThan(3_000_000);
    const { bundles } = JSON.parse(stdout.toString()) as { bundles: { findings: object[] }[] };
    expect(bundles[0]?.findings).toHaveLength(2700);
  });

  test.each([
    ['json', '--format json', '{'],
    ['human', '', '! integrity cannot be checked: it has no manifest.json'],
  ])('ends quietly when its reader has gone: %s', async (_format, options, first) => {
    const { stdout, stderr } = await shell(
      `hostbundle analyze '${large}' ${options} 2> '${folder}/err' | head -1; echo "exit \${PIPESTATUS[0]}" >&2`,
    );
    expect(stdout.toString()).toBe(`${first}\n`);
    expect(stderr).toBe('exit 0\n');
    expect(await readFile(join(folder, 'err'), 'utf8')).not.toMatch(/error|EPIPE|\bat /);
  });

  test('a reader of stderr that has gone does not end the run', async () => {
    const { stdout, code } = await shell(`hostbundle analyze '${large}' --format json 2> >(true)`);
    expect(code).toBe(0);
    expect(() => JSON.parse(stdout.toString())).not.toThrow();
  });
});

describe('S7: what others left lying in the working folder', () => {
  test('a package.json that never ends, there or above, is not even looked at', async () => {
    const above = await temporaryFolder();
    const below = join(above, 'below');
    await mkdir(below);
    await run('mkfifo', [join(above, 'package.json')]);
    const { child, ended } = startHostbundle(['--version'], { cwd: below });
    const timer = setTimeout(() => child.kill('SIGKILL'), 4000);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    clearTimeout(timer);
  });

  test('nor is anything beside the folder that the program lies in, such as /tmp', async () => {
    const above = await temporaryFolder();
    for (const part of ['bin', 'dist', 'package.json']) {
      await cp(join(import.meta.dirname, '..', part), join(above, 'hostbundle', part), { recursive: true });
    }
    await mkdir(join(above, 'locales'));
    await run('mkfifo', [join(above, 'locales/en_US.json')]);
    const { child, ended } = start(process.execPath, [join(above, 'hostbundle/bin/hostbundle.js'), 'nonsense']);
    const timer = setTimeout(() => child.kill('SIGKILL'), 4000);
    expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining('Unknown command: nonsense') });
    clearTimeout(timer);
  });
});
