/**
 * What redaction costs: memory of `redact` and `verify --redaction` for a log of so many MiB, in lines and in a single one; and with PROVE_CORPUS
 * (folders of clean text, with colons between them) its speed on one core, and with TROUBLESHOOT_BIN the processor time of `support-bundle redact` on the
 * same files beside ours.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { brokenProgram, bundled } from './bundled.js';
import { runMeasured } from './run-measured.js';

export const tiers = { ci: 64, full: 1024 };
export const faults = ['memory'];

const planted = {
  memory: ['src/cli/rewrite.ts', 'const wholeBytes = 16 * 1024 * 1024;', 'const wholeBytes = 1e12;'],
};
const mostMegabytes = 150;
const leastSpeed = 40;
const leastTimes = 10;
const secret = 'Zq7-hidden-91xK';

export async function prove({ count, random, fault, folder, log }) {
  const program =
    fault === ''
      ? resolve(import.meta.dirname, '../../bin/hostbundle.js')
      : await brokenProgram(folder, planted[fault]);
  const make = await bundled('test/prove/opening.ts', folder);
  const failures = [];
  for (const [shape, end] of [
    ['lines', '\n'],
    ['a single line', ' '],
  ]) {
    const file = join(folder, 'large.tar.gz');
    await bundleOf(file, count * 2 ** 20, end, make, random);
    let out = '';
    const redact = await smallest((number) => {
      out = join(folder, `${shape}-${number}.tar.gz`);
      return [program, 'redact', file, '-o', out];
    }, folder);
    const verify = await smallest(() => [program, 'verify', '--redaction', out], folder);
    log(
      `${count} MiB, ${shape}: redact ${redact.megabytes} MB, ${redact.ms} ms (${redact.cpuMs} ms CPU); verify --redaction ${verify.megabytes} MB, ${verify.ms} ms`,
    );
    if (redact.code !== 0 || verify.code !== 0)
      failures.push(
        `${shape}: exit ${redact.code} and ${verify.code}: ${redact.stderr}${verify.stdout}${verify.stderr}`,
      );
    for (const [what, { megabytes }] of Object.entries({ redact, verify }))
      if (megabytes >= mostMegabytes) failures.push(`${shape}: ${what} took ${megabytes} MB of memory`);
    const shown = execFileSync('sh', ['-c', `gzip -dc '${out}' | grep -a -c '${secret}' || true`], {
      encoding: 'utf8',
    });
    if (shown.trim() !== '0') failures.push(`${shape}: a secret came out`);
  }
  const corpus = filesOf(process.env.PROVE_CORPUS);
  if (corpus.length > 0) failures.push(...(await speedOf(corpus, folder, program, log)));
  return failures;
}

/** When garbage is collected depends on what else this machine does: once in three it must hold. */
async function smallest(words, folder) {
  let best;
  for (let number = 0; number < 3 && !(best?.megabytes < mostMegabytes && best.code === 0); number++) {
    const run = await runMeasured(words(number), folder);
    if (best === undefined || run.megabytes < best.megabytes) best = run;
  }
  return best;
}

/** A bundle of one log, with a secret in its middle and, bare, at its begin. */
async function bundleOf(file, bytes, end, { endMark, entry, header }, random) {
  const line = () =>
    `Nov 21 10:${10 + random.below(50)}:01 host app[${random.below(9999)}]: GET /api/v1/items/${random.below(1e6)} HTTP/1.1 200 in ${random.below(900)} ms, cache_hit=${random.below(2)}`;
  const part = Buffer.from(`${Array.from({ length: 5000 }, line).join(end)}${end}`);
  const parts = Math.floor(bytes / part.length) - 1;
  const first = Buffer.from(`printed ${secret} here${end}`);
  const middle = Buffer.from(`password=${secret}${end}`);
  const size = parts * part.length + first.length + middle.length;
  function* blocks() {
    yield entry('b/version.yaml', 'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n');
    yield header({ name: 'b/host-collectors/run-host/app.log', size });
    yield first;
    for (let number = 0; number < parts; number++) {
      if (number === Math.floor(parts / 2)) yield middle;
      yield part;
    }
    yield Buffer.alloc((512 - (size % 512)) % 512);
    yield endMark;
  }
  await pipeline(Readable.from(blocks(), { objectMode: false }), createGzip({ level: 1 }), createWriteStream(file));
}

