import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { entry, header, honestEntries, symlink, tar } from '../src/bundle/tar.fixture.ts';
import { cleanUp, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { type Ended, hostbundle, onTerminal, program, run, specText } from './lab.ts';

afterAll(cleanUp);

// Many runs of the program each.
jest.setTimeout(120_000);

const rule = (collectorName: string) => ({
  tcpConnect: {
    collectorName,
    outcomes: [{ pass: { when: 'connected', message: 'fine', uri: 'javascript:alert(1)' } }],
  },
});
const files = {
  'host-collectors/connect/api.json': '{"status":"connected","message":""}',
  'host-collectors/connect/db.json': '{"status":"connected","message":""}',
  'spec.yaml': specText([], [rule('api'), rule('db')]),
  'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n',
};
const sound = honestEntries(files);

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const bundles = {
    sound: tar(...sound),
    unsafe: tar(...sound.slice(0, 1), entry('../../evil', 'x'), ...sound.slice(1)),
    twice: tar(...sound.slice(0, 1), ...sound),
    device: tar(header({ name: 'b/tty', type: '3' }), ...sound),
    cut: tar(...sound).subarray(0, 1024 + 600),
    trailing: Buffer.concat([tar(...sound), Buffer.from('more')]),
    clash: tar(...sound.slice(0, 2), entry('b/host-collectors/connect', 'x'), ...sound.slice(2)),
    link: tar(
      entry('b/host-collectors/connect/real.json', files['host-collectors/connect/api.json']),
      symlink('b/host-collectors/connect/api.json', 'real.json'),
      symlink('b/host-collectors/connect/db.json', '../../../../etc/passwd'),
      ...honestEntries({ 'spec.yaml': files['spec.yaml'], 'version.yaml': files['version.yaml'] }).slice(0, 2),
    ),
  };
  for (const [name, bytes] of Object.entries(bundles)) await writeFile(join(folder, `${name}.tar.gz`), gzipSync(bytes));
});

function inFolder(words: readonly string[]): Promise<Ended> {
  return hostbundle(words, { cwd: folder });
}

interface Document {
  readonly bundles: readonly {
    readonly bundle: string;
    readonly verdict: string;
    readonly notes: readonly string[];
    readonly error: { readonly code: string; readonly message: string } | null;
    readonly findings: readonly {
      readonly verdict: string;
      readonly reason: string | null;
      readonly uri: string | null;
    }[];
  }[];
}

async function analyzed(...words: string[]): Promise<Document['bundles'] & { code?: number | null }> {
  const { code, stdout } = await inFolder(['analyze', ...words, '--format', 'json']);
  return Object.assign((JSON.parse(stdout.toString()) as Document).bundles, { code });
}

describe('R12: a bundle that is refused', () => {
  test('is one result among those of the others, and the exit code is the worst', async () => {
    const results = await analyzed('sound.tar.gz', 'unsafe.tar.gz', 'missing.tar.gz', 'sound.tar.gz');
    expect(results.map(({ verdict, error }) => [verdict, error?.code ?? null])).toEqual([
      ['pass', null],
      ['unknown', 'bad-name'],
      ['unknown', 'not-found'],
      ['pass', null],
    ]);
    expect(results.code).toBe(2);
  });

  test.each([
    ['unsafe', 'bad-name', '"../../evil"'],
    ['twice', 'duplicate-name', '"b/host-collectors/connect/api.json" twice'],
    ['device', 'forbidden-type', '"b/tty" is a character device'],
    ['clash', 'duplicate-name', '"b/host-collectors/connect" as a file and as a folder'],
    ['cut', 'damaged', 'the last of them "b/host-collectors/connect/db.json"'],
    ['trailing', 'trailing-data', 'data follows the end of the tar archive'],
  ])('R5, R7, R8, R9: has a stable code and the name of the entry: %s', async (name, code, message) => {
    const [result] = await analyzed(`${name}.tar.gz`);
    expect(result?.error?.code).toBe(code);
    expect(result?.error?.message).toContain(message);
    for (const command of ['verify', 'inspect']) {
      const { code: exit, stderr, stdout } = await inFolder([command, `${name}.tar.gz`]);
      expect([exit, stdout.toString()]).toEqual([2, '']);
      expect(stderr).toContain(message);
    }
  });
});

