import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Collection } from '../contract/manifest.ts';
import { cleanUp, temporaryFolder } from '../net/lab.fixture.ts';
import { framed, unframed } from './frame.ts';
import { type Journalled, readJournal } from './read.ts';
import type { Beginning, EndedRecord } from './record.ts';
import { beginJournal } from './write.ts';

afterAll(cleanUp);

const collection = (name: string): Collection => ({
  type: 'tcpConnect',
  name,
  source: 'spec.yaml:5',
  state: 'collected',
  reason: null,
  errorCode: null,
  startedAt: null,
  durationMs: 1,
  paths: [`${name}.json`],
});
const beginning: Beginning = {
  target: '/tmp/b.tar.gz',
  created: '2026-11-21T10:00:00.000Z',
  host: { os: 'linux', kernel: '6', arch: 'x64', hostname: 'lab' },
  specName: 'lab',
  notes: ['ä\n'],
  evals: false,
  collections: [collection('ä'), collection('b')],
  spec: {
    path: 'spec.yaml',
    bytes: Buffer.from('kind: "ä"\n'),
    masked: [{ rule: 'secret-key', count: 2, lines: [1], digests: ['00'] }],
  },
};
const records: readonly EndedRecord[] = [
  {
    index: 1,
    atMs: 3,
    ended: {
      collection: collection('b'),
      entries: [
        { path: 'b.json', bytes: Buffer.from('{"a":"\n"}') },
        { path: 'log', bytes: Buffer.from([0xff, 0, 10, 13]), isRaw: true, omittedBytes: 7 },
      ],
      error: { title: 'b', entry: { path: 'error', bytes: Buffer.from('["x"]') } },
    },
  },
  { index: 0, atMs: 4, ended: { collection: collection('ä'), entries: [{ path: 'empty', bytes: Buffer.alloc(0) }] } },
];

async function written(): Promise<{ folder: string; bytes: Buffer }> {
  const folder = await temporaryFolder();
  const journal = await beginJournal(folder, beginning);
  for (const record of records) await journal.add([record]);
  await journal.close();
  return { folder, bytes: await readFile(join(folder, 'journal')) };
}

test('S8: what was noted is read as it was, by its owner alone', async () => {
  const { folder } = await written();
  expect(await readJournal(folder)).toEqual({ beginning, ended: records, isTorn: false });
  expect((await stat(join(folder, 'journal'))).mode & 0o7777).toBe(0o600);
});

test('S8: cut at any byte, all that was whole before is read, and nothing else', async () => {
  const { folder, bytes } = await written();
  const ends = [0];
  for (const payload of unframed(bytes).payloads) ends.push((ends.at(-1) as number) + framed(payload).length);
  expect(ends.at(-1)).toBe(bytes.length);
  const uncut = (await readJournal(folder)) as Journalled;
  for (let length = 0; length <= bytes.length; length++) {
    const whole = ends.filter((end) => end <= length).length - 1;
    const isTorn = !ends.includes(length);
    const found = unframed(bytes.subarray(0, length));
    expect([found.payloads.length, found.isTorn]).toEqual([whole, isTorn]);
    if (!ends.some((end) => Math.abs(end - length) < 3)) continue;
    await writeFile(join(folder, 'journal'), bytes.subarray(0, length));
    const expected = whole === 0 ? 'empty' : { ...uncut, ended: uncut.ended.slice(0, whole - 1), isTorn };
    expect(await readJournal(folder)).toEqual(expected);
  }
});

describe('S8: frames', () => {
  const payloads = fc.array(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    { maxLength: 6 },
  );

  test('what is framed comes out, with anything at all behind it', () => {
    fc.assert(
      fc.property(payloads, fc.uint8Array({ maxLength: 200 }), (list, rest) => {
        const bytes = Buffer.concat([...list.map(framed), rest]);
        expect(unframed(bytes)).toEqual({ payloads: list, isTorn: rest.length > 0 });
      }),
    );
  });

  test('a byte that changed, or a block of zeros after a power cut, ends the reading there', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (list, where, flip, isZeroed) => {
        const bytes = Buffer.concat(list.map(framed));
        fc.pre(bytes.length > 0);
        const at = where % bytes.length;
        if (isZeroed) bytes.fill(0, at);
        else bytes[at] = (bytes[at] as number) ^ flip;
        let whole = 0;
        for (let end = 0; whole < list.length; whole++) {
          end += framed(list[whole] as Buffer).length;
          if (end > at) break;
        }
        expect(unframed(bytes)).toEqual({ payloads: list.slice(0, whole), isTorn: true });
      }),
    );
  });

  test.each(['x', '0000000000 ', `9999999999 ${'0'.repeat(64)}\n`, ` ${'0'.repeat(74)}\n`, '-000000001 '])(
    'what is no journal has no records: %j',
    (text) => {
      expect(unframed(Buffer.from(text))).toEqual({ payloads: [], isTorn: true });
    },
  );
});

test('S8, S9: made anew, it holds the records that count and nothing of the others, and goes on', async () => {
  const folder = await temporaryFolder();
  const journal = await beginJournal(folder, beginning);
  await journal.add(records);
  const first = await stat(join(folder, 'journal'));
  await journal.renew(beginning);
  expect((await stat(join(folder, 'journal'))).ino).toBe(first.ino);
  const later = { ...(records[0] as EndedRecord), atMs: 99 };
  await journal.add([later]);
  await journal.renew({ ...beginning, notes: ['new'] });
  expect(await readdir(folder)).toEqual(['journal']);
  expect((await stat(join(folder, 'journal'))).mode & 0o7777).toBe(0o600);
  const rest = records.filter(({ index }) => index !== later.index);
  const read = await readJournal(folder);
  expect(read).toMatchObject({ beginning: { notes: ['new'] }, isTorn: false });
  expect(new Set(typeof read === 'string' ? [] : read.ended)).toEqual(new Set([later, ...rest]));
  const last = { ...later, index: 7 };
  await journal.add([last]);
  await journal.close();
  expect(await readJournal(folder)).toMatchObject({ ended: { length: rest.length + 2 }, isTorn: false });
});

test('S8: a journal of another version is told apart from an empty one', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'journal'), framed(Buffer.from('{"version":"hostbundle.journal/v2"}\n')));
  expect(await readJournal(folder)).toBe('foreign');
  await writeFile(join(folder, 'journal'), '');
  expect(await readJournal(folder)).toBe('empty');
});
