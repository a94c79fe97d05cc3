/**
 * K1 to K3: SIGKILL at random moments of a collection of two seconds, SIGKILL at each call to the system, in `collect` and in
 * `recover`, and SIGINT, SIGTERM, SIGHUP at random moments, once or twice. No half bundle under a final name, no child left; what a
 * killed run had noted can be recovered, and the next run removes the rest. A count tries that many kills, that many calls and
 * that many signals. PROVE_ONLY names one figure.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bundled } from './bundled.js';
import {
  eachOf,
  leftOf,
  leftovers,
  mutant,
  reader,
  referenceSpec,
  run,
  start,
  starved,
  targets,
  unsound,
} from './program.lab.js';

export const tiers = { ci: 8, full: 500 };
export const faults = ['in-place', 'orphan', 'deaf'];

const mutations = {
  'in-place': [[/partial=partialName\((file\d*)\)/, 'partial=$1']],
  orphan: [[/function die\(\)\{/, '$&setInterval(()=>{},1e3);return;']],
  deaf: [[/controller\.abort\(new Error\(`stopped by/, '(()=>{})(new Error(`stopped by']],
};
const findsIt = { 'in-place': killedAtCalls, orphan: killedWithChild, deaf: signalled };
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const atOnce = 4;
/** A journal begins early, so that it is seen in a short run. */
const hasten = { from: 3000, to: 50 };

export async function prove({ count, random, fault, folder, log }) {
  const program = fault === '' ? undefined : mutant(folder, mutations[fault]);
  const lab = {
    folder,
    program,
    targets: await targets(),
    open: await reader(folder),
    failures: [],
    kills: 0,
    rescued: 0,
  };
  lab.disk = await bundled('src/disk/temporary.ts', folder);
  try {
    // Two folders, because a spec names files that lie beside it.
    for (const [name, slowMs] of [
      ['short', 1200],
      ['long', 30_000],
    ]) {
      mkdirSync(join(folder, name));
      lab[name] = referenceSpec(join(folder, name), lab.targets, slowMs);
    }
    // Where a mistake is planted, what must find it is enough.
    const all = { K2: killedAtCalls, K1: killedAtMoments, K3: signalled };
    const only = all[process.env.PROVE_ONLY];
    const figures = fault !== '' ? [findsIt[fault]] : only ? [only] : Object.values(all);
    for (const figure of figures) await figure(lab, count, random, log);
    return lab.failures;
  } finally {
    lab.targets.close();
  }
}

/** A folder for one run, with its own for temporary files. */
function room({ folder }) {
  const cwd = mkdtempSync(join(folder, 'run-'));
  for (const name of ['tmp', 'out']) mkdirSync(join(cwd, name));
  return cwd;
}

function options(lab, cwd, io) {
  return { cwd, program: lab.program, env: { TMPDIR: join(cwd, 'tmp') }, io: { ...io, hasten } };
}

const collecting = (spec) => ['collect', spec, '-q', '--no-nice', '-o', 'out/b.tgz'];

/** What must hold after a kill: whole bundles alone; journals can be recovered; the next run leaves nothing else. */
async function afterKill(lab, cwd, mark, when) {
  const [tmp, out] = [join(cwd, 'tmp'), join(cwd, 'out')];
  const found = await unsound(out, lab.open);
  const children = await leftOf(mark);
  if (children.length > 0) found.push(`children left: ${children}`);
  const journals = (await lab.disk.workingFoldersIn(tmp)).filter(({ hasJournal }) => hasJournal);
  for (const { path } of journals) found.push(...(await recovered(lab, cwd, path)));
  // Now and then by a whole run; else by what such a run calls.
  if (lab.kills++ % 10 === 0) {
    writeFileSync(join(cwd, 'next.yaml'), next);
    const { code, stderr } = await run(['collect', 'next.yaml', '-q', '-o', 'out/next.tgz'], options(lab, cwd));
    if (code !== 0) found.push(`the next run ends with ${code}: ${stderr}`);
  } else {
    await lab.disk.removePartials(out);
    await lab.disk.removeDeadFolders(tmp);
  }
  const kept = leftovers(tmp).filter((name) => !existsSync(join(tmp, name, 'journal')));
  const left = [...leftovers(out), ...kept];
  if (left.length > 0) found.push(`the next run leaves ${left}`);
  found.push(...(await unsound(out, lab.open)));
  lab.failures.push(...found.map((text) => `${when}: ${text}`));
  rmSync(cwd, { recursive: true, force: true });
}

