import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { it } from '@jest/globals';
import { Ajv } from 'ajv';
import { build } from 'esbuild';
import { toJsonSchema } from '../contract/json-schema.ts';
import type { Schema } from '../contract/schema.ts';

const run = promisify(execFile);
const sources = fileURLToPath(new URL('..', import.meta.url));
const cleanups: (() => Promise<unknown>)[] = [];

/** A test that needs root, for network namespaces and the like; without root it stands as skipped with the reason. */
export function testAsRoot(name: string, body: () => Promise<void>, timeoutMs = 20_000): void {
  testUnless(needsRoot(), name, body, timeoutMs);
}

/** A test that needs a tool of the system; without it the test stands as skipped with the reason. */
export function testWith(tool: string, name: string, body: () => Promise<void>, timeoutMs = 20_000): void {
  testUnless(needsTool(tool), name, body, timeoutMs);
}

/** A test that needs both. */
export function testAsRootWith(tool: string, name: string, body: () => Promise<void>, timeoutMs = 20_000): void {
  testUnless(needsRoot() ?? needsTool(tool), name, body, timeoutMs);
}

function testUnless(lack: string | undefined, name: string, body: () => Promise<void>, timeoutMs: number): void {
  if (lack === undefined) it(name, body, timeoutMs);
  else it.skip(`${name} [not run: needs ${lack}]`, body, timeoutMs);
}

function needsRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'root';
}

function needsTool(tool: string): string | undefined {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return undefined;
  } catch {
    return tool;
  }
}

/** For `afterAll`: takes back whatever the functions here made. */
export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** What `cleanUp` does too, last things first. */
export function atCleanUp(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

/**
 * The shortest of at most three runs, by what each says that it took in milliseconds; the first below the limit will do. What others
 * take of this machine meanwhile is not the program's, so that a limit which users rely on need not be widened for it.
 */
export async function quickest(limitMs: number, run: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let runs = 0; runs < 3 && best >= limitMs; runs++) best = Math.min(best, await run());
  return best;
}

/** A folder of the test's own. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hostbundle-lab-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Bundles TypeScript text, whose imports start at `src/`, into one script that node can run by itself. */
export async function bundle(text: string): Promise<string> {
  const outfile = join(await temporaryFolder(), 'script.mjs');
  await build({
    stdin: { contents: text, loader: 'ts', resolveDir: sources },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outfile,
    loader: { '.yaml': 'text' },
    // Packages written for CommonJS want a `require`, as in our own build.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return outfile;
}

/** A script that prepares the parameters it is given as JSON, runs a collector of `src/checks/`, and writes what that hands back. */
export function collectorScript(type: string): Promise<string> {
  return bundle(`
    import { collector } from './checks/${type}/index.ts';
    import { labHost } from './net/lab-host.fixture.ts';
    const written = JSON.parse(process.argv[2] ?? '{}');
    const { params } = collector.prepare?.(written) ?? { params: written };
    const { files, ...collected } = await collector.collect(params, labHost());
    console.log(JSON.stringify({ ...collected, files: Object.fromEntries(files ?? []) }));`);
}

/** Runs a command and gives the JSON that it wrote to stdout. */
export async function runJson(command: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(command, args, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}

/** A network namespace of its own, with loopback up; for root. */
export interface Namespace {
  readonly name: string;
  /** Runs `ip` inside with the words of each line. */
  ip(...lines: readonly string[]): Promise<void>;
  /** Sets a value below /proc/sys inside. */
  sysctl(path: string, value: string): Promise<void>;
  /** Puts a file over one of /etc for what runs inside. */
  etc(file: string, text: string): Promise<void>;
  /** Runs a command inside and gives the JSON that it wrote. */
  json(command: string, ...args: readonly string[]): Promise<unknown>;
}

let namespaces = 0;

export async function createNamespace(): Promise<Namespace> {
  const name = `hb-${process.pid}-${++namespaces}`;
  const inside = ['netns', 'exec', name];
  await run('ip', ['netns', 'add', name]);
  cleanups.push(async () => {
    await run('ip', ['netns', 'del', name]);
    await rm(`/etc/netns/${name}`, { recursive: true, force: true });
  });
  const namespace: Namespace = {
    name,
    async ip(...lines) {
      for (const line of lines) await run('ip', ['-n', name, ...line.split(' ')]);
    },
    async sysctl(path, value) {
      await run('ip', [...inside, 'sh', '-c', `echo '${value}' > /proc/sys/${path}`]);
    },
    async etc(file, text) {
      await mkdir(`/etc/netns/${name}`, { recursive: true });
      await writeFile(`/etc/netns/${name}/${file}`, text);
    },
    json: (command, ...args) => runJson('ip', ...inside, command, ...args),
  };
  await namespace.ip('link set lo up');
  return namespace;
}

/** A listener on loopback that closes with the test; connections are accepted and held. */
export async function listen(
  options: { host?: string; port?: number } = {},
): Promise<{ port: number; server: Server }> {
  const held = new Set<Socket>();
  const server = createServer((socket) => {
    held.add(socket.on('error', () => {}));
  });
  server.listen({ host: '127.0.0.1', port: 0, ...options });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve).once('error', reject);
  });
  cleanups.push(async () => {
    for (const socket of held) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** A port of loopback on which nothing listens any more. */
export async function closedPort(host = '127.0.0.1'): Promise<number> {
  const { port, server } = await listen({ host });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A listener on loopback whose queue is full, so that the next handshake gets no answer at all. */
export async function fullPort(): Promise<number> {
  const script =
    "const s=require('net').createServer().listen({host:'127.0.0.1',port:0,backlog:1},()=>{console.log(s.address().port);process.stdout.write('',()=>process.kill(process.pid,'SIGSTOP'))})";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(async () => child.kill('SIGKILL'));
  const port = Number(
    await new Promise<string>((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk)))),
  );
  for (let filled = 0; filled < 4; filled++) {
    const socket = new Socket().on('error', () => {});
    socket.connect(port, '127.0.0.1');
    cleanups.push(async () => socket.destroy());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return port;
}

const ajv = new Ajv({ allowUnionTypes: true });

/** What a result breaks of its declared schema, a missing key of any depth included; empty when it fits. */
export function misfits(schema: Schema, value: unknown): readonly string[] {
  const validate = ajv.compile(toJsonSchema(schema));
  const errors = validate(value)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  return [...errors, ...missing(schema, value, '')];
}

function missing(schema: Schema, value: unknown, path: string): readonly string[] {
  if (schema.type === 'array' && Array.isArray(value)) {
    return value.flatMap((item, index) => missing(schema.items, item, `${path}/${index}`));
  }
  if (schema.type !== 'object' || typeof value !== 'object' || value === null) return [];
  const record = value as Readonly<Record<string, unknown>>;
  return Object.entries(schema.properties).flatMap(([key, property]) =>
    key in record
      ? missing(property, record[key], `${path}/${key}`)
      : property.optional === true
        ? []
        : [`${path} lacks ${key}`],
  );
}
