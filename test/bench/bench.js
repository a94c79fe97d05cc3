/**
 * `npm run bench`: ratios against a peer in the same run, on this machine, right now. Exits 1 when a goal is missed.
 * Start-up: medians of alternating runs against `node -e 0`. Targets: `collect` as a person runs it, and the dials alone,
 * against a bare loop of net.connect that does nothing else.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setPriority, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve(import.meta.dirname, '../../bin/hostbundle.js');
const bareLoop = resolve(import.meta.dirname, 'bare-loop.js');
const folder = mkdtempSync(join(tmpdir(), 'hostbundle-bench-'));
const rows = [];
// As `collect` lowers its own: peers and listeners are children, and no better off than it.
setPriority(10);

try {
  const closed = await freePort();
  writeFileSync(join(folder, 'one.yaml'), spec([closed]));
  let made = 0;
  startUp('--help', () => [program, '--help'], 2.2);
  startUp('collect, one refused port', () => [program, 'collect', 'one.yaml', '-q', '-o', `one-${made++}.tar.gz`], 3.5);

  const { port, stop } = await listener();
  for (const count of [1, 100, 10_000]) await targets(count, port);
  const silent = await silentListener();
  await dropping(silent.port);
  await monitor(port, silent.port);
  await functions(port);
  await opening();
  silent.stop();
  stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

process.stdout.write(`\n${table(rows)}\n`);
if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;

function startUp(name, args, goal) {
  const bare = [];
  const ours = [];
  for (let run = 0; run < 25; run++) {
    bare.push(timed(['-e', '0']));
    ours.push(timed(args()));
  }
  const ratio = median(ours) / median(bare);
  rows.push({
    what: name,
    ours: ms(median(ours)),
    peer: `node -e 0 ${ms(median(bare))}`,
    ratio: ratio.toFixed(2),
    goal: `< ${goal}`,
    ok: ratio < goal,
  });
}

async function targets(count, port) {
  writeFileSync(join(folder, 'many.yaml'), spec(Array(count).fill(port)));
  const bare = [];
  const dials = [];
  const whole = [];
  let memory = 0;
  const rounds = count > 1000 ? 5 : 9;
  for (let run = 0; run < rounds; run++) {
    bare.push(JSON.parse((await report([bareLoop, String(port), String(count)])).stdout).ms);
    const output = `many-${count}-${run}.tar.gz`;
    const start = performance.now();
    const { stdout, maxRss } = await report([program, 'collect', 'many.yaml', '-q', '--format', 'json', '-o', output]);
    whole.push(performance.now() - start);
    const { collections } = JSON.parse(stdout);
    if (collections.length !== count || collections.some(({ state }) => state !== 'collected'))
      throw new Error('not all were collected');
    dials.push(manifestDuration(output));
    memory = Math.max(memory, maxRss);
  }
  const goal = count === 10_000 ? 1.5 : undefined;
  const ratio = median(dials) / median(bare);
  rows.push({
    what: `${count} targets, dialled and recorded`,
    ours: ms(median(dials)),
    peer: `bare net.connect loop ${ms(median(bare))}`,
    ratio: ratio.toFixed(2),
    goal: goal === undefined ? '' : `< ${goal}`,
    ok: goal === undefined ? undefined : ratio < goal,
  });
  const limit = count === 10_000 ? 200 : undefined;
  rows.push({
    what: `${count} targets, whole command`,
    ours: ms(median(whole)),
    peer: '',
    ratio: `${Math.round(memory / 1024)} MB`,
    goal: limit === undefined ? '' : `< ${limit} MB`,
    ok: limit === undefined ? undefined : memory / 1024 < limit,
  });
}

/** Side by side: two seconds, and a tenth for all the rest. */
async function dropping(silent) {
  writeFileSync(join(folder, 'dropping.yaml'), spec(Array(1000).fill(silent), '2s'));
  const times = [];
  for (let run = 0; run < 3; run++) {
    await report([program, 'collect', 'dropping.yaml', '-q', '-o', `dropping-${run}.tar.gz`]);
    times.push(manifestDuration(`dropping-${run}.tar.gz`));
  }
  limited('1000 targets that drop packets, timeout 2 s', median(times), 2200);
}

/** Side by side: a second for those that never answer, and a fifth for all the rest. */
async function monitor(open, silent) {
  const hosts = Array.from({ length: 1000 }, (_, n) => ({ host: '127.0.0.1', port: n % 2 === 0 ? open : silent }));
  writeFileSync(
    join(folder, 'monitor.json'),
    JSON.stringify({ tag: 'm', name: 'M', type: 'TCP', type_data: { hosts } }),
  );
  const times = [];
  for (let run = 0; run < 5; run++) {
    await report([program, 'collect', 'monitor.json', '-q', '-o', `monitor-${run}.tar.gz`]);
    times.push(manifestDuration(`monitor-${run}.tar.gz`));
  }
  limited('a monitor of 1000 hosts, half of them silent for 1000 ms', median(times), 1200);
}

