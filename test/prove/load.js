/**
 * L1 to L4, L6, L7: ten thousand targets; two thousand with 64 descriptors, and with a thousand ephemeral ports; a name server that
 * keeps silent; a wall clock that jumps; a run that is stopped and goes on. Every verdict right, in time, within its memory. Runs in a
 * network namespace of its own. A count is the percentage of the targets and of the time that is taken. PROVE_ONLY names
 * one figure.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jsonOf, mutant, reader, start, starved, targets } from './program.lab.js';

export const tiers = { ci: 10, full: 100 };
export const faults = ['time-wait', 'shortage', 'wall-clock'];

const mutations = {
  'time-wait': [[/\.resetAndDestroy\(\)/g, '.destroy()']],
  shortage: [
    [/function isShortage\(code\d*\)\{/, '$&return false;'],
    [/Math\.max\(8,Math\.floor\(await descriptorLimit\(\)\/4\)\)/, '4096'],
  ],
  'wall-clock': [[/performance\.now\(\)/g, 'Date.now()']],
};

/** In a network namespace of its own: this file again, as a program. */
export async function prove({ count, seed, fault, folder, log }) {
  if (process.getuid() !== 0) return ['only root makes network namespaces'];
  const inside = JSON.stringify({ count, seed, fault, folder });
  const child = spawn('unshare', ['--net', '--mount', process.execPath, import.meta.filename], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PROVE_LOAD: inside },
  });
  const failures = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('✘ ')) failures.push(line.slice(2));
      else log(line);
    }
  });
  const [code] = await once(child, 'close');
  return code === 0 ? failures : [...failures, `ended with ${code}`];
}

