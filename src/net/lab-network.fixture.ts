import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from '@jest/globals';
import type { Collected } from '../contract/collector.ts';
import type { Schema, Written } from '../contract/schema.ts';
import { atCleanUp, bundle, createNamespace, misfits, type Namespace, temporaryFolder } from './lab.fixture.ts';

const run = promisify(execFile);

/** A host: a namespace whose eth0 is up and has these addresses, such as `10.8.0.1/24`. */
export async function createHost(...addresses: readonly string[]): Promise<Namespace> {
  const host = await createNamespace();
  await host.ip(
    'link add eth0 type veth peer name end0',
    ...addresses.map((address) => `addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`),
    'link set end0 up',
    'link set eth0 up',
  );
  return host;
}

/** Gives a namespace a network 10.9.0.0/16 (itself 10.9.0.1) to which everything is sent, and from which nobody answers. */
export async function addSilentNetwork(namespace: Namespace): Promise<void> {
  await namespace.ip(
    'link add silent type veth peer name silent-end',
    'addr add 10.9.0.1/16 dev silent',
    'link set silent arp off up',
    'link set silent-end arp off up',
  );
}

/** Two namespaces with a cable between them: `near` and `far` are eth0 of each, such as `10.8.0.1/24` and `10.8.0.2/24`. */
export async function connectHosts(
  near: readonly string[],
  far: readonly string[],
): Promise<{ readonly near: Namespace; readonly far: Namespace }> {
  const ends = { near: await createNamespace(), far: await createNamespace() };
  await ends.near.ip(`link add eth0 type veth peer name eth0 netns ${ends.far.name}`);
  for (const [end, addresses] of [[ends.near, near] as const, [ends.far, far] as const]) {
    for (const address of addresses)
      await end.ip(`addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`);
    await end.ip('link set eth0 up');
  }
  return ends;
}

const priorities = { filter: 0, prerouting: -100, output: -100, postrouting: 100, input: 100 } as const;

/** Adds a chain of nft(8) to a namespace: of this type, at this hook, with these rules. */
export async function firewall(
  { name }: Namespace,
  type: 'filter' | 'nat',
  hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting',
  ...rules: readonly string[]
): Promise<void> {
  const priority = type === 'filter' || hook === 'forward' ? priorities.filter : priorities[hook];
  const chain = [`type ${type} hook ${hook} priority ${priority}`, ...rules].join('\n');
  const file = join(await temporaryFolder(), 'rules.nft');
  await writeFile(file, `table inet lab {\nchain ${type}-${hook} {\n${chain}\n}\n}\n`);
  await run('ip', ['netns', 'exec', name, 'nft', '-f', file]);
}

/** Starts JavaScript in a namespace, with `net`, `http` and `dgram` at hand; resolves once it has printed something. */
export async function serve({ name }: Namespace, script: string): Promise<ChildProcess> {
  const modules = ['net', 'http', 'https', 'dgram'].map((module) => `const ${module}=require('${module}');`).join('');
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', modules + script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atCleanUp(async () => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** Starts dnsmasq(8) in a namespace, with these lines of configuration; resolves once it answers. It asks nobody else. */
export async function nameServer({ name }: Namespace, lines: readonly string[]): Promise<void> {
  const file = join(await temporaryFolder(), 'dnsmasq.conf');
  const own = ['no-resolv', 'no-hosts', 'user=root', 'pid-file', 'log-facility=-'];
  await writeFile(file, `${[...own, ...lines].join('\n')}\n`);
  const child = spawn('ip', ['netns', 'exec', name, 'dnsmasq', '--keep-in-foreground', `--conf-file=${file}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  atCleanUp(async () => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`dnsmasq ended with ${code}`)));
  ended.catch(() => {});
  await Promise.race([once(child.stderr, 'data'), ended]);
}

/** Starts haproxy(1) in a namespace with frontends and backends; resolves once it listens. */
export async function balance({ name }: Namespace, sections: string): Promise<void> {
  const file = join(await temporaryFolder(), 'haproxy.cfg');
  const defaults = 'defaults\n timeout connect 2s\n timeout client 10s\n timeout server 10s\n timeout check 1s\n';
  await writeFile(file, `${defaults}${sections}\n`);
  // -db: in the foreground, without children.
  const child = spawn('ip', ['netns', 'exec', name, 'haproxy', '-db', '-f', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atCleanUp(async () => child.kill('SIGKILL'));
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
  });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`haproxy ended: ${told}`)));
  ended.catch(() => {});
  const port = /bind \S*:(\d+)/.exec(sections)?.[1] ?? '';
  const isUp = async () => (await run('ip', ['netns', 'exec', name, 'ss', '-Hltn', `sport = :${port}`])).stdout !== '';
  while (!(await Promise.race([isUp(), ended]))) await new Promise((next) => setTimeout(next, 20));
}

/** What a check ran into in a namespace. */
export type Ran<R extends Schema> = Collected<Written<R>> & {
  /** Why it rejected, where it did. */
  readonly rejected?: string;
  /** User CPU time. */
  readonly cpuMs: number;
  /** From the start of the check to the end of the process, which ends by itself only when nothing is left open. */
  readonly endMs: number;
};

export interface RunOptions {
  /** Runs as this user. */
  readonly uid?: number;
  /** Aborts the check after this time. */
  readonly abortMs?: number;
  /** Addresses of names that the test makes up. */
  readonly names?: Readonly<Record<string, readonly { readonly address: string; readonly family: 4 | 6 }[]>>;
}

/** Runs a check by itself within namespaces; its results are held against its schema. */
export interface CheckRunner<R extends Schema> {
  (namespace: Namespace, params: object, options?: RunOptions): Promise<Ran<R>>;
  /** What it runs: the file of a script whose argument is JSON. */
  readonly script: string;
}

export async function checkRunner<R extends Schema>(type: string, result: R): Promise<CheckRunner<R>> {
  const script = await bundle(`
    import { writeSync } from 'node:fs';
    import { collector } from './checks/${type}/index.ts';
    import { runEchoChild } from './net/echo-child.ts';
    import { labHost } from './net/lab-host.fixture.ts';
    if (process.argv[2] === '--child') await runEchoChild(process.argv[4]);
    else await main();
    async function main() {
    const { params, uid, abortMs, names = {} } = JSON.parse(process.argv[2]);
    const prepared = collector.prepare === undefined ? { params } : collector.prepare(params);
    if (uid) process.setuid(uid);
    const controller = new AbortController();
    if (abortMs) setTimeout(() => controller.abort(new Error('stop')), abortMs);
    const cpu = process.cpuUsage();
    const began = performance.now();
    const collected = await collector.collect(prepared.params, labHost(names, controller.signal)).catch(({ message }) => ({ rejected: message }));
    process.on('exit', () => {
      const end = { cpuMs: process.cpuUsage(cpu).user / 1000, endMs: performance.now() - began };
      writeSync(1, JSON.stringify({ ...collected, ...end }));
    });
    }`);
  const run = async (namespace: Namespace, params: object, options: RunOptions = {}) => {
    const ran = (await namespace.json(process.execPath, script, JSON.stringify({ params, ...options }))) as Ran<R>;
    if (ran.rejected === undefined) expect(misfits(result, ran.result)).toEqual([]);
    return ran;
  };
  return Object.assign(run, { script });
}
