/** What the proofs of a sick host share: one spec of twelve collectors, the program over it, and what is left of a run. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { bundled } from './bundled.js';

const ours = resolve(import.meta.dirname, '../../bin/hostbundle.js');
const preload = join(import.meta.dirname, 'io.preload.cjs');

/** Targets on loopback: one that answers, one that nobody is on, one that keeps silent. `close` takes them back. */
export async function targets() {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const open = server.address().port;
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const free = probe.address().port;
  probe.close();
  const silent = await silentPort();
  return {
    open,
    free,
    silent: silent.port,
    close() {
      server.close();
      silent.close();
    },
  };
}

/** A listener whose queue is full, and who never looks: a handshake gets no answer. */
async function silentPort() {
  const script =
    "const s=require('net').createServer().listen({host:'127.0.0.1',port:0,backlog:1},()=>{console.log(s.address().port);process.stdout.write('',()=>process.kill(process.pid,'SIGSTOP'))})";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const port = Number(line);
  const sockets = [];
  for (let filled = 0; filled < 4; filled++) {
    sockets.push(new Socket().on('error', () => {}).connect(port, '127.0.0.1'));
    await new Promise((next) => setTimeout(next, 50));
  }
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}

/** Twelve collectors of every kind, a rule for some; the slowest takes `slowMs`. */
export function referenceSpec(folder, { open, free, silent }, slowMs) {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=lab', '-days', '2'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const tcp = (collectorName, address, more = {}) => ({ tcpConnect: { collectorName, address, ...more } });
  const rule = (type, collectorName, ...outcomes) => ({
    [type]: { checkName: `About ${collectorName}`, collectorName, outcomes },
  });
  const isUp = [{ pass: { when: 'connected', message: 'up' } }, { fail: { message: 'down' } }];
  const spec = {
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'SupportBundle',
    metadata: { name: 'reference' },
    spec: {
      hostCollectors: [
        tcp('answers', `127.0.0.1:${open}`),
        tcp('refuses', `127.0.0.1:${free}`),
        tcp('keeps silent', `127.0.0.1:${silent}`, { timeout: `${slowMs}ms` }),
        tcp('by name', `localhost:${open}`),
        tcp('over IPv6', `[::1]:${free}`),
        tcp('series', `127.0.0.1:${open}`, { samples: 3, interval: '20ms' }),
        { tcpPortStatus: { collectorName: 'free port', port: free, interface: 'lo' } },
        { certificate: { collectorName: 'pair', certificatePath: certificate, keyPath: key } },
        { certificatesCollection: { collectorName: 'certificates', paths: [certificate] } },
        { tcpMonitor: { collectorName: 'monitor', hosts: [{ host: '127.0.0.1', port: open }] } },
        { checkTcpConnection: { collectorName: 'check', host: '127.0.0.1', port: open, timeout: 2 } },
        tcp('no name', 'no..name:1'),
      ],
      hostAnalyzers: [
        rule('tcpConnect', 'answers', ...isUp),
        rule('tcpConnect', 'refuses', ...isUp),
        rule('tcpConnect', 'keeps silent', ...isUp),
        rule('tcpConnect', 'by name', ...isUp),
        rule('tcpPortStatus', 'free port', ...isUp),
        { tcpMonitor: { checkName: 'About monitor', collectorName: 'monitor' } },
        rule('certificate', 'pair', { pass: { when: 'key-pair-valid', message: 'fits' } }, { fail: { message: 'no' } }),
      ],
    },
  };
  const file = join(folder, 'reference.yaml');
  writeFileSync(file, JSON.stringify(spec));
  return file;
}

/** A copy of the program with mistakes planted in what was built of it; throws where a place for one is not there any more. */
export function mutant(folder, mistakes) {
  const root = resolve(import.meta.dirname, '../..');
  const copy = join(folder, 'mutant');
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(copy, name), { recursive: true });
  const file = join(copy, 'dist/hostbundle.cjs');
  let text = readFileSync(file, 'utf8');
  for (const [place, mistake] of mistakes) {
    if (!place.test(text)) throw new Error(`there is no place for a mistake any more: ${place}`);
    text = text.replace(place, mistake);
  }
  writeFileSync(file, text);
  return join(copy, 'bin/hostbundle.js');
}

