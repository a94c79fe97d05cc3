import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { BundleError } from '../contract/problem.ts';
import { openBundle } from './open.ts';
import { endMark, entry, header, honestEntries, keepAll, pax, symlink, tar } from './tar.fixture.ts';

// Many bundles each; other work may share the machine.
jest.setTimeout(60_000);

const honest = tar(...honestEntries());

/** `sound`, `broken`, `unverifiable`, or the code of the refusal; any other error comes through. */
async function outcome(bytes: Buffer): Promise<string> {
  try {
    return (await openBundle('-', { ...keepAll, stdin: Readable.from([bytes]) })).integrity.state;
  } catch (error) {
    if (error instanceof BundleError) return error.code;
    throw error;
  }
}

describe('a bundle cut short', () => {
  const archive = gzipSync(honest);
  test('R5, P3: as a gzip, every prefix is refused', async () => {
    for (let length = 0; length < archive.length; length++) {
      expect(await outcome(archive.subarray(0, length))).toMatch(/^(damaged|not-a-bundle)$/);
    }
  });

  test('R5, P3: as a tar, at every 1/64 and every border of a block, it is refused or broken', async () => {
    const borders = Array.from({ length: honest.length / 512 }, (_, index) => index * 512);
    const parts = Array.from({ length: 64 }, (_, index) => Math.floor((honest.length * index) / 64));
    for (const length of [...borders, ...parts]) {
      const cut = honest.subarray(0, length);
      expect(await outcome(cut)).toMatch(/^(damaged|not-a-bundle|broken|no-version)$/);
      expect(await outcome(gzipSync(cut))).toMatch(/^(damaged|no-tar|broken|no-version)$/);
    }
  });

  test('R6: cut between entries and ended as if it were whole, it is not sound', async () => {
    for (let length = 512; length < honest.length - 1024; length += 512) {
      expect(await outcome(gzipSync(Buffer.concat([honest.subarray(0, length), endMark])))).not.toBe('sound');
    }
  });
});

test('R6, P2: one changed byte anywhere in the tar is found, all bytes, but for what the manifest says itself', async () => {
  // The manifest is not in its own list: its digest, printed or signed, vouches for it.
  const manifestStart = honest.indexOf('{"schemaVersion"');
  const manifestEnd = honest.lastIndexOf('}') + 1;
  for (let at = 0; at < honest.length; at++) {
    if (at >= manifestStart && at < manifestEnd) continue;
    const changed = Buffer.from(honest);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    const result = await outcome(changed);
    if (result === 'sound' || result === 'unverifiable') throw new Error(`byte ${at}: ${result}`);
  }
});

test('R5: 400 changed bits after the gzip are refused, or change nothing', async () => {
  const archive = gzipSync(honest);
  const headerBytes = 10;
  for (let index = 0; index < 400; index++) {
    const at = headerBytes + ((index * 7919) % (archive.length - headerBytes));
    const changed = Buffer.from(archive);
    changed[at] = (changed[at] ?? 0) ^ (1 << (index % 8));
    if ((await outcome(changed)) === 'sound') expect(gunzipSync(changed)).toEqual(honest);
  }
});

describe('anything at all', () => {
  const name = fc.oneof(
    fc.constantFrom('b/version.yaml', 'b/manifest.json', '../x', './b', 'b/', '/', '.', 'b/a:b', 'b/é', 'b/e\u0301'),
    fc.string({ maxLength: 120 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  const content = fc.oneof(fc.string({ maxLength: 700 }), fc.json());
  const block = fc.oneof(
    fc.tuple(name, content).map(([path, text]) => entry(path, text)),
    fc.tuple(name, name).map(([path, target]) => symlink(path, target)),
    fc.tuple(name, fc.constantFrom(...'0123456789xgLKSMVDNXA\0')).map(([path, type]) => entry(path, '', { type })),
    fc
      .dictionary(fc.constantFrom('path', 'linkpath', 'size', 'comment', 'GNU.sparse.name'), name)
      .map((keys) => pax(keys)),
    fc.uint8Array({ maxLength: 600 }).map((bytes) => pax(Buffer.from(bytes))),
    fc.tuple(name, fc.integer({ min: 0, max: 2 ** 33 - 1 })).map(([path, size]) => header({ name: path, size })),
    fc
      .uint8Array({ minLength: 12, maxLength: 12 })
      .map((size) => entry('b/x', '', { over: { 124: Buffer.from(size) } })),
    fc.constantFrom(Buffer.alloc(512), ...honestEntries()),
  );

  test('R5: arbitrary bytes are refused as no bundle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async (bytes) => {
        expect(await outcome(Buffer.from(bytes))).toBe('not-a-bundle');
        expect(await outcome(gzipSync(bytes))).toMatch(/^(no-tar|second-layer|no-version)$/);
        expect(await outcome(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), bytes]))).toBe('damaged');
      }),
      { numRuns: 200 },
    );
  });

  test('R5, T4: arbitrary archives open or are refused, and nothing is polluted', async () => {
    const before = Reflect.ownKeys(Object.prototype);
    await fc.assert(
      fc.asyncProperty(fc.array(block, { maxLength: 6 }), fc.boolean(), async (blocks, isPacked) => {
        const bytes = Buffer.concat([...honestEntries().slice(0, 1), ...blocks, endMark]);
        expect(typeof (await outcome(isPacked ? gzipSync(bytes) : bytes))).toBe('string');
        expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });
});
