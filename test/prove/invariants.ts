import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type * as FastCheck from 'fast-check';
import { manifestFor } from '../../src/bundle/manifest.ts';
import { normalPath } from '../../src/bundle/names.ts';
import { openBundle } from '../../src/bundle/open.ts';
import { writeBundle } from '../../src/bundle/write.ts';
import type { Entry, OpenedBundle } from '../../src/contract/bundle.ts';
import { limits } from '../../src/contract/limits.ts';
import { numbered, pathPart } from '../../src/contract/path.ts';
import { BundleError } from '../../src/contract/problem.ts';
import { printable, printableLine } from '../../src/report/printable.ts';

type Fc = typeof FastCheck.default;

export interface Property {
  /** Begins with its id in the reliability goals. */
  readonly name: string;
  make(fc: Fc): FastCheck.IRawProperty<unknown>;
}

/** What holds for any input: some times in each test run, many times in `npm run prove -- properties`. */
export const properties: readonly Property[] = [
  {
    name: 'P1: what is written is what is opened: names, bytes, manifest',
    make: (fc) =>
      fc.asyncProperty(entriesOf(fc), async (entries) => {
        await writing(entries, async (bundle, manifest) => {
          const { files, read, manifest: found, integrity } = await open(bundle);
          same(integrity.state, 'sound');
          same([...files.keys()].join('\n'), [...entries.map(({ path }) => path), 'manifest.json'].sort().join('\n'));
          for (const { path, bytes } of entries) {
            same(Buffer.compare(Buffer.from(read(path) ?? 'nothing'), Buffer.from(bytes)), 0);
            same(files.get(path)?.sha256, createHash('sha256').update(bytes).digest('hex'));
          }
          same(JSON.stringify(found?.files.map(facts)), JSON.stringify(manifest.files.map(facts)));
        });
      }),
  },
  {
    name: 'P3: every prefix of a bundle is refused or not sound, as a gzip and as a tar',
    make: (fc) =>
      fc.asyncProperty(
        entriesOf(fc),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (entries, share, isAtBlock) => {
          await writing(entries, async (bundle) => {
            const tar = gunzipSync(bundle);
            for (const whole of [bundle, tar.subarray(0, endOf(tar))]) {
              const length = Math.floor(share * (whole.length - 1));
              const cut = whole.subarray(0, isAtBlock ? length - (length % 512) : length);
              const state = await open(cut).then(
                ({ integrity }) => integrity.state,
                (error: unknown) => (error instanceof BundleError ? 'refused' : String(error)),
              );
              if (!['refused', 'broken'].includes(state))
                throw new Error(`${cut.length} of ${whole.length} bytes: ${state}`);
            }
          });
        },
      ),
  },
  {
    name: 'P4: a part of a path is always legal, stays what it is, and numbers keep two of them apart',
    make: (fc) =>
      fc.property(
        anyText(fc),
        fc.integer({ min: 2, max: 9999 }),
        fc.integer({ min: 2, max: 9999 }),
        (text, one, other) => {
          const part = pathPart(text);
          same(part === '' || part === '.' || part === '..' || /[/\\\p{Cc}\p{Cs}]/u.test(part), false);
          same(Buffer.byteLength(part) <= limits.segmentBytes, true);
          same(steering.test(part), false);
          same('path' in normalPath(`b/${part}`, false, limits), true);
          same(pathPart(part), part);
          same(numbered(`${part}.json`, one) === numbered(`${part}.json`, other), one === other);
          same(numbered(`${part}.json`, one) === `${part}.json`, false);
        },
      ),
  },
  {
    name: 'P5: what is printed never holds what could steer a terminal, and other text is as it was',
    make: (fc) =>
      fc.property(anyText(fc), fc.integer({ min: 0, max: 50 }), (text, most) => {
        same(steering.test(printable(text)), false);
        same(steering.test(printable(text, most)), false);
        same(steering.test(printableLine(text)) || /[\n\t]/.test(printableLine(text)), false);
        if (!steering.test(text)) same(printable(text), text);
        same([...printable(text, most)].length <= most + '… (9999999999 characters more)'.length, true);
      }),
  },
];

const steering =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/u;

/** Any code units, with those often that mean something somewhere. */
function anyText(fc: Fc): FastCheck.Arbitrary<string> {
  const pieces = [
    '\u001b[31m',
    '\r',
    '\n',
    '\u009b',
    '\u202e',
    '\ufeff',
    '\u{e0041}',
    '\ud800',
    '../',
    '\\',
    '.',
    'é',
    'a',
  ];
  const unit = fc.oneof(
    fc.constantFrom(...pieces),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.string({ unit: 'binary', maxLength: 10 }),
  );
  return fc.array(unit, { maxLength: 120 }).map((units) => units.join(''));
}

function entriesOf(fc: Fc): FastCheck.Arbitrary<readonly Entry[]> {
  const segment = fc.oneof(
    fc.constantFrom('a', 'host-collectors', 'b.json', 'é', 'etcd peer 10.0.0.1:2379'),
    anyText(fc).map((text) => pathPart(text)),
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 1500 }),
    fc.integer({ min: 0, max: 4 }).map((blocks) => new Uint8Array(blocks * 512).fill(65)),
  );
  const version: Entry = { path: 'version.yaml', bytes: Buffer.from('apiVersion: troubleshoot.sh/v1beta2\n') };
  return fc.array(fc.record({ path, bytes }), { maxLength: 6 }).map((list) => {
    const entries = new Map<string, Entry>([[version.path, version]]);
    // As the program gives them: sorted, and no name twice, nor one that is the folder of another.
    for (const entry of list) {
      const clash = [...entries.keys()].some((other) => {
        const [one, two] = [`${other}/`.toLowerCase(), `${entry.path}/`.toLowerCase()];
        return one.startsWith(two) || two.startsWith(one);
      });
      if (!clash && !entry.path.startsWith('manifest.json')) entries.set(entry.path, entry);
    }
    return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

async function writing(
  entries: readonly Entry[],
  look: (bundle: Buffer, manifest: ReturnType<typeof manifestFor>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hostbundle-property-'));
  try {
    const manifest = manifestFor(
      {
        tool: { name: 'hostbundle', version: '0' },
        created: '2026-11-21T10:00:00.000Z',
        complete: true,
        incompleteReason: null,
        durationMs: 1,
        clockStepMs: 0,
        host: { os: 'linux', kernel: '6', arch: 'x64', hostname: 'h' },
        spec: { name: 's', sha256: '' },
        notes: [],
        collections: [],
      },
      entries,
    );
    const file = join(folder, 'b.tar.gz');
    await writeBundle(file, entries, manifest, { partial: join(folder, 'partial'), mtime: new Date(0), limits });
    await look(await readFile(file), manifest);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function open(bytes: Buffer): Promise<OpenedBundle> {
  return openBundle('-', { limits, keep: () => true, stdin: Readable.from([bytes]) });
}

/** Behind the two blocks that end it; more zeros fill the last record. */
function endOf(tar: Buffer): number {
  let end = tar.length;
  while (tar[end - 1] === 0) end--;
  return Math.ceil(end / 512) * 512 + 1024;
}

function facts({
  path,
  size,
  sha256,
  mediaType,
}: {
  path: string;
  size: number;
  sha256: string;
  mediaType: string | null;
}) {
  return [path, size, sha256, mediaType];
}

function same(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${JSON.stringify(found)} in place of ${JSON.stringify(wanted)}`);
}
