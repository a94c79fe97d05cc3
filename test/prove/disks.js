/**
 * D1, D2: real file systems that are too small, for the bundle, for temporary files, for both: of 64 sizes from 4 KiB to 4 MiB,
 * with room for 1 to 20 files, and read-only at some moment of the run. Each run ends in time, with a bundle that verifies or with
 * none and a clear word, and leaves nothing else. A count tries that many sizes.
 */
import { readdirSync as list, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachOf, leftOf, leftovers, mutant, reader, run, starved, targets, unsound } from './program.lab.js';

export const tiers = { ci: 4, full: 64 };
export const faults = ['unverified', 'leftovers'];

const mutations = {
  unverified: [
    [/await packInto\(output\)/, 'await packInto(output).catch(()=>{})'],
    [/await verify\d*\(partial,options\d*\)/, '""'],
  ],
  leftovers: [
    [/async function discard\(path\d*\)\{/, '$&return;'],
    [/function removeTemporary\(\)\{/, '$&return;'],
  ],
};
/** A journal begins early, so that it is seen in a short run. */
const hasten = { from: 3000, to: 50 };
const limitSeconds = 10;

export async function prove({ count, fault, folder, log }) {
  if (process.getuid() !== 0) return ['only root mounts file systems'];
  const program = fault === '' ? undefined : mutant(folder, mutations[fault]);
  const lab = { folder, program, targets: await targets(), open: await reader(folder), failures: [], ends: new Map() };
  lab.spec = join(folder, 'spec.yaml');
  writeFileSync(lab.spec, specOf(lab.targets));
  const steps = (most) =>
    Array.from({ length: most }, (_, step) => step).filter((step) => step % Math.ceil(64 / count) === 0);
  // Where a mistake is planted, what must find it is enough.
  const cases = (fault === '' ? ['out', 'tmp', 'both'] : ['both']).flatMap((place) => [
    ...steps(64).map((step) => ({ place, mount: `size=${Math.round(4 * 1024 ** (step / 63))}k` })),
    ...steps(20).map((step) => ({ place, mount: `size=4m,nr_inodes=${step + 1}` })),
    ...steps(20).map((step) => ({ place, mount: 'size=4m', readOnlyAfter: (step / 10).toFixed(1) })),
  ]);
  try {
    await eachOf(cases, 4, (item) => onDisk(item, lab));
    for (const [name, times] of [...lab.ends].sort()) log(`${String(times).padStart(4)} × ${name}`);
    return lab.failures;
  } finally {
    lab.targets.close();
  }
}

/** Results of two hundred kilobytes, of which a tenth is left when they are packed; one keeps silent, so that the journal is used. */
function specOf({ free, silent }) {
  const tcp = (collectorName, address, timeout) => ({ tcpConnect: { collectorName, address, timeout } });
  const hostCollectors = [
    tcp('keeps silent', `127.0.0.1:${silent}`, '700ms'),
    ...Array.from({ length: 200 }, (_, number) => tcp(`number ${number}`, `127.0.0.1:${free}`, '5s')),
  ];
  return JSON.stringify({ apiVersion: 'troubleshoot.sh/v1beta2', kind: 'SupportBundle', spec: { hostCollectors } });
}

async function onDisk({ place, mount, readOnlyAfter }, lab) {
  const cwd = mkdtempSync(join(lab.folder, 'run-'));
  for (const name of ['disk', 'plain', 'left']) mkdirSync(join(cwd, name));
  const out = place === 'tmp' ? 'plain' : 'disk';
  const tmp = place === 'out' ? 'plain' : 'disk';
  // Tried until no file is open for writing, which the kernel waits for.
  const remount = `(sleep ${readOnlyAfter}; until mount -o remount,ro disk 2>/dev/null; do sleep 0.01; done; : > read-only) & remount=$!;`;
  const script = `mount -t tmpfs -o ${mount} none disk || exit 99
    ${readOnlyAfter === undefined ? 'remount=;' : remount}
    timeout -s KILL ${Math.ceil(limitSeconds * starved())} "$@"; code=$?
    [ -z "$remount" ] || kill $remount 2>/dev/null
    cp -a disk/. left/; exit $code`;
  const { code, stderr, mark } = await run(['collect', lab.spec, '-q', '--no-nice', '-o', `${out}/b.tgz`], {
    cwd,
    program: lab.program,
    env: { TMPDIR: join(cwd, tmp) },
    io: { hasten },
    limitMs: 60_000,
    wrapper: ['unshare', '-m', 'sh', '-c', script, 'sh'],
  });
  const folders = [join(cwd, 'left'), join(cwd, 'plain')];
  const bundles = folders
    .flatMap((name) => list(name))
    .filter((name) => name.endsWith('.tgz') && !name.startsWith('.'));
  const left = folders.flatMap((name) => leftovers(name));
  const isReadOnly = list(cwd).includes('read-only');
  const found = (await Promise.all(folders.map((name) => unsound(name, lab.open)))).flat();
  if (code === 137) found.push(`not ended in time`);
  else if (![0, 1, 5].includes(code)) found.push(`exit ${code}: ${stderr}`);
  if (code === 0 && bundles.length !== 1) found.push('exit 0 without a bundle');
  if (code === 1 && !/\((ENOSPC|EROFS)\)|is read-only/.test(stderr)) found.push(`exit 1, and says not why: ${stderr}`);
  if (/bug in hostbundle|^\s+at .*:\d+:\d+\)?$/m.test(stderr)) found.push(`crash: ${stderr}`);
  // From what is read-only nobody removes anything.
  if (left.length > 0 && !isReadOnly) found.push(`left behind: ${left}`);
  const children = await leftOf(mark);
  if (children.length > 0) found.push(`children left: ${children}`);
  const what = readOnlyAfter === undefined ? mount : `read-only after ${readOnlyAfter} s`;
  lab.failures.push(...found.map((text) => `${place} with ${what}: ${text}`));
  const kind =
    readOnlyAfter === undefined
      ? mount.replace(/=\d+k$/, '=…').replace(/\d+$/, '…')
      : `read-only${isReadOnly ? '' : ' too late'}`;
  const end = `${place}, ${kind}: exit ${code}, ${bundles.length === 0 ? 'no bundle' : 'a sound bundle'}`;
  lab.ends.set(end, (lab.ends.get(end) ?? 0) + 1);
  rmSync(cwd, { recursive: true, force: true });
}
