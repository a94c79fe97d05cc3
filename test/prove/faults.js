/**
 * F1 to F3: each call that the program makes fails once: in `collect` and `analyze` with each of ten errors, in `collect -o -` and
 * `recover` with one of them. No hang, no crash, no bundle that does not verify, nothing left behind, nothing judged better than it
 * is. Then all reads and writes of a byte each: the same bytes. A count tries that many of these, spread over all. PROVE_VERBOSE=1
 * shows how each ends. PROVE_ONLY names one of the four.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachOf, leftOf, leftovers, mutant, reader, referenceSpec, run, targets, unsound } from './program.lab.js';

export const tiers = { ci: 24, full: 1_000_000 };
export const faults = ['leftovers', 'unverified', 'crash'];

const codes = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT', 'ENOMEM', 'EINTR', 'EBUSY'];
/** In other words than the code; without knowing whose it is, nothing is taken for a killed run's. */
const mayLast = 'these may still last';
const saidAs = Object.fromEntries(codes.map((code) => [code, [mayLast]]));
for (const code of ['EACCES', 'EPERM']) saidAs[code].push('no permission');

/** A journal begins early, so that it is seen in a short run. */
const hasten = { from: 3000, to: 50 };

const mutations = {
  leftovers: [
    [/async function discard\(path\d*\)\{/, '$&return;'],
    [/function removeTemporary\(\)\{/, '$&return;'],
  ],
  unverified: [
    [/await packInto\(output\)/, 'await packInto(output).catch(()=>{})'],
    [/await verify\d*\(partial,options\d*\)/, '""'],
  ],
  crash: [
    [/if\(isFromSystem\(error\d*\)\)/, 'if(false)'],
    [/function diskFailure\(error\d*\)\{/, '$&return;'],
  ],
};

/** Where a mistake is planted, the call whose failure must find it is enough. */
const findsIt = { leftovers: 'link', unverified: 'write', crash: 'write' };

export async function prove({ count, random, fault, folder, log }) {
  const program = fault === '' ? undefined : mutant(folder, mutations[fault]);
  const lab = await prepare(folder, program);
  try {
    const failures = [];
    const cases = [];
    const only = fault === '' ? (process.env.PROVE_ONLY ?? '') : 'collect';
    for (const part of parts(lab).filter(({ name }) => only === '' || name === only)) {
      const clean = await attempt(part, {}, lab);
      failures.push(...clean.failures.map((text) => `${part.name}: nothing fails, and yet ${text}`));
      log(`${part.name}: ${clean.calls.length} calls`);
      // A run may make a call more than another; what is not reached changes nothing.
      for (let at = 1; at <= clean.calls.length + 2; at++) {
        // What `collect` has shown with all ten is the same code elsewhere.
        const tried = part.isLike === undefined ? codes : [codes[at % codes.length]];
        for (const code of tried) cases.push({ part, fail: { at, code } });
      }
      cases.push({ part, short: true });
    }
    const chosen =
      fault === ''
        ? spread(cases, count, random)
        : [{ part: parts(lab)[0], fail: { of: findsIt[fault], code: 'EIO' } }];
    const told = new Set();
    await eachOf(chosen, 6, async ({ part, ...io }) => {
      const { calls, code, stderr, failures: found } = await attempt(part, io, lab);
      const failing = calls.find((line) => line.startsWith('! ')) ?? (io.short ? 'short' : 'not reached');
      const how = `${part.name}: ${failing.replace(/\S*\//, '…/').replace(/[0-9a-f-]{20,}/, '*')} ${io.fail?.code ?? ''}`;
      failures.push(...found.map((text) => `${how} (${io.fail?.at ?? 'the first'}): ${text}`));
      if (process.env.PROVE_VERBOSE !== '1') return;
      const line = `${how} → ${code} ${stderr.split('\n')[0]}`;
      if (!told.has(line) || found.length > 0) log([line, ...found].join('\n  ✘ '));
      told.add(line);
    });
    log(`${chosen.length} of ${cases.length} runs`);
    return failures;
  } finally {
    lab.targets.close();
  }
}

/** A part of them all, evenly, from a random place on. */
function spread(cases, count, random) {
  if (count >= cases.length) return cases;
  const stride = cases.length / count;
  const from = random.next() * stride;
  return Array.from({ length: count }, (_, index) => cases[Math.floor(from + index * stride)]);
}

async function prepare(folder, program) {
  const lab = { folder, program, targets: await targets(), open: await reader(folder) };
  lab.spec = referenceSpec(folder, lab.targets, 400);
  lab.bundle = join(folder, 'whole.tar.gz');
  const { code, stderr } = await run(['collect', lab.spec, '-q', '-o', lab.bundle], { cwd: folder });
  if (code !== 0) throw new Error(`the reference collection ends with ${code}: ${stderr}`);
  // A run that was killed when all was noted, just before its bundle had its name.
  const killed = join(folder, 'killed');
  mkdirSync(killed);
  await run(['collect', lab.spec, '-q', '-o', join(folder, 'lost.tar.gz')], {
    cwd: folder,
    env: { TMPDIR: killed },
    io: { hasten, killAt: 'link' },
  });
  lab.killed = join(killed, readdirSync(killed)[0]);
  return lab;
}

/** What is tried: arguments, what must hold afterwards besides what holds for all. */
function parts({ spec, bundle, killed, folder, open }) {
  const cleanAnalysis = {};
  let cleanBytes;
  const isSame = (bytes) => {
    cleanBytes ??= bytes;
    return cleanBytes.equals(bytes) ? [] : ['other bytes than without'];
  };
  return [
    {
      name: 'collect',
      args: ['collect', spec, '-q', '-o', 'out/b.tgz'],
      hasten,
      judge: async ({ code }, cwd) =>
        [0, 5].includes(code) === existsSync(join(cwd, 'out/b.tgz')) || code === 1 ? [] : [`exit ${code} is not true`],
    },
    {
      name: 'collect -o -',
      args: ['collect', spec, '-q', '-o', '-'],
      stdoutFile: 'out/b.tgz',
      hasten,
      isStream: true,
      isLike: 'collect',
      judge: async ({ code }, cwd) => {
        if (code !== 0 && code !== 5) return [];
        const { integrity } = await open(join(cwd, 'out/b.tgz'));
        return integrity.state === 'sound' ? [] : [`exit ${code}, and what came out is ${integrity.state}`];
      },
    },
    {
      name: 'recover',
      args: ['recover', '-o', 'out/b.tgz'],
      before: (cwd) => cpSync(killed, join(cwd, 'tmp', killed.slice(killed.lastIndexOf('/') + 1)), { recursive: true }),
      keepsJournal: true,
      isLike: 'collect',
      judge: async ({ code }, cwd, io) => {
        const file = join(cwd, 'out/b.tgz');
        if (existsSync(file)) return io.fail ? [] : isSame(readFileSync(file));
        if (code === 5) return ['exit 5 without a bundle'];
        return leftovers(join(cwd, 'tmp')).length === 1 ? [] : ['neither a bundle nor the journal is left'];
      },
    },
    {
      name: 'analyze',
      args: ['analyze', bundle, '--format', 'json'],
      stdoutFile: 'analysis',
      judge: async ({ code }, cwd, io) => {
        const text = readFileSync(join(cwd, 'analysis'), 'utf8');
        if (!io.fail) cleanAnalysis.text ??= text;
        if (io.short) return text === cleanAnalysis.text ? [] : ['another analysis than without'];
        if (text === cleanAnalysis.text) return code === 3 || code === 1 ? [] : [`exit ${code} with the same analysis`];
        return notBetter(text, JSON.parse(cleanAnalysis.text), code);
      },
    },
  ].map((part) => ({ ...part, folder }));
}

/** What is judged at all is judged as without the failure, or is unknown. */
function notBetter(text, clean, code) {
  if (code === 0) return ['exit 0 though a check fails'];
  if (code === 1 || code === 2) return [];
  const verdicts = new Map(clean.bundles[0].findings.map(({ title, verdict }) => [title, verdict]));
  const better = JSON.parse(text).bundles[0].findings.filter(
    ({ title, verdict }) => verdict !== 'unknown' && verdict !== verdicts.get(title),
  );
  return better.map(({ title, verdict }) => `"${title}" is ${verdict}, without the failure ${verdicts.get(title)}`);
}

/** One run in a folder of its own, and what is wrong with what it leaves. */
async function attempt({ args, stdoutFile, judge, before, keepsJournal, isStream, hasten: sooner }, io, lab) {
  const cwd = mkdtempSync(join(lab.folder, 'run-'));
  for (const name of ['tmp', 'out']) mkdirSync(join(cwd, name));
  before?.(cwd);
  const trace = join(cwd, 'trace');
  writeFileSync(trace, '');
  const ended = await run(args, {
    cwd,
    program: lab.program,
    env: { TMPDIR: join(cwd, 'tmp'), SOURCE_DATE_EPOCH: '1700000000' },
    io: { trace, ...(sooner && { hasten: sooner }), ...io },
    stdoutFile: stdoutFile && join(cwd, stdoutFile),
  });
  const { code, signal, stderr, hung, tookMs, mark } = ended;
  const failures = [];
  if (hung) failures.push(`hangs, still there after ${Math.round(tookMs)} ms`);
  else if (signal !== null) failures.push(`ended by ${signal}`);
  if (/bug in hostbundle|^\s+at .*:\d+:\d+\)?$/m.test(stderr)) failures.push(`crash: ${stderr.slice(0, 300)}`);
  if (![0, 1, 2, 3, 5].includes(code) && !hung) failures.push(`exit ${code}`);
  const words = [io.fail?.code, ...(saidAs[io.fail?.code] ?? [])];
  if ((code === 1 || code === 2) && io.fail && !words.some((word) => stderr.includes(word)))
    failures.push(`does not say ${io.fail.code}: ${stderr}`);
  // What a stream held when it broke is whoever's who reads it.
  if (!isStream) failures.push(...(await unsound(join(cwd, 'out'), lab.open)));
  const left = [...leftovers(join(cwd, 'out')), ...(keepsJournal ? [] : leftovers(join(cwd, 'tmp')))];
  if (left.length > 0 && !hung) failures.push(`left behind: ${left}`);
  const children = await leftOf(mark);
  if (children.length > 0) failures.push(`children left: ${children}`);
  failures.push(...(await judge(ended, cwd, io)));
  const calls = readFileSync(trace, 'utf8').split('\n').slice(0, -1);
  rmSync(cwd, { recursive: true, force: true });
  return { code, stderr, failures, calls };
}
