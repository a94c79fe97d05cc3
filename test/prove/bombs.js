/**
 * Z3: every bomb is refused by the whole program, `verify` and `analyze`, in under 1 s and 150 MB, from the start of the process
 * to its end. Other work that shares the machine is not the bomb's: the lesser of wall and CPU time counts, of some tries. A count is the size
 * in percent; less than all of it may take three times as long, because that tier runs beside others.
 */
import { createWriteStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { brokenProgram, bundled } from './bundled.js';
import { runMeasured } from './run-measured.js';

export const tiers = { ci: 10, full: 100 };
export const faults = ['entries', 'ratio', 'magic', 'depth'];

const planted = {
  entries: ['src/contract/limits.ts', 'emptyEntries: 20_000', 'emptyEntries: 2_000_000_000, entries: 2_000_000_000'],
  ratio: ['src/contract/limits.ts', 'ratio: 400', 'ratio: 400_000'],
  magic: ['src/bundle/sniff.ts', "['zstd', [0x28, 0xb5, 0x2f, 0xfd]],", ''],
  depth: ['src/contract/hostile-json.ts', 'if (open.length === maxDepth)', 'if (open.length === 1e9)'],
};

const limitMegabytes = 150;
const tries = 4;
const mega = 1024 * 1024;

export async function prove({ count, fault, folder, log }) {
  const make = await bundled('test/prove/opening.ts', folder);
  const program =
    fault === ''
      ? resolve(import.meta.dirname, '../../bin/hostbundle.js')
      : await brokenProgram(folder, planted[fault]);
  const limitMs = count < 100 ? 3000 : 1000;
  const failures = [];
  for (const [number, [name, bomb]] of Object.entries(bombs(make, count / 100)).entries()) {
    const { bytes, says, only, found } = bomb;
    if (fault !== '' && fault !== found) continue;
    // Messages tell the file's name, which must not be what is looked for in them.
    const file = join(folder, `bomb-${number}`);
    await pipeline(bytes, createWriteStream(file));
    for (const command of only ?? ['verify', 'analyze']) {
      const { ms, cpuMs, megabytes, stdout, stderr, code } = await best(
        () => runMeasured([program, command, file], folder, 10 * limitMs),
        limitMs,
      );
      const text = stdout + stderr;
      log(
        `${name.padEnd(34)} ${command.padEnd(8)} ${`${ms} ms`.padStart(8)} ${`${cpuMs} ms CPU`.padStart(12)} ${`${megabytes} MB`.padStart(7)}`,
      );
      if (!says.test(text) || ![2, 5].includes(code))
        failures.push(`${name}, ${command}: exit ${code}, ${text.slice(0, 300)}`);
      if (Math.min(ms, cpuMs) >= limitMs || megabytes >= limitMegabytes)
        failures.push(`${name}, ${command}: ${ms} ms, ${cpuMs} ms CPU, ${megabytes} MB`);
      if (fault !== '' && failures.length > 0) return failures;
    }
  }
  return failures;
}

function bombs({ endMark, entry, header, honestEntries, pax }, share) {
  const version = entry('b/version.yaml', 'apiVersion: troubleshoot.sh/v1beta2\n');
  const zeros = Buffer.alloc(mega);
  const letters = Buffer.alloc(mega, 'A');
  const gib = 1024 * mega;
  const entries = 2_000_000 * share;
  const packed = (blocks) => Readable.from(blocks).pipe(createGzip());
  const brackets = `${'['.repeat(5_000_000)}${']'.repeat(5_000_000)}`;
  const withManifest = (text) => packed([version, entry('b/manifest.json', text), endMark]);
  const aliases = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`)}]\n`).join('')}`;
  const spec = (text) => honestEntries({ 'spec.yaml': text, 'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n' });
  return {
    '4 GiB of zeros': {
      bytes: packed(repeated([version, header({ name: 'b/z', size: gib - 1 })], zeros, 4096 * share)),
      says: /ratio/,
      found: 'ratio',
    },
    '4 GiB of zeros, not in a tar': { bytes: packed(repeated([], zeros, 4096 * share)), says: /no tar archive|ratio/ },
    '512 MiB of the letter A': {
      bytes: packed(repeated([version, header({ name: 'b/a', size: 512 * mega })], letters, 512)),
      says: /ratio/,
    },
    '2,000,000 empty entries': {
      bytes: packed(many(header({ name: 'b/0000000' }), entries)),
      says: /too many entries/,
      found: 'entries',
    },
    'the same header 2,000,000 times': {
      bytes: packed(many(header({ name: 'b/0000000' }), entries, 0)),
      says: /twice/,
    },
    '2,000,000 links': {
      bytes: packed(many(header({ name: 'b/0000000', type: '2', target: 'x' }), entries)),
      says: /too many entries/,
    },
    '2,000,000 global PAX headers': {
      bytes: packed(repeated([], pax({ comment: 'x' }, 'g'), entries)),
      says: /second global/,
    },
    '604 bytes of zstd magic': {
      bytes: Readable.from([Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(600, 'x')])]),
      says: /zstd/,
      found: 'magic',
    },
    'zstd magic in a gzip': {
      bytes: Readable.from([gzipSync(Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(600, 'x')]))]),
      says: /twice/,
    },
    'a gzip in a gzip': {
      bytes: Readable.from([gzipSync(gzipSync(Buffer.concat([version, endMark])))]),
      says: /twice/,
    },
    'an entry of 1 EiB': {
      bytes: packed([
        version,
        header({ name: 'b/e', over: { 124: Buffer.from([0x80, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]) } }),
      ]),
      says: /no whole number/,
    },
    'a manifest of 1 GiB': {
      bytes: packed(repeated([version, header({ name: 'b/manifest.json', size: gib })], zeros, 1024)),
      says: /ratio/,
    },
    'a manifest of 5,000,000 brackets': {
      bytes: withManifest(brackets),
      says: /nested deeper than 100/,
      only: ['verify'],
      found: 'depth',
    },
    'a manifest with __proto__': { bytes: withManifest('{"__proto__":{"a":1}}'), says: /__proto__/, only: ['verify'] },
    'aliases of YAML that multiply': { bytes: packed([...spec(aliases), endMark]), says: /alias/, only: ['analyze'] },
    'a spec of 5,000,000 brackets': {
      bytes: packed([...spec(brackets), endMark]),
      says: /larger than|nest/,
      only: ['analyze'],
    },
  };
}

function* repeated(first, piece, count) {
  yield* first;
  for (let index = 0; index < count; index++) yield piece;
}

/** Entries that differ only in the number in their names; with a step of 0 not even in that. */
function* many(first, count, step = 1) {
  const digits = 7;
  const nameAt = 2;
  const sum = Number.parseInt(first.toString('latin1', 148, 154), 8) - digits * 0x30;
  for (let number = 0; number < count; ) {
    const blocks = [];
    for (; blocks.length < 256 && number < count; number++) {
      const block = Buffer.from(first);
      const name = String(number * step).padStart(digits, '0');
      block.write(name, nameAt);
      const own = [...name].reduce((total, digit) => total + digit.charCodeAt(0), sum);
      block.write(own.toString(8).padStart(6, '0'), 148);
      blocks.push(block);
    }
    yield Buffer.concat(blocks);
  }
}

async function best(run, limitMs) {
  let result = await run();
  for (let more = 1; more < tries && Math.min(result.ms, result.cpuMs) >= limitMs; more++) {
    const again = await run();
    if (again.cpuMs < result.cpuMs) result = again;
  }
  return result;
}
