import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Outcome } from '../collect/outcome.ts';
import type { Collection } from '../contract/manifest.ts';
import { readJournal } from '../journal/read.ts';
import type { Beginning, EndedRecord } from '../journal/record.ts';
import { beginJournal } from '../journal/write.ts';
import { cleanUp, temporaryFolder } from '../net/lab.fixture.ts';
import { createRedaction } from '../redact/redaction.ts';
import { createKeeper } from './keeper.ts';

const collection: Collection = {
  type: 'tcpConnect',
  name: 'a',
  source: 'spec.yaml:1',
  state: 'failed',
  reason: 'no way to https://user:hunter2@host',
  errorCode: 'ERROR',
  startedAt: null,
  durationMs: 1,
  paths: [],
};
const log = 'https://user:hunter2@host ok\n'.repeat(1000);
const outcome: Outcome = {
  collection,
  files: [
    { path: 'a.log', content: log, isRaw: true },
    { path: 'a.json', content: JSON.stringify({ log }) },
  ],
  error: { title: 'a', text: 'https://user:hunter2@host', timestamp: '2026-11-21T10:00:00Z' },
};
const beginning = (): Beginning => ({
  target: null,
  created: '',
  host: { os: 'linux', kernel: '6', arch: 'x64', hostname: 'lab' },
  specName: 'lab',
  notes: [],
  evals: false,
  collections: [],
  spec: { path: 'spec.yaml', bytes: Buffer.from('') },
});
const never = () => {
  throw new Error('nothing fails here');
};

/** Bytes as text: those that were read are parts of one buffer. */
const withoutBytes = (ended: unknown) =>
  JSON.parse(JSON.stringify(ended, (key, value) => (key === 'bytes' ? Buffer.from(value).toString() : value)));

afterAll(cleanUp);

