import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, temporaryFolder } from '../src/net/lab.fixture.ts';
import { packArchive } from '../src/redact/archives/archive.ts';
import { hostbundle, run } from './lab.ts';

afterAll(cleanUp);

const secret = 'Zß7/+ q"wert&ü';
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'canary.txt'), `unfound-value\r\n\n${secret}\npin9\n`);
});

async function look(
  files: Readonly<Record<string, string | Uint8Array>>,
  args: readonly string[] = ['--canary', 'canary.txt'],
) {
  const top = join(await temporaryFolder(), 'b');
  await mkdir(top);
  for (const [path, content] of Object.entries({ 'version.yaml': 'v: 1\n', ...files }))
    await writeFile(join(top, path), content);
  await run('tar', ['czf', `${top}.tar.gz`, '-C', join(top, '..'), 'b']);
  const ended = await hostbundle(['verify', '--format', 'json', ...args, `${top}.tar.gz`], { cwd: folder });
  const { redaction } = JSON.parse(ended.stdout.toString() || '{}');
  return { ...ended, ...redaction };
}

describe('verify --canary', () => {
  const bytes = Buffer.from(secret);
  test.each<[string, string | Uint8Array]>([
    ['plain', secret],
    ['base64', bytes.toString('base64')],
    ['base64, behind one more', Buffer.concat([Buffer.from('a'), bytes]).toString('base64')],
    ['base64, behind two more', Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('x')]).toString('base64url')],
    ['URL', encodeURIComponent(secret)],
    ['URL, blanks as +, in lower case', encodeURIComponent(secret).replaceAll('%20', '+')],
    ['hexadecimal', bytes.toString('hex').toUpperCase()],
    ['JSON', JSON.stringify({ a: secret })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ a: secret }))],
    ['JSON in ASCII', '"Z\\u00df7/+ q\\"wert&\\u00fc"'],
    ['XML', '<a>Zß7/+ q&quot;wert&amp;ü</a>'],
    ['UTF-16', Buffer.from(`\ufeff some text ${secret}`, 'utf16le')],
    ['in a binary file', Buffer.concat([Buffer.from([0, 1, 2]), bytes])],
    ['where pieces meet', `${'x\n'.repeat(131_072 - 5)}${secret}`],
  ])('%s', async (_form, content) => {
    const { code, sightings, stdout, stderr } = await look({ 'a.log': content });
    expect([code, stderr]).toEqual([3, '']);
    expect(sightings).toEqual([
      { path: 'a.log', rule: 'canary 3', count: expect.any(Number), lines: [expect.any(Number)] },
    ]);
    expect(stdout.toString()).not.toContain('wert');
  });

  test('a short one, its line, and a name, which is not shown', async () => {
    const { sightings } = await look({ 'a.log': 'x\n\npin9', 'xpin9y.log': '' });
    expect(sightings).toEqual([
      { path: 'a.log', rule: 'canary 4', count: 1, lines: [3] },
      { path: 'x***HIDDEN***y.log', rule: 'canary 4', count: 1, lines: [] },
    ]);
  });

  test.each([
    ['none.txt', 'there is no such file'],
    ['.', 'it is a folder'],
    ['/dev/zero', 'is it the right file?'],
    ['empty.txt', 'there is no secret in it'],
    ['short.txt', 'line 2 has less than 4 characters'],
  ])('a list that is none: %s', async (name, message) => {
    await writeFile(join(folder, 'empty.txt'), '\n\n');
    await writeFile(join(folder, 'short.txt'), 'long enough\nxyz');
    const { code, stderr } = await look({}, ['--canary', name]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain('xyz');
  });
});

describe('verify --redaction', () => {
  test('what would still be masked: file, line and rule, never the value; names too', async () => {
    const { code, sightings, stdout } = await look(
      {
        '.netrc': 'machine\n',
        '.pgpass': '[hostbundle: withheld: it is never collected]\n',
        'a.env': 'A=b\nDB_PASSWORD=hunter2\n',
        'token=abcdef1.txt': '',
        'b.txt': 'password=***HIDDEN***\n',
        'c.txt': Buffer.from('\ufeffpassword=hunter2', 'utf16le'),
      },
      ['--redaction'],
    );
    expect(code).toBe(3);
    expect(sightings).toEqual([
      { path: '.netrc', rule: 'never-collected', count: 1, lines: [] },
      { path: 'a.env', rule: 'secret-key', count: 1, lines: [2] },
      { path: 'c.txt', rule: 'secret-key', count: 1, lines: [1] },
      { path: 'token=***HIDDEN***', rule: 'secret-key', count: 1, lines: [] },
    ]);
    expect(stdout.toString()).not.toMatch(/hunter2|abcdef1/);
  });

  test('in archives too, by rules and for canaries', async () => {
    const archive = packArchive('zip', [
      { path: 'in/a.env', bytes: Buffer.from('x\nDB_PASSWORD=hunter2\n'), mtime: new Date(0), mode: 0o600 },
      {
        path: 'in/b.bin',
        bytes: Buffer.from([0, 1, 2, ...Buffer.from('unfound-value')]),
        mtime: new Date(0),
        mode: 0o600,
      },
    ]);
    const { code, sightings, unsearched } = await look({ 'a.zip': archive, 'b.gz': gzipSync('pin9') });
    expect(code).toBe(3);
    expect(sightings).toEqual([
      { path: 'a.zip/in/a.env', rule: 'secret-key', count: 1, lines: [2] },
      { path: 'a.zip/in/b.bin', rule: 'canary 1', count: 1, lines: [1] },
      { path: 'b.gz/b', rule: 'canary 4', count: 1, lines: [1] },
    ]);
    expect(unsearched).toEqual([{ path: 'a.zip/in/b.bin', reason: 'it is binary' }]);
  });

  test('what cannot be searched is said, exit 5; nothing of "-"', async () => {
    const { code, unsearched } = await look({ 'a.bin': Buffer.from([0, 1, 2]) }, ['--redaction']);
    expect([code, unsearched]).toEqual([5, [{ path: 'a.bin', reason: 'it is binary' }]]);
    expect((await hostbundle(['verify', '--redaction', '-'], { input: '' })).code).toBe(2);
  });
});
