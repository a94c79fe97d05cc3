import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../../contract/limits.ts';
import { parseGlob } from '../../go/glob.ts';
import { testWith } from '../../net/lab.fixture.ts';
import { createRedaction } from '../redaction.ts';
import { mask } from '../span.ts';
import { createBudget, type Member, openArchive, packArchive } from './archive.ts';

const secret = 'tr0ub4dor&3';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostbundle-lab-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (path: string, content: string | Buffer): Member => ({
  path,
  bytes: Buffer.from(content as string),
  mtime: new Date('2026-01-02T03:04:06Z'),
  mode: 0o600,
});

async function redacted(path: string, content: Buffer, options: Parameters<typeof createRedaction>[0] = {}) {
  const entry = await createRedaction(options).redact({ path, content });
  return { ...entry, bytes: Buffer.from(entry.bytes) };
}

const members = (kind: 'tar' | 'zip', bytes: Buffer) =>
  openArchive(kind, '', bytes, createBudget(limits)).map(({ path, bytes: content }) => [path, content?.toString()]);

describe('a file in an archive', () => {
  const inside = [file('logs/a.env', `DB_PASSWORD=${secret}\n`), file('logs/b.txt', 'nothing\n')];
  const masked = [
    ['logs/a.env', `DB_PASSWORD=${mask}\n`],
    ['logs/b.txt', 'nothing\n'],
  ];

  test.each(['tar', 'zip'] as const)('is masked in %s, and told by its own place', async (kind) => {
    const entry = await redacted(`x.${kind}`, packArchive(kind, inside));
    expect(members(kind, entry.bytes)).toEqual(masked);
    expect(entry.masked).toEqual([
      { rule: 'secret-key', member: `x.${kind}/logs/a.env`, count: 1, lines: [1], digests: [expect.any(String)] },
    ]);
  });

  test('is masked in tar.gz, gz, and in archives in archives; its name too', async () => {
    const tar = packArchive('tar', [
      ...inside,
      file('in.zip', packArchive('zip', inside)),
      file(`log-token=${secret}.txt`, ''),
    ]);
    const entry = await redacted('x.tgz', gzipSync(tar));
    const found = openArchive('tar', '', gunzipSync(entry.bytes), createBudget(limits));
    expect(found.map(({ path }) => path)).toEqual(['logs/a.env', 'logs/b.txt', 'in.zip', 'log-token=___HIDDEN___']);
    expect(members('zip', found[2]?.bytes ?? Buffer.alloc(0))).toEqual(masked);
    expect(entry.masked?.map(({ member }) => member)).toEqual(['x.tgz/in.zip/logs/a.env', 'x.tgz/logs/a.env']);
    const plain = await redacted('messages.1.gz', gzipSync(`token: ${secret}\n`));
    expect(gunzipSync(plain.bytes).toString()).toBe(`token: ${mask}\n`);
  });

  test('is masked when its secret is found elsewhere, before or behind', async () => {
    const redaction = createRedaction();
    const first = await redaction.redact({ path: 'a.zip', content: packArchive('zip', [file('a', `bare ${secret}`)]) });
    await redaction.redact({ path: 'b', content: `password=${secret}` });
    const [swept] = redaction.sweep([first]);
    expect(members('zip', Buffer.from(swept?.bytes ?? []))).toEqual([['a', `bare ${mask}`]]);
  });

  test('S9: that cannot be searched is withheld alone, and told', async () => {
    const entry = await redacted('x.zip', packArchive('zip', [...inside, file('core', Buffer.from([0, 1, 2, 3]))]));
    expect(entry.withheld).toBeUndefined();
    expect(entry.withheldMembers).toEqual([{ path: 'x.zip/core', reason: 'it is binary' }]);
    expect(members('zip', entry.bytes)).toEqual([...masked, ['core', '[hostbundle: withheld: it is binary]\n']]);
    const glob = parseGlob('x.zip/core');
    const allowed = await redacted('x.zip', packArchive('zip', [file('core', Buffer.from([0, 1, 2, 3]))]), {
      allowBinary: [glob],
    });
    expect(allowed.withheldMembers).toBeUndefined();
  });
});