/** Marks every process that a run starts, however far it goes. */
let runs = 0;

/** How many times longer than alone work takes now, because others have the processors; at least 1. */
export function starved() {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const used = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  while (used() < 50);
  return Math.max(1, (performance.now() - startMs) / used());
}

/** Starts the program, or a mutant of it; `io` is for the preload. `ended` gives how it went, `hung` when it had to be killed after `limitMs`. */
export function start(args, { cwd, env = {}, io, limitMs = 20_000, stdoutFile, wrapper = [], program = ours }) {
  const mark = `${process.pid}.${++runs}`;
  const out = stdoutFile === undefined ? 'pipe' : openSync(stdoutFile, 'w');
  const command = [...wrapper, process.execPath, ...(io ? ['--require', preload] : []), program, ...args];
  const startMs = performance.now();
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, ...env, PROVE_RUN: mark, ...(io && { PROVE_IO: JSON.stringify(io) }) },
    stdio: ['ignore', out, 'pipe'],
  });
  if (stdoutFile !== undefined) closeSync(out);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  let hung = false;
  let timer;
  const look = () => {
    // Where others keep the processors, it gets longer, for the bar is for a machine of its own.
    hung = performance.now() - startMs > limitMs * starved();
    if (hung) child.kill('SIGKILL');
    else timer = setTimeout(look, limitMs / 2);
  };
  timer = setTimeout(look, limitMs);
  const ended = once(child, 'close').then(([code, signal]) => {
    clearTimeout(timer);
    return { code, signal, stdout, stderr, hung, tookMs: performance.now() - startMs, mark };
  });
  return { child, ended, mark };
}

export function run(args, options) {
  return start(args, options).ended;
}

/** The processes of a run that still live. Those with an environment of their own are found by who started them. */
function living(mark) {
  const found = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const isMarked = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PROVE_RUN=${mark}\0`);
      if (state !== 'Z') found.set(pid, { parent, isMarked, name: text.slice(0, text.indexOf(')') + 1) });
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOf = (pid) => found.has(pid) && (found.get(pid).isMarked || isOf(found.get(pid).parent));
  return [...found.keys()].filter(isOf).map((pid) => ({ pid: Number(pid), name: found.get(pid).name }));
}

/** Waits until the processes of a run are gone; names those that are not, and ends them. */
export async function leftOf(mark, graceMs = 10_000) {
  const endMs = performance.now() + graceMs;
  let left = living(mark);
  while (left.length > 0 && performance.now() < endMs) {
    await new Promise((next) => setTimeout(next, 20));
    left = living(mark);
  }
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  return left.map(({ name }) => name);
}

/** Opens bundles with our own reader, in this process. */
export async function reader(folder) {
  const [{ openBundle }, { limits }] = await Promise.all([
    bundled('src/bundle/open.ts', folder),
    bundled('src/contract/limits.ts', folder),
  ]);
  return (file) => openBundle(file, { limits, keep: () => true });
}

/** A result in an opened bundle; undefined without one. */
export function jsonOf(bundle, path) {
  const bytes = bundle.read(path);
  return bytes === undefined ? undefined : JSON.parse(Buffer.from(bytes).toString());
}

/** Of each file under a name of a bundle in a folder: how it opens, if that is not as sound. */
export async function unsound(folder, open) {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^[^.].*\.(tar\.gz|tgz)$/.test(name)) : [];
  const failures = [];
  for (const name of names) {
    const state = await open(join(folder, name)).then(
      ({ integrity }) => integrity.state,
      (error) => error.message,
    );
    if (state !== 'sound') failures.push(`${name}: ${state}`);
  }
  return failures;
}

/** Temporary files and folders of ours in a folder. */
export function leftovers(folder) {
  return readdirSync(folder).filter((name) => /^hostbundle-|\.partial-/.test(name));
}

/** Works on a list, some at a time. */
export async function eachOf(list, atOnce, work) {
  const waiting = [...list];
  const workers = Array.from({ length: atOnce }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  });
  await Promise.all(workers);
}