/** Up to 50 MB, as `clean` takes them. */
function filesOf(folders) {
  let room = 50e6;
  return (folders ?? '')
    .split(':')
    .filter((folder) => folder !== '')
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() && !path.endsWith('.gz'))
    .map((path) => readFileSync(path))
    .filter((bytes) => {
      const isTaken = !bytes.includes(0) && bytes.length <= Math.min(room, 4e6);
      if (isTaken) room -= bytes.length;
      return isTaken;
    });
}

/** By one redaction, as a run has one; warm, because a large bundle is what takes long. */
async function speedOf(corpus, folder, program, log) {
  const { createRedaction } = await bundled('src/redact/redaction.ts', folder);
  const bytes = corpus.reduce((sum, content) => sum + content.length, 0);
  const speeds = [];
  for (let run = 0; run < 4; run++) {
    const redaction = createRedaction();
    const began = process.cpuUsage();
    for (const [number, content] of corpus.entries()) await redaction.redact({ path: `${number}.log`, content });
    const { user, system } = process.cpuUsage(began);
    speeds.push(bytes / (user + system));
  }
  const best = Math.max(...speeds);
  log(
    `${(bytes / 1e6).toFixed(1)} MB of clean text: ${speeds.map((speed) => speed.toFixed(0)).join(', ')} MB/s of one core`,
  );
  const failures = best < leastSpeed ? [`${best.toFixed(1)} MB/s`] : [];
  const theirs = besideUpstream(corpus, program, folder, log);
  if (theirs === undefined) return failures;
  // The first time over the files, which is cold; theirs is the whole command, of which nearly all is redaction.
  const ratio = (speeds[0] * theirs) / (bytes / 1e6);
  log(`redaction alone, cold: ${speeds[0].toFixed(1)} MB/s of one core, ${ratio.toFixed(0)} times theirs`);
  return ratio < leastTimes ? [...failures, `${ratio.toFixed(1)} times as fast as upstream`] : failures;
}

/** Seconds of their processor time for the whole command, files as they are in a bundle, beside ours in turn; medians of three. */
function besideUpstream(corpus, program, folder, log) {
  const upstream = process.env.TROUBLESHOOT_BIN;
  if (!upstream) return undefined;
  const place = join(folder, 'corpus/host-collectors/run-host');
  mkdirSync(place, { recursive: true });
  for (const [number, content] of corpus.entries()) writeFileSync(join(place, `${number}.log`), content);
  writeFileSync(join(folder, 'corpus/version.yaml'), 'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n');
  const bundle = join(folder, 'corpus.tar.gz');
  execFileSync('tar', ['-czf', bundle, '-C', folder, 'corpus']);
  const spec = join(folder, 'none.yaml');
  writeFileSync(
    spec,
    'apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nmetadata: { name: none }\nspec: { redactors: [] }\n',
  );
  const times = { ours: [], theirs: [] };
  for (let run = 0; run < 3; run++) {
    times.ours.push(cpuSeconds([process.execPath, program, 'redact', bundle, '-o', `ours-${run}.tar.gz`], folder));
    times.theirs.push(cpuSeconds([upstream, 'redact', spec, '--bundle', bundle, '-o', `theirs-${run}.tar.gz`], folder));
  }
  const [ours, theirs] = [times.ours, times.theirs].map((all) => all.sort((a, b) => a - b)[1]);
  log(
    `redact, whole: ${ours.toFixed(2)} s of processor time; support-bundle redact: ${theirs.toFixed(2)} s, ${(theirs / ours).toFixed(1)} times`,
  );
  return theirs;
}

/** As the shell tells it of its children, user and system together. */
function cpuSeconds(words, folder) {
  const text = execFileSync('bash', ['-c', '"$@" >/dev/null 2>&1; times', 'bash', ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  const [, children = ''] = text.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * minutes + Number(seconds),
    0,
  );
}