describe('S9: an archive that is hostile, damaged or too much is withheld', () => {
  const tar = packArchive('tar', [file('a', secret)]);
  const zip = packArchive('zip', [file('a', secret.repeat(100))]);
  const at = (bytes: Buffer, place: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(value, place);
    return copy;
  };
  test.each<[string, Buffer, RegExp]>([
    ['a gzip bomb', gzipSync(Buffer.alloc(65 << 20)), /more than 67108864 bytes/],
    ['a tar that is cut', tar.subarray(0, 700), /damaged/],
    ['a tar with a wrong checksum', at(tar, 0, 0x62), /damaged|binary/],
    ['a gzip that is cut', gzipSync(secret.repeat(100)).subarray(0, 40), /damaged/],
    ['a zip that is cut', zip.subarray(0, zip.length - 30), /damaged/],
    ['a zip that is encrypted', at(zip, zip.lastIndexOf('PK\u0001\u0002', undefined, 'latin1') + 8, 1), /encrypted/],
    [
      'a zip of another method',
      at(zip, zip.lastIndexOf('PK\u0001\u0002', undefined, 'latin1') + 10, 9),
      /unknown method/,
    ],
    ['a zip that says too little', at(zip, zip.lastIndexOf('PK\u0001\u0002', undefined, 'latin1') + 24, 1), /damaged/],
    [
      'a zip of many names for the same bytes',
      (() => {
        const big = packArchive('zip', [file('a', Buffer.alloc(8 << 20))]);
        const from = big.lastIndexOf('PK\u0001\u0002', undefined, 'latin1');
        const end = big.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
        const record = big.subarray(from, end);
        const last = Buffer.from(big.subarray(end));
        last.writeUInt16LE(20, 10);
        return Buffer.concat([big.subarray(0, from), ...Array.from({ length: 20 }, () => record), last]);
      })(),
      /more than 67108864 bytes/,
    ],
    [
      'too many files',
      packArchive(
        'tar',
        Array.from({ length: 10_001 }, () => file('a', '')),
      ),
      /more than 10000 files/,
    ],
  ])('%s', async (_name, bytes, reason) => {
    const before = process.memoryUsage.rss();
    const entry = await redacted('a.bin', bytes);
    expect(entry.withheld).toMatch(reason);
    expect(entry.bytes.toString()).not.toContain(secret);
    expect(process.memoryUsage.rss() - before).toBeLessThan(400 << 20);
  });

  test('so deep that nobody meant it', async () => {
    let bytes = packArchive('tar', [file('a', secret)]);
    for (let level = 0; level < 10; level++) bytes = gzipSync(bytes);
    const { withheldMembers } = await redacted('a.gz', bytes);
    expect(withheldMembers?.[0]?.reason).toBe('it is an archive in too many others');
  });

  test('whatever is changed in it: nothing that was not looked at comes out', async () => {
    const sources = [packArchive('tar', [file('a/b', 'x'.repeat(600)), file('c', '')]), zip];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sources),
        fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { maxLength: 4 }),
        async (bytes, changes) => {
          const copy = Buffer.from(bytes);
          for (const [place, value] of changes) copy[place % copy.length] = value;
          const entry = await redacted('a.bin', copy);
          expect(entry.bytes.toString('latin1')).not.toContain(`password=${secret}`);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('what others write and read', () => {
  testWith('tar', 'GNU tar: long names, links, folders; what is beside the files is gone', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/f.txt`;
    execFileSync('bash', [
      '-c',
      `cd '${folder}' && mkdir -p t/$(dirname ${long}) && echo 'token=${secret}' > t/${long} && ln -s ${long} t/link && tar --format=gnu -czf g.tgz t`,
    ]);
    const entry = await redacted('g.tgz', readFileSync(join(folder, 'g.tgz')));
    writeFileSync(join(folder, 'out.tgz'), entry.bytes);
    const listed = execFileSync('tar', ['tvzf', join(folder, 'out.tgz')]).toString();
    expect(listed).toContain(`t/${long}`);
    expect(listed).toContain(`t/link -> ${long}`);
    expect(listed).toMatch(/^drwx\S+ 0\/0 /m);
    expect(execFileSync('tar', ['xzOf', join(folder, 'out.tgz'), `t/${long}`]).toString()).toBe(`token=${mask}\n`);
  });

  testWith('python3', 'zip of Python: deflated and stored, and Python reads ours', async () => {
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.comment = b'password=${secret}'
    z.writestr('a.env', 'API_TOKEN=${secret}\\n', zipfile.ZIP_DEFLATED)
    z.writestr('gr\\u00f6\\u00dfe/b.txt', 'plain\\n', zipfile.ZIP_STORED)
`;
    const made = join(folder, 'p.zip');
    execFileSync('python3', ['-c', script, made]);
    const entry = await redacted('p.zip', readFileSync(made));
    expect(entry.bytes.toString('latin1')).not.toContain(secret);
    writeFileSync(made, entry.bytes);
    const read =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), [(n, z.read(n)) for n in z.namelist()], ascii(z.comment))';
    expect(execFileSync('python3', ['-c', read, made], { env: { ...process.env, PYTHONUTF8: '1' } }).toString()).toBe(
      `None [('a.env', b'API_TOKEN=${mask}\\n'), ('größe/b.txt', b'plain\\n')] b''\n`,
    );
  });
});