describe('R6: --keep-going', () => {
  const fine = ['pass', null];
  const refused = (reason: string) => ['unknown', expect.stringContaining(reason)];

  test.each([
    ['unsafe', [fine, fine], 'refused: ../../evil: '],
    ['device', [fine, fine], 'refused: tty: '],
    ['trailing', [fine, fine], 'refused: the rest: data follows the end'],
    ['twice', [refused('api.json was refused: the bundle holds'), fine], 'refused: host-collectors/connect/api.json: '],
    [
      'clash',
      [refused('as a file and as a folder'), refused('as a file and as a folder')],
      'refused: host-collectors/connect: ',
    ],
  ])('judges what is sound, and what was refused is unknown for that reason: %s', async (name, findings, note) => {
    const [result] = await analyzed(`${name}.tar.gz`, '--keep-going');
    expect(result?.findings.map(({ verdict, reason }) => [verdict, reason])).toEqual(findings);
    expect(result?.notes.join('\n')).toContain(note);
    // Never "passed" over something that was not whole.
    expect(result?.verdict).toBe('unknown');
  });

  test('takes what stands before a break, by rules that are given', async () => {
    await writeFile(join(folder, 'rules.yaml'), files['spec.yaml']);
    const [result] = await analyzed('cut.tar.gz', '--keep-going', '--spec', 'rules.yaml');
    expect(result?.findings.map(({ verdict, reason }) => [verdict, reason])).toEqual([fine, refused('breaks off')]);
    const [without] = await analyzed('cut.tar.gz', '--keep-going');
    expect(without?.error).toMatchObject({
      code: 'no-spec',
      message: expect.stringContaining('spec.yaml was refused'),
    });
  });

  test('inspect shows what was refused beside what is there, and its exit code is that of a refusal', async () => {
    const { stdout, code } = await inFolder(['inspect', 'unsafe.tar.gz', '--keep-going']);
    expect(stdout.toString()).toMatch(/\nrefused\n {2}bad-name: \.\.\/\.\.\/evil: .*\n\nfiles\n/);
    expect(stdout.toString()).toContain('host-collectors/connect/api.json');
    expect(code).toBe(2);
    const json = await inFolder(['inspect', 'twice.tar.gz', '--keep-going', '--format', 'json']);
    const { refused: list, integrity } = JSON.parse(json.stdout.toString());
    expect(list).toEqual([
      expect.objectContaining({ path: 'host-collectors/connect/api.json', code: 'duplicate-name' }),
    ]);
    expect(integrity.state).toBe('broken');
    const file = await inFolder(['inspect', 'twice.tar.gz', 'host-collectors/connect/api.json', '--keep-going']);
    expect(file.stderr).toContain('host-collectors/connect/api.json was refused: ');
  });

  test('changes nothing for a bundle that is sound', async () => {
    for (const words of [['inspect'], ['analyze'], ['analyze', '--format', 'yaml']]) {
      const [command = '', ...more] = words;
      const plain = await inFolder([command, 'sound.tar.gz', ...more]);
      const going = await inFolder([command, 'sound.tar.gz', ...more, '--keep-going']);
      expect([going.code, going.stdout, going.stderr]).toEqual([plain.code, plain.stdout, plain.stderr]);
    }
  });
});

