import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../src/bundle/manifest.ts';
import { cleanUp, closedPort, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { hostbundle, opened, shell, specFile, tcpConnect } from './lab.ts';

afterAll(cleanUp);

const secret = 'tr0ub4dor&3-zz';
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});

/** A bundle as the Go tools make them, as a folder. */
async function goBundle(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const top = join(await temporaryFolder(), 'bundle');
  for (const [path, content] of Object.entries({ 'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n', ...files })) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), content);
  }
  return top;
}

async function redact(source: string, args: readonly string[] = [], name = 'out.tar.gz') {
  const place = await temporaryFolder();
  const ended = await hostbundle(['redact', source, '-o', name, '--format', 'json', ...args], { cwd: place });
  return {
    ...ended,
    place,
    file: join(place, name),
    said: ended.stdout.length > 0 ? JSON.parse(String(ended.stdout)) : undefined,
  };
}

describe('redact', () => {
  test('of a few MiB: text goes by in pieces, and what must be seen as a whole is', async () => {
    const text = `begins with ${secret}\n${'an ordinary line of a log\n'.repeat(120_000)}password=${secret}\n`;
    const source = await goBundle({
      'a.log': text,
      'b.json': JSON.stringify({
        text,
        list: Array.from({ length: 1000 }, (_, number) => ({ number, token: secret })),
      }),
      'c.log': Buffer.from(`\ufeff${text}`, 'utf16le'),
      'd.log.gz': gzipSync(text + randomBytes(3 << 20).toString('base64')),
      'e.log': Buffer.concat([Buffer.from(text), Buffer.alloc(1 << 20, 2)]),
    });
    const { code, file, said } = await redact(source);
    expect(code).toBe(5);
    expect(said.withheld).toEqual([{ path: 'e.log', reason: 'it is binary' }]);
    const bundle = await opened(file);
    const masked = text.replaceAll(secret, '***HIDDEN***');
    const read = async (path: string) => (await hostbundle(['inspect', file, path])).stdout;
    expect((await read('a.log')).toString()).toBe(masked);
    expect(JSON.parse((await read('b.json')).toString())).toMatchObject({ list: { length: 1000 } });
    expect((await read('c.log')).equals(Buffer.from(`\ufeff${masked}`, 'utf16le'))).toBe(true);
    expect(
      gunzipSync(await read('d.log.gz'))
        .subarray(0, masked.length)
        .toString(),
    ).toBe(masked);
    expect(bundle.integrity.state).toBe('sound');
    expect((await hostbundle(['verify', '--redaction', file])).stdout.toString()).toContain('no secrets found');
  });

  test('masks what is found anywhere in every file, before and behind, small and large, in names too', async () => {
    const filler = `${'an ordinary line of a log\n'.repeat(700_000)}`;
    const source = await goBundle({
      'a/early.log': `printed ${secret} bare\n`,
      'a/large.log': `begins with ${secret}\n${filler}ends with ${secret}`,
      'm/config.env': `DB_PASSWORD=${secret}\n`,
      [`z/${secret}.txt`]: 'nothing\n',
      'z/___HIDDEN___.txt': 'another\n',
      'z/same.txt': 'the same bytes \xff\r\n',
    });
    const { code, stderr, file, said } = await redact(source);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const bundle = await opened(file);
    expect(bundle.integrity.state).toBe('sound');
    expect([...bundle.files.keys()]).toEqual([
      'a/early.log',
      'a/large.log',
      'm/config.env',
      'manifest.json',
      'redaction-report.json',
      'version.yaml',
      'z/___HIDDEN___.txt',
      'z/___HIDDEN___.txt-2',
      'z/same.txt',
    ]);
    for (const path of bundle.files.keys()) expect(String(bundle.read(path))).not.toContain(secret);
    expect(String(bundle.read('a/early.log'))).toBe('printed ***HIDDEN*** bare\n');
    const large = await hostbundle(['inspect', file, 'a/large.log']);
    const expected = `begins with ***HIDDEN***\n${filler}ends with ***HIDDEN***`;
    expect(large.stdout.equals(Buffer.from(expected))).toBe(true);
    expect(bundle.read('z/same.txt')).toEqual(await readFile(join(source, 'z/same.txt')));
    expect(said).toMatchObject({
      schemaVersion: 'hostbundle.redact/v1',
      masked: 4,
      withheld: [],
      sha256: sha256(await readFile(file)),
    });
    expect(bundle.manifest?.redaction).toMatchObject({
      mode: 'on',
      masked: 4,
      withheld: 0,
      source: said.source.sha256,
    });
  }, 30_000);

  test('A5: of a bundle of ours: results, verdicts and collections stay; the old one is named by its digest', async () => {
    const analyzer = {
      tcpConnect: {
        checkName: 'api',
        collectorName: 'one',
        outcomes: [{ fail: { when: 'connection-refused', message: 'no' } }],
      },
    };
    const spec = await specFile([tcpConnect('one', `127.0.0.1:${await closedPort()}`)], [analyzer]);
    await hostbundle(['collect', spec, '-q', '--no-redact', '-o', 'old.tar.gz'], { cwd: folder });
    const old = join(folder, 'old-unredacted.tar.gz');
    const { code, file } = await redact(old);
    expect(code).toBe(0);
    const [before, after] = [await opened(old), await opened(file)];
    expect(after.manifest).toMatchObject({
      collections: before.manifest?.collections,
      created: before.manifest?.created,
      complete: true,
      notes: [],
      redaction: { mode: 'on', source: sha256(await readFile(old)) },
    });
    const verdicts = await Promise.all(
      [old, file].map(async (one) => {
        const { stdout } = await hostbundle(['analyze', one, '--format', 'json']);
        return JSON.parse(String(stdout)).bundles[0].findings;
      }),
    );
    expect(verdicts[1]).toEqual(verdicts[0]);
    // What was masked once stays masked, and is still counted.
    const again = await redact(file, [], 'again.tar.gz');
    expect(again.said.masked).toBe(0);
  }, 30_000);

  test('S9: what cannot be searched is withheld, exit 5; --allow-binary and --redact-skip as in collect', async () => {
    const source = await goBundle({
      'a.bin': Buffer.from([0, 1, 2, 3]),
      'b.bin': Buffer.from([0, 1, 2, 3]),
      'copy/root/.bash_history': 'ls\n',
      'large.bin': Buffer.alloc(17 << 20, 1),
      'late.log': Buffer.concat([Buffer.alloc(17 << 20, 'a line\n'), Buffer.alloc(1 << 20, 2)]),
    });
    const { code, said, file } = await redact(source, ['--allow-binary', 'b.*']);
    expect(code).toBe(5);
    expect(said.withheld).toEqual([
      { path: 'a.bin', reason: 'it is binary' },
      { path: 'copy/root/.bash_history', reason: 'it is never collected, as a history of commands' },
      { path: 'large.bin', reason: 'it is binary' },
      { path: 'late.log', reason: 'it is binary' },
    ]);
    const bundle = await opened(file);
    expect(String(bundle.read('late.log'))).toBe('[hostbundle: withheld: it is binary]\n');
    expect(bundle.read('b.bin')).toEqual(Buffer.from([0, 1, 2, 3]));
    expect((await redact(source, ['--redact-skip', 'nothing'])).code).toBe(2);
    // Withheld before, it is nobody's news.
    expect((await redact(file, ['--allow-binary', 'b.*'])).code).toBe(0);
  }, 30_000);

  test('--redactors: those of Redactor documents, which nothing else in a spec may be for', async () => {
    const place = await temporaryFolder();
    const spec = join(place, 'redactors.yaml');
    await writeFile(
      spec,
      'apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nspec:\n  redactors:\n  - name: case\n    fileSelector: {file: "*.log"}\n    removals:\n      regex: [{redactor: "(case )(?P<mask>[0-9]+)"}]\n',
    );
    const source = await goBundle({
      'a.log': 'case 1234\n',
      'b.txt': 'case 1234\n',
      'large.log': 'x\n'.repeat(9 << 20),
    });
    const { code, file, said } = await redact(source, ['--redactors', spec]);
    expect(code).toBe(5);
    expect(said.withheld).toEqual([{ path: 'large.log', reason: 'it is too large for a redactor' }]);
    const bundle = await opened(file);
    expect([String(bundle.read('a.log')), String(bundle.read('b.txt'))]).toEqual([
      'case ***HIDDEN***\n',
      'case 1234\n',
    ]);
    const other = await specFile([tcpConnect('one', '127.0.0.1:1')]);
    const refused = await redact(source, ['--redactors', other]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('there is no redactor here')]);
  }, 30_000);

  test('a link is a file of its own; what is hostile is refused; nothing is overwritten or left behind', async () => {
    const source = await goBundle({ 'real.log': `token=${secret}\n` });
    await symlink('real.log', join(source, 'alias.log'));
    const { file, place } = await redact(source);
    expect(String((await opened(file)).read('alias.log'))).toBe('token=***HIDDEN***\n');
    const twice = await hostbundle(['redact', source, '-o', file]);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('never overwritten')]);
    await writeFile(join(place, 'bad.tar.gz'), gzipSync(Buffer.alloc(1024, 'x')));
    const bad = await hostbundle(['redact', 'bad.tar.gz'], { cwd: place });
    expect([bad.code, String(bad.stdout)]).toEqual([2, '']);
    expect((await readdir(place)).sort()).toEqual(['bad.tar.gz', 'out.tar.gz']);
    for (const args of [['-'], [source, '-o', '-']])
      expect((await hostbundle(['redact', ...args], { cwd: place })).code).toBe(2);
  }, 30_000);

  testWith('age-keygen', '--sign, --recipient, --identity', async () => {
    const source = await goBundle({ 'a.env': `API_TOKEN=${secret}\n` });
    const line = [
      'hostbundle keygen -o v.pem > /dev/null; age-keygen -o key.txt 2> /dev/null',
      `hostbundle redact '${source}' -o one.tar.gz --sign v.pem --recipient "$(age-keygen -y key.txt)" > /dev/null`,
      'hostbundle redact one.tar.gz.age -o two.tar.gz --identity key.txt > /dev/null',
      'hostbundle verify one.tar.gz.age --identity key.txt --key v.pem.pub && hostbundle inspect two.tar.gz a.env',
    ].join('\n');
    const { stdout, stderr, code } = await shell(line, { cwd: await temporaryFolder() });
    expect([stderr, code]).toEqual(['', 0]);
    expect(String(stdout)).toMatch(/^sound: .*\nsigned by .*\nAPI_TOKEN=\*\*\*HIDDEN\*\*\*\n$/);
  });
});
