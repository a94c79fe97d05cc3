import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openBundle } from '../src/bundle/open.ts';
import type { OpenedBundle } from '../src/contract/bundle.ts';
import { limits } from '../src/contract/limits.ts';
import { temporaryFolder } from '../src/net/lab.fixture.ts';

/** The whole program, as a user starts it. */
export const program = resolve(import.meta.dirname, '../bin/hostbundle.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** From start to end, in milliseconds. */
  readonly tookMs: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions extends Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'> {
  /** What comes in on stdin; absent: nothing. */
  readonly input?: string | Uint8Array;
}

export function start(command: string, args: readonly string[], { input, ...options }: StartOptions = {}): Running {
  const startedMs = performance.now();
  const child = spawn(command, args, { ...options, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.on('error', () => {}).end(input);
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(out),
    stderr: Buffer.concat(err).toString(),
    tookMs: performance.now() - startedMs,
  }));
  return { child, ended };
}

export function run(command: string, args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(command, args, options).ended;
}

export function startHostbundle(args: readonly string[], options: StartOptions = {}): Running {
  return start(process.execPath, [program, ...args], options);
}

export function hostbundle(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return startHostbundle(args, options).ended;
}

/** Runs a line of shell in which `hostbundle` is the program. */
export function shell(line: string, options: StartOptions = {}): Promise<Ended> {
  return run('bash', ['-c', `hostbundle() { '${process.execPath}' '${program}' "$@"; }\n${line}`], options);
}

export type Item = Readonly<Record<string, unknown>>;

/** A spec as a file in a folder of its own; JSON is YAML. */
export async function specFile(hostCollectors: readonly Item[], hostAnalyzers: readonly Item[] = []): Promise<string> {
  const file = join(await temporaryFolder(), 'spec.yaml');
  await writeFile(file, specText(hostCollectors, hostAnalyzers));
  return file;
}

export function specText(hostCollectors: readonly Item[], hostAnalyzers: readonly Item[] = []): string {
  return JSON.stringify({
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'SupportBundle',
    metadata: { name: 'lab' },
    spec: { hostCollectors, hostAnalyzers },
  });
}

export function tcpConnect(collectorName: string, address: string, more: Item = {}): Item {
  return { tcpConnect: { collectorName, address, ...more } };
}

/** Opens a bundle with our own reader, everything kept. */
export function opened(file: string): Promise<OpenedBundle> {
  return openBundle(file, { limits, keep: () => true });
}

export function jsonOf(bundle: OpenedBundle, path: string): unknown {
  return JSON.parse(Buffer.from(bundle.read(path) ?? []).toString());
}

export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly user: string;
  readonly group: string;
}

/** The headers of a tar archive, read by the offsets of POSIX ustar and nothing of ours. */
export function tarHeaders(tar: Buffer): readonly TarHeader[] {
  const headers: TarHeader[] = [];
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const octal = (from: number, length: number) => Number.parseInt(text(from, length).trim() || '0', 8);
    const size = octal(124, 12);
    headers.push({
      name: [text(345, 155), text(0, 100)].filter((part) => part !== '').join('/'),
      mode: octal(100, 8),
      uid: octal(108, 8),
      gid: octal(116, 8),
      size,
      mtime: octal(136, 12),
      type: text(156, 1),
      user: text(265, 32),
      group: text(297, 32),
    });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return headers;
}

/** Waits for something to become true, looking often; gives up loudly. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`still not so after ${limitMs} ms: ${holds}`);
    await new Promise((next) => setTimeout(next, 2));
  }
}

export interface OnTerminal extends Ended {
  /** Everything that came to the terminal: stderr, and stdout unless it went to a file. */
  readonly shown: string;
  /** What went to a file instead; empty without one. */
  readonly out: string;
}

/** Runs `hostbundle` on a terminal of its own, 80 columns wide, by util-linux's script(1). */
export async function onTerminal(
  args: readonly string[],
  { env = process.env, stdoutToFile = false }: { env?: NodeJS.ProcessEnv; stdoutToFile?: boolean } = {},
): Promise<OnTerminal> {
  const folder = await temporaryFolder();
  const words = [process.execPath, program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const line = `stty cols 80; ${words.join(' ')}${stdoutToFile ? ' > out' : ''}`;
  await writeFile(join(folder, 'out'), '');
  const ended = await run('script', ['-qec', line, '/dev/null'], { cwd: folder, env: { ...env, SHELL: '/bin/sh' } });
  return { ...ended, shown: ended.stdout.toString(), out: await readFile(join(folder, 'out'), 'utf8') };
}