const next =
  'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: { hostCollectors: [{ tcpConnect: { address: "127.0.0.1:1" } }] }\n';

/** A journal gives a bundle, or nothing was noted in it; then it stays. */
async function recovered(lab, cwd, path) {
  const { code, stderr } = await run(['recover', path, '-o', 'out/rescued.tgz'], options(lab, cwd));
  const isThere = existsSync(path);
  if (code === 2 && isThere && stderr.includes('before it had noted anything')) return [];
  if (code !== 5 || isThere) return [`recover ends with ${code}: ${stderr}`];
  lab.rescued++;
  const file = join(cwd, 'out/rescued.tgz');
  if (!existsSync(file)) return ['recover says that it wrote a bundle, and there is none'];
  const { manifest } = await lab.open(file);
  const isHonest = manifest.complete === false && manifest.collections.length === 12;
  return isHonest ? [] : ['what was recovered does not say that it is incomplete'];
}

/** K2. The calls from the end backwards, for there the bundle is written. */
async function killedAtCalls(lab, count, _random, log) {
  const clean = room(lab);
  const trace = join(clean, 'trace');
  await run(collecting(lab.short), options(lab, clean, { trace }));
  const calls = readFileSync(trace, 'utf8').split('\n').length - 1;
  // What a killed run left, for `recover` to be killed over.
  const killed = room(lab);
  await run(collecting(lab.short), options(lab, killed, { killAt: 'link' }));
  const [left = ''] = leftovers(join(killed, 'tmp'));
  const bring = (cwd) => cpSync(join(killed, 'tmp', left), join(cwd, 'tmp', left), { recursive: true });
  const recovering = room(lab);
  bring(recovering);
  const recoverTrace = join(recovering, 'trace');
  await run(['recover', '-o', 'out/b.tgz'], options(lab, recovering, { trace: recoverTrace }));
  const recoverCalls = readFileSync(recoverTrace, 'utf8').split('\n').length - 1;
  if (left === '' || recoverCalls < 20) lab.failures.push('no killed run could be recovered');

  const all = [
    ...Array.from({ length: calls }, (_, index) => ({ args: collecting(lab.short), at: calls - index })),
    ...Array.from({ length: recoverCalls }, (_, index) => ({
      args: ['recover', '-o', 'out/b.tgz'],
      at: recoverCalls - index,
      bring,
    })),
  ];
  const stride = Math.max(1, Math.floor(40 / count));
  const chosen = count >= 500 ? all : all.filter((_, index) => index % stride === 0).slice(0, count);
  await eachOf(chosen, atOnce, async ({ args, at, bring }) => {
    const cwd = room(lab);
    bring?.(cwd);
    const { signal, mark } = await run(args, options(lab, cwd, { kill: at }));
    if (signal !== 'SIGKILL' && at < 40) lab.failures.push(`${args[0]}: call ${at} was not reached`);
    if (bring && !existsSync(join(cwd, 'tmp', left)) && !existsSync(join(cwd, 'out/b.tgz')))
      lab.failures.push(`recover, killed at call ${at}: neither a bundle nor the journal is left`);
    await afterKill(lab, cwd, mark, `${args[0]}, killed at call ${at}`);
  });
  log(`K2: ${chosen.length} of ${all.length} calls, ${lab.failures.length} failures`);
}

/** The one moment at which there is surely a child. */
async function killedWithChild(lab) {
  const cwd = room(lab);
  const { mark } = await run(collecting(lab.short), options(lab, cwd, { killAt: 'connect' }));
  await afterKill(lab, cwd, mark, 'killed at the first connection');
}