describe('what becomes of outcomes', () => {
  test('S9, C6: redacted everywhere; of a raw file that is too large, head and tail; a result is whole', async () => {
    const keeper = createKeeper({
      redaction: createRedaction(),
      journal: undefined,
      maxFileBytes: 4096,
      onFailure: never,
    });
    keeper.note(outcome, 0);
    const [ended] = await keeper.finish();
    expect(JSON.stringify({ ...ended, entries: ended?.entries.map(({ bytes }) => String(bytes)) })).not.toContain(
      'hunter2',
    );
    const [raw, result] = ended?.entries ?? [];
    expect(raw).toMatchObject({ path: 'a.log', masked: expect.anything(), omittedBytes: expect.any(Number) });
    expect(raw?.bytes.length).toBeLessThanOrEqual(4096);
    expect(JSON.parse(String(result?.bytes)).log).toBe(log.replace(/\w+:hunter2/g, '***HIDDEN***:***HIDDEN***'));
  });

  test('S8: a run that lasts notes each once, and what is noted is what the bundle holds', async () => {
    const noted: EndedRecord[] = [];
    let isClosed = false;
    const journal = {
      add: async (records: readonly EndedRecord[]) => void noted.push(...records),
      renew: async () => {},
      close: async () => {
        isClosed = true;
      },
    };
    const keeper = createKeeper({
      redaction: createRedaction(),
      journal: { begin: async () => journal, beginning },
      maxFileBytes: 4096,
      onFailure: never,
    });
    for (let index = 0; index < 100; index++) keeper.note(outcome, index);
    await new Promise((next) => setTimeout(next, 3200));
    expect(noted).toHaveLength(100);
    keeper.note(outcome, 100);
    const ended = await keeper.finish();
    expect(noted.map(({ index }) => index)).toEqual(Array.from({ length: 101 }, (_, index) => index));
    expect(noted.every((record, index) => record.ended === ended[index])).toBe(true);
    expect(isClosed).toBe(true);
  });

  test('S9: what is found only later is masked in what was noted before, too, and gone from the disk', async () => {
    const folder = await temporaryFolder();
    const redaction = createRedaction();
    const secret = 'Zq7-verylate-91x';
    const journal = {
      begin: (first: Beginning) => beginJournal(folder, first),
      beginning: () => ({ ...beginning(), notes: [redaction.text(`of ${secret}`)] }),
    };
    const keeper = createKeeper({ redaction, journal, maxFileBytes: 4096, onFailure: never });
    const told = (content: string): Outcome => ({
      collection: { ...collection, reason: null },
      files: [{ path: 'a.log', content }],
      error: { title: 'a', text: `it said ${secret}`, timestamp: '' },
    });
    const onDisk = async () => {
      const files = await readdir(folder);
      return (await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')))).join('');
    };
    keeper.note(told(`started with ${secret}\n`), 0);
    keeper.note(told('nothing here\n'), 1);
    await new Promise((next) => setTimeout(next, 3200));
    expect(await onDisk()).toContain(secret);
    keeper.note(told(`password=${secret}\n`), 2);
    await new Promise((next) => setTimeout(next, 1000));
    expect(await onDisk()).not.toContain(secret);
    expect(await readdir(folder)).toEqual(['journal']);
    keeper.note(told('and on it goes\n'), 3);
    const ended = await keeper.finish();
    const noted = await readJournal(folder);
    if (typeof noted === 'string') throw new Error(noted);
    expect(noted.beginning.notes).toEqual(['of ***HIDDEN***']);
    expect(noted.isTorn).toBe(false);
    const byPlace = [...noted.ended].sort((one, other) => one.index - other.index);
    expect(byPlace.map(({ ended }) => withoutBytes(ended))).toEqual(ended.map(withoutBytes));
  });

  test('C6: what is looked through again is looked through a little at a time, and nothing is left out', async () => {
    const rounds: number[][] = [];
    const journal = {
      add: async (records: readonly EndedRecord[]) => void rounds.push(records.map(({ index }) => index)),
      renew: async () => {},
      close: async () => {},
    };
    const redaction = createRedaction();
    const keeper = createKeeper({
      redaction,
      journal: { begin: async () => journal, beginning },
      maxFileBytes: 4096,
      onFailure: never,
    });
    const secret = 'Zq7-verylate-91x';
    const told = (content: string): Outcome => ({ collection, files: [{ path: 'a.log', content }] });
    const early = Array.from({ length: 100 }, (_, index) => index);
    for (const index of early) keeper.note(told(`started with ${secret}\n`), index);
    await new Promise((next) => setTimeout(next, 3200));
    keeper.note(told(`password=${secret}\n`), 100);
    await new Promise((next) => setTimeout(next, 2000));
    await keeper.finish();
    for (const round of rounds) expect(round.length).toBeLessThanOrEqual(32);
    expect(rounds.flat().sort((a, b) => a - b)).toEqual([...early, ...early, 100].sort((a, b) => a - b));
  });

  test('S8: a run of a moment keeps no journal', async () => {
    const keeper = createKeeper({
      redaction: createRedaction(),
      journal: { begin: never, beginning },
      maxFileBytes: 4096,
      onFailure: never,
    });
    keeper.note(outcome, 0);
    expect(await keeper.finish()).toHaveLength(1);
  });

  test('C7: a journal that breaks is told once, and nothing is lost', async () => {
    const failures: unknown[] = [];
    const broken = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const journal = { add: () => Promise.reject(broken), renew: async () => {}, close: async () => {} };
    const keeper = createKeeper({
      redaction: createRedaction(),
      journal: { begin: async () => journal, beginning },
      maxFileBytes: 4096,
      onFailure: (error) => failures.push(error),
    });
    for (let index = 0; index < 50; index++) keeper.note(outcome, index);
    await new Promise((next) => setTimeout(next, 3200));
    expect(await keeper.finish()).toHaveLength(50);
    expect(failures).toEqual([broken]);
  });
});