async function shell(script) {
  const [code] = await once(spawn('sh', ['-c', script], { stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error(`${script} ends with ${code}`);
}

/** `count` targets, every other one open; more collectors behind them. */
function specOf({ folder, targets: { open, free } }, name, count, timeout, more = []) {
  const tcp = (number) => ({
    tcpConnect: { collectorName: `${number}`, address: `127.0.0.1:${number % 2 === 0 ? open : free}`, timeout },
  });
  const hostCollectors = [...more, ...Array.from({ length: count }, (_, number) => tcp(number))];
  const file = join(folder, `${name}.yaml`);
  const spec = { apiVersion: 'troubleshoot.sh/v1beta2', kind: 'SupportBundle', spec: { hostCollectors } };
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

/** Runs it; gives what came of it with the peak of its memory. `during` gets the running child. */
async function collected({ folder, program, open }, spec, { args = [], during, ...options } = {}) {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.tgz`);
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const command = ['collect', spec, '-q', '--no-nice', '-o', file, ...args];
  const env = { TMPDIR: join(folder, 'tmp') };
  const { child, ended } = start(command, { cwd: folder, program, env, limitMs: 120_000, ...options });
  let peakKiB = 0;
  const watch = setInterval(() => {
    peakKiB = Math.max(peakKiB, Number(/VmHWM:\s+(\d+)/.exec(statusOf(child.pid))?.[1] ?? 0));
  }, 20);
  await during?.(child);
  const end = await ended;
  clearInterval(watch);
  const bundle = end.code === 0 || end.code === 5 ? await open(file) : undefined;
  return { ...end, bundle, peakMB: (peakKiB * 1024) / 1e6, tookSeconds: end.tookMs / 1000 };
}

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function statusOfTarget({ bundle }, name) {
  return (bundle && jsonOf(bundle, `host-collectors/connect/${name}.json`)?.status) ?? 'no result';
}

/** Verdicts of numbered targets that are not as they must be. */
function* wrong({ bundle, code, stderr }, count, { expected = 0, odd = 'connection-refused' } = {}) {
  if (code !== expected) yield `✘exit ${code}: ${stderr}`;
  if (bundle === undefined) return;
  if (bundle.integrity.state !== 'sound') yield `✘the bundle is ${bundle.integrity.state}`;
  const found = new Map();
  for (let number = 0; number < count; number++) {
    const status = statusOfTarget({ bundle }, number);
    if (status !== (number % 2 === 0 ? 'connected' : odd)) found.set(status, (found.get(status) ?? 0) + 1);
  }
  for (const [status, times] of found) yield `✘${times} of ${count} are ${status}`;
}

/** All open; then every other one refused, of which each is explained and leaves an error file too. */
async function* manyTargets(lab) {
  const count = 10_000 * lab.share;
  const { open } = lab.targets;
  for (const { what, targets: dialled, odd, mostMB } of [
    { what: 'open', targets: { open, free: open }, odd: 'connected', mostMB: 150 },
    { what: 'half of them refused', targets: lab.targets, odd: 'connection-refused', mostMB: 180 },
  ]) {
    const before = timeWaits();
    const result = await collected(lab, specOf({ ...lab, targets: dialled }, 'many', count, '30s'));
    const waits = timeWaits() - before;
    yield* wrong(result, count, { odd });
    const { manifest } = result.bundle ?? {};
    const seconds = (manifest?.durationMs ?? 0) / 1000;
    yield `${count} targets, ${what}, in ${seconds.toFixed(2)} s (the whole command ${result.tookSeconds.toFixed(2)} s), ${Math.round(result.peakMB)} MB, ${waits} in TIME_WAIT`;
    if (seconds > 5 * starved()) yield `✘took ${seconds} s`;
    if (result.peakMB > mostMB) yield `✘took ${Math.round(result.peakMB)} MB`;
    if (waits > count / 100) yield `✘left ${waits} sockets in TIME_WAIT`;
  }
}

/** State 06 of /proc/net/tcp. */
function timeWaits() {
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => line.trim().split(/\s+/)[3] === '06').length;
}

async function* fewDescriptors(lab) {
  const count = 2000 * lab.share;
  const wrapper = ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'];
  // Each of these holds a descriptor for a while.
  const slow = Array.from({ length: 80 }, (_, number) => ({
    tcpConnect: { collectorName: `silent ${number}`, address: `127.0.0.1:${lab.targets.silent}`, timeout: '500ms' },
  }));
  const result = await collected(lab, specOf(lab, 'few', count, '30s', slow), { wrapper });
  yield* wrong(result, count);
  yield `${count} targets with 64 descriptors in ${result.tookSeconds.toFixed(2)} s`;
}

async function* fewPorts(lab) {
  const range = '/proc/sys/net/ipv4/ip_local_port_range';
  const usual = readFileSync(range, 'utf8');
  // All to one address, where each port serves once; a tenth of them already used up.
  const ports = Math.round(1000 * Math.max(lab.share, 0.1));
  writeFileSync(range, `50000 ${50_000 + ports - 1}`);
  const count = 4 * ports;
  const result = await collected(lab, specOf(lab, 'ports', count, '30s'));
  writeFileSync(range, usual);
  yield* wrong(result, count);
  yield `${count} targets with ${ports} ephemeral ports in ${result.tookSeconds.toFixed(2)} s`;
}

async function* silentNameServer(lab) {
  const limit = lab.share === 1 ? 15 : 4;
  const count = 500 * lab.share;
  // What is sent there goes nowhere, and nothing says so.
  await shell(
    'ip link add dull type veth peer name far && ip addr add 10.9.0.1/24 dev dull && ip link set dull arp off up && ip link set far arp off up',
  );
  const file = join(lab.folder, 'resolv.conf');
  writeFileSync(file, 'nameserver 10.9.0.53\n');
  await shell(`mount --bind ${file} /etc/resolv.conf`);
  const dead = Array.from({ length: count }, (_, number) => ({
    tcpConnect: { collectorName: `dead ${number}`, address: `dead${number}.example:443`, timeout: '60s' },
  }));
  const result = await collected(lab, specOf(lab, 'names', count, '60s', dead), { args: ['--timeout', `${limit}s`] });
  yield* wrong(result, count, { expected: 5 });
  const { manifest } = result.bundle ?? {};
  const late = manifest?.collections.filter(({ state }) => state === 'timedOut').length;
  // The resolver of the C library gives up by itself after ten seconds, for the names that were asked first.
  const given = dead.filter(({ tcpConnect }) => statusOfTarget(result, tcpConnect.collectorName) === 'error').length;
  yield `${count} dead names and ${count} literals with --timeout ${limit}s: gone after ${result.tookSeconds.toFixed(2)} s; ${late} names timed out, ${given} were given up`;
  if (late + given !== count) yield `✘${late} of ${count} dead names timed out, ${given} were given up`;
  if (result.tookSeconds > limit + 2 * starved()) yield `✘gone only after ${result.tookSeconds} s`;
  await shell('umount /etc/resolv.conf');
}

const hour = 3600;
const year = 365.25 * 24 * hour;

async function* clockJumps(lab) {
  const silent = {
    tcpConnect: { collectorName: 'silent', address: `127.0.0.1:${lab.targets.silent}`, timeout: '1500ms' },
  };
  const spec = specOf(lab, 'clock', 10, '30s', [silent]);
  for (const seconds of [hour, -hour, 10 * year, -10 * year]) {
    const result = await collected(lab, spec, { io: { clock: { afterMs: 300, byMs: seconds * 1000 } } });
    yield* wrong(result, 10);
    const { durationMs = 0, clockStepMs = null, collections = [] } = result.bundle?.manifest ?? {};
    const one = collections[0] ?? {};
    yield `by ${seconds / hour} h: the manifest says ${clockStepMs} ms, the silent target took ${one.durationMs} ms`;
    if (Math.abs(clockStepMs - seconds * 1000) > 2000)
      yield `✘the manifest says that the clock jumped by ${clockStepMs} ms`;
    for (const ms of [durationMs, one.durationMs]) if (!(ms >= 1490 && ms < 10_000)) yield `✘a duration of ${ms} ms`;
  }
}

async function* stopped(lab) {
  const pauseMs = 5000 * Math.max(lab.share, 0.2);
  const silent = {
    tcpConnect: { collectorName: 'silent', address: `127.0.0.1:${lab.targets.silent}`, timeout: '3200ms' },
  };
  const result = await collected(lab, specOf(lab, 'stopped', 500, '30s', [silent]), {
    // A journal begins early; then the silent one is surely waited for. No time limit here is of as many milliseconds.
    io: { hasten: { from: 3000, to: 50 } },
    async during(child) {
      const temporary = join(lab.folder, 'tmp');
      while (!readdirSync(temporary).some((name) => existsSync(join(temporary, name, 'journal')))) await pause(10);
      child.kill('SIGSTOP');
      await pause(pauseMs);
      child.kill('SIGCONT');
    },
  });
  yield* wrong(result, 500);
  const { durationMs, state } = result.bundle?.manifest.collections[0] ?? {};
  yield `stopped for ${pauseMs} ms: a time limit of 3200 ms ended after ${durationMs} ms`;
  if (state !== 'collected' || !(durationMs >= Math.max(3190, pauseMs) && durationMs < 3200 + pauseMs + 2000))
    yield `✘a time limit of 3200 ms ended after ${durationMs} ms, ${state}`;
}

if (process.env.PROVE_LOAD !== undefined) {
  const { count, fault, folder } = JSON.parse(process.env.PROVE_LOAD);
  delete process.env.PROVE_LOAD;
  const program = fault === '' ? undefined : mutant(folder, mutations[fault]);
  await shell('ip link set lo up');
  const lab = { folder, program, share: count / 100, open: await reader(folder), targets: await targets() };
  const figures = {
    L1: manyTargets,
    L2: fewDescriptors,
    L3: fewPorts,
    L4: silentNameServer,
    L6: clockJumps,
    L7: stopped,
  };
  // Where a mistake is planted, what must find it is enough.
  const findsIt = { 'time-wait': 'L1', shortage: 'L2', 'wall-clock': 'L6' };
  const only = fault === '' ? process.env.PROVE_ONLY : findsIt[fault];
  for (const [name, figure] of Object.entries(figures)) {
    if (only !== undefined && name !== only) continue;
    for await (const text of figure(lab))
      process.stdout.write(text.startsWith('✘') ? `✘ ${name}: ${text.slice(1)}\n` : `${name}: ${text}\n`);
  }
  lab.targets.close();
  process.exit();
}