describe('R3: --limit', () => {
  test.each([
    ['entries=2', 'too many entries; the limit entries is 2, which --limit entries=N raises'],
    ['entryBytes=20B', 'the limit entryBytes is 20 bytes'],
    ['bundleBytes=100', 'the limit bundleBytes is 100 bytes'],
    ['unpackedBytes=1KiB', 'the limit unpackedBytes is 1 KiB'],
    ['pathSegments=2', '"b/host-collectors/connect/api.json": it has 4 parts; the limit pathSegments is 2'],
    ['segmentBytes=3', 'the limit segmentBytes is 3 bytes'],
  ])('each refusal names its limit, and that can be changed: %s', async (limit, message) => {
    for (const command of ['analyze', 'verify', 'inspect']) {
      const { code, stderr } = await inFolder([command, 'sound.tar.gz', '--limit', limit]);
      expect(code).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).toContain(`--limit ${limit.split('=')[0]}=N raises`);
    }
    const name = limit.split('=')[0];
    expect((await inFolder(['verify', 'sound.tar.gz', '--limit', limit, '--limit', `${name}=1000000`])).code).toBe(0);
  });

  test.each([
    ['entires=5', '--limit entires=5: write NAME=N; did you mean entries?'],
    ['entries', '--limit entries: write NAME=N; known: bundleBytes, '],
    ['entries=many', '--limit entries=many: entries takes a whole number, more than 0'],
    ['entryBytes=-1', '--limit entryBytes=-1: entryBytes takes a size such as 512MiB, more than 0'],
  ])('a mistake is told with what to write: %s', async (limit, message) => {
    const { code, stderr } = await inFolder(['verify', 'sound.tar.gz', '--limit', limit]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test('R9: a relative link inside the bundle is followed there, one that leads out of it is not', async () => {
  const [result] = await analyzed('link.tar.gz');
  expect(result?.findings.map(({ verdict }) => verdict)).toEqual(['pass', 'unknown']);
  const { stderr } = await inFolder(['inspect', 'link.tar.gz', 'host-collectors/connect/db.json']);
  expect(stderr).toContain('it leads out of the bundle');
  expect(stderr).not.toContain('root:');
});

test('R1: no module can unpack: of tar it is the parser, and what encodes headers, alone', async () => {
  const sources = await readdir('src', { recursive: true });
  for (const file of sources.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const imports = [...(await readFile(join('src', file), 'utf8')).matchAll(/import (.*) from 'tar'/g)];
    const names = imports.flatMap(([, list = '']) => list.replace(/[{} ]|type /g, '').split(','));
    expect(['Header', 'Parser', 'Pax', 'ReadEntry']).toEqual(expect.arrayContaining(names));
  }
});

test('R13: what nobody foresaw is one line that names the bundle, and exit 1', async () => {
  const plant = join(folder, 'plant.cjs');
  const fail = "clearInterval(timer); throw new Error('\\u001b[31mboom');";
  await writeFile(
    plant,
    `const timer = setInterval(() => { if (process.listenerCount('uncaughtException') > 0) { ${fail} } }, 1);`,
  );
  const { code, stdout, stderr } = await run(
    process.execPath,
    ['--require', plant, program, 'verify', 'sound.tar.gz'],
    {
      cwd: folder,
    },
  );
  expect([code, stdout.toString()]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^sound\.tar\.gz: error: this is a bug in hostbundle, .*: \\u001b\[31mboom \(run again with --debug.*\)\n$/,
  );
});

describe('O2: one file of a bundle', () => {
  const nasty = 'a\u001b[31m\u202e\u009b\rb\n';

  beforeAll(async () => {
    const bytes = gzipSync(tar(...honestEntries({ ...files, 'host-collectors/run-host/x.txt': nasty })));
    await writeFile(join(folder, 'nasty.tar.gz'), bytes);
  });

  test('goes to a pipe as it is', async () => {
    const { stdout } = await inFolder(['inspect', 'nasty.tar.gz', 'host-collectors/run-host/x.txt']);
    expect(stdout.toString()).toBe(nasty);
  });

  testWith('script', 'goes to a terminal in visible characters, with a note, unless --raw', async () => {
    const words = ['inspect', join(folder, 'nasty.tar.gz'), 'host-collectors/run-host/x.txt'];
    const { shown } = await onTerminal(words);
    expect(shown).toContain('a\\u001b[31m\\u202e\\u009b\\u000db');
    expect(shown).toContain('use --raw or a pipe');
    expect((await onTerminal([...words, '--raw'])).shown).toContain('\u001b[31m');
  });
});

test('O3: only addresses of the web are shown', async () => {
  const [result] = await analyzed('sound.tar.gz');
  expect(result?.findings.map(({ uri }) => uri)).toEqual([null, null]);
});