/** K1. */
async function killedAtMoments(lab, count, random, log) {
  // As many at once as later, so that moments are spread over whole runs.
  const clean = await Promise.all(
    Array.from({ length: atOnce }, () => run(collecting(lab.short), options(lab, room(lab), {}))),
  );
  const tookMs = Math.max(...clean.map((ended) => ended.tookMs));
  const moments = Array.from({ length: count }, () => random.next() * tookMs * 1.05);
  let bundles = 0;
  await eachOf(moments, atOnce, async (moment) => {
    const cwd = room(lab);
    const { child, ended, mark } = start(collecting(lab.short), options(lab, cwd, {}));
    await pause(moment);
    child.kill('SIGKILL');
    await ended;
    if (existsSync(join(cwd, 'out/b.tgz'))) bundles++;
    await afterKill(lab, cwd, mark, `killed after ${Math.round(moment)} of ${Math.round(tookMs)} ms`);
  });
  log(
    `K1: ${count} kills, ${bundles} of them when the bundle was there; ${lab.rescued} journals recovered and ${lab.failures.length} failures by now`,
  );
}

/** K3. */
async function signalled(lab, count, random, log) {
  const cases = Array.from({ length: count }, (_, index) => ({
    signal: random.pick(Object.keys(signals)),
    // Half of them while it starts, half when some collectors have ended and others have not.
    isEarly: index % 2 === 0,
    moment: random.next() * 1500,
    again: index % 4 >= 2 ? 20 + random.next() * 300 : undefined,
  }));
  const codes = new Map();
  let slowestMs = 0;
  let bundles = 0;
  await eachOf(cases, atOnce, async ({ signal, isEarly, moment, again }) => {
    const cwd = room(lab);
    const { child, ended, mark } = start(collecting(lab.long), options(lab, cwd, {}));
    if (!isEarly) await untilJournal(cwd);
    await pause(moment);
    child.kill(signal);
    let sinceMs = performance.now();
    if (again !== undefined) {
      await pause(again);
      if (child.exitCode === null && child.signalCode === null) sinceMs = performance.now();
      child.kill(signal);
    }
    const { code, signal: by, stderr, hung } = await ended;
    const tookMs = performance.now() - sinceMs;
    slowestMs = Math.max(slowestMs, tookMs);
    const found = await unsound(join(cwd, 'out'), lab.open);
    // Before it listens, or at the second signal, the signal itself ends it; a shell calls both by the same number.
    if (code !== signals[signal] && by !== signal) found.push(`ends with ${code} ${by}: ${stderr}`);
    if (hung || tookMs > (again === undefined ? 10_000 : 1000) * starved())
      found.push(`is gone only after ${Math.round(tookMs)} ms`);
    if (code !== null && !existsSync(join(cwd, 'out/b.tgz'))) found.push(`exit ${code} without a bundle`);
    if (existsSync(join(cwd, 'out/b.tgz'))) bundles++;
    found.push(...(await honesty(lab, join(cwd, 'out/b.tgz'), signal)));
    const left = [...leftovers(join(cwd, 'out')), ...leftovers(join(cwd, 'tmp'))];
    if (left.length > 0) found.push(`left behind: ${left.map((name) => basename(name))}`);
    const children = await leftOf(mark);
    if (children.length > 0) found.push(`children left: ${children}`);
    const when = `${signal} ${isEarly ? '' : 'in the midst, '}after ${Math.round(moment)} ms${again === undefined ? '' : `, again ${Math.round(again)} ms later`}`;
    lab.failures.push(...found.map((text) => `${when}: ${text}`));
    codes.set(`${code ?? by}`, (codes.get(`${code ?? by}`) ?? 0) + 1);
    rmSync(cwd, { recursive: true, force: true });
  });
  const ends = [...codes].map(([name, times]) => `${name} ${times} times`).join(', ');
  log(`K3: ${count} signals: ${ends}; ${bundles} bundles; the slowest end took ${Math.round(slowestMs)} ms`);
}

/** Until all that is quick has ended. */
async function untilJournal(cwd) {
  const isThere = (name) => existsSync(join(cwd, 'tmp', name, 'journal'));
  while (!leftovers(join(cwd, 'tmp')).some(isThere)) await pause(10);
}

/** A bundle of a run that was stopped says so, and names each collector that did not end. */
async function honesty(lab, file, signal) {
  if (!existsSync(file)) return [];
  const { manifest } = await lab.open(file);
  const stopped = manifest.collections.filter(({ reason }) => reason?.startsWith(`stopped by ${signal}`));
  if (manifest.collections.length !== 12) return [`names ${manifest.collections.length} of 12 collectors`];
  const isSaid = manifest.complete === false && manifest.incompleteReason === `stopped by ${signal}`;
  return isSaid && stopped.length > 0 ? [] : ['the bundle does not say that it was stopped'];
}