async function functions(port) {
  const hosts = [{ host: '127.0.0.1', port }];
  const tcpEval =
    "async (pings) => ({ status: pings.every((p) => p.status === 'open') ? 'UP' : 'DOWN', latency: pings[0].latency })";
  const list = Array.from({ length: 1000 }, (_, n) => ({ tag: `m${n}`, type: 'TCP', type_data: { hosts, tcpEval } }));
  writeFileSync(join(folder, 'functions.json'), JSON.stringify(list));
  await report([program, 'collect', 'functions.json', '-q', '--no-eval', '-o', 'functions.tar.gz']).catch(() => {});
  const start = performance.now();
  const { stdout } = await report([program, 'analyze', 'functions.tar.gz', '--format', 'json']);
  const { counts } = JSON.parse(stdout).bundles[0];
  if (counts.pass !== 1000) throw new Error(`not all were judged: ${JSON.stringify(counts)}`);
  limited('analyze with 1000 functions', performance.now() - start, 20_000);
}

/** Rule L10 in small; `npm run prove -- large` is the same with 2 GB. */
async function opening() {
  const { bundled } = await import('../prove/bundled.js');
  const { largeBundle, listing } = await import('../prove/large-bundle.js');
  const { randomFrom } = await import('../prove/random.js');
  const make = await bundled('test/prove/opening.ts', folder);
  const file = join(folder, 'large.tar.gz');
  const bytes = await largeBundle(file, 400e6, make, randomFrom(1));
  const ours = [];
  const peer = [];
  for (let run = 0; run < 5; run++) {
    peer.push(await listing(file));
    const start = performance.now();
    await report([program, 'analyze', file]);
    ours.push(performance.now() - start);
  }
  const ratio = median(ours) / median(peer);
  rows.push({
    what: `analyze a bundle of ${Math.round(bytes / 1e6)} MB: ${Math.round(bytes / 1000 / median(ours))} MB/s`,
    ours: ms(median(ours)),
    peer: `gzip -dc | tar -t ${ms(median(peer))}`,
    ratio: ratio.toFixed(2),
    goal: '< 1.3',
    ok: ratio < 1.3,
  });
}

function limited(what, value, limit) {
  rows.push({ what, ours: ms(value), peer: '', ratio: '', goal: `< ${limit} ms`, ok: value < limit });
}

function manifestDuration(bundle) {
  const { stdout } = spawnSync(process.execPath, [program, 'inspect', bundle, 'manifest.json'], {
    cwd: folder,
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout.toString()).durationMs;
}

function timed(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(stderr.toString());
  return performance.now() - start;
}

/** Runs a program and tells its stdout and its largest resident size, in KiB. */
async function report(args) {
  const tell = `process.on('exit', () => require('node:fs').writeSync(3, String(process.resourceUsage().maxRSS)))`;
  writeFileSync(join(folder, 'tell.cjs'), tell);
  const child = spawn(process.execPath, ['--require', join(folder, 'tell.cjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let stdout = '';
  let rss = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stdio[3].on('data', (text) => {
    rss += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { stdout, maxRss: Number(rss) };
}

function spec(ports, timeout = '20s') {
  const items = ports.map(
    (port, index) =>
      `    - tcpConnect: { collectorName: target ${index}, address: "127.0.0.1:${port}", timeout: ${timeout} }\n`,
  );
  return `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: { name: bench }\nspec:\n  hostCollectors:\n${items.join('')}`;
}

/** In a process of its own, so that accepting costs neither side anything. */
async function listener() {
  const source = `const server = require('node:net').createServer((socket) => { socket.on('error', () => {}); socket.destroy(); });
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(child.stdout, 'data');
  return { port: Number(String(text)), stop: () => child.kill('SIGKILL') };
}

/** Its queue is full and it never accepts: the next handshakes get no answer at all. */
async function silentListener() {
  const source = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      console.log(server.address().port);
      process.stdout.write('', () => process.kill(process.pid, 'SIGSTOP'));
    });`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number(String((await once(child.stdout, 'data'))[0]));
  const held = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    port,
    stop() {
      for (const socket of held) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function ms(value) {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function table(list) {
  const head = { what: 'what', ours: 'ours', peer: 'peer', ratio: 'ratio', goal: 'goal', ok: '' };
  const all = [head, ...list].map((row) => [
    row.what,
    row.ours,
    row.peer,
    row.ratio,
    row.goal,
    row.ok === undefined ? '' : row.ok === true ? 'ok' : row.ok === false ? 'MISSED' : row.ok,
  ]);
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
