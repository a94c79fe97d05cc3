import { type ChildProcess, spawn } from 'node:child_process';
import type { Ran, RunOptions } from '../contract/collector.ts';
import { type Ending, longestTimerMs } from '../contract/ending.ts';

/** Between being asked to end and being killed. */
const graceMs = 2000;
/** How long its output is waited for once it has ended: what left its group may hold the pipes for ever. */
const pipesMs = 500;
const defaultOutputBytes = 2 ** 20;
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Groups that must not outlive this process. */
const groups = new Set<ChildProcess>();

/**
 * Runs a command without a shell: in a process group of its own, which ends with it (rule S3), with its input on stdin and
 * with little of our environment (rule S2). Settles once it is gone; rejects with the system's error when it cannot be
 * started, and with the signal's reason when that aborts.
 */
export function runCommand(
  file: string,
  args: readonly string[],
  { limitMs, outputBytes = defaultOutputBytes, input, onStdout, signal }: RunOptions & { readonly signal: Ending },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(file, args, {
      cwd: '/',
      detached: true,
      env: environment(),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout = createKept(outputBytes);
    const stderr = createKept(outputBytes);
    child.stdout?.on('error', () => {}).on('data', (chunk: Buffer) => stdout.add(chunk));
    child.stderr?.on('error', () => {}).on('data', (chunk: Buffer) => stderr.add(chunk));
    if (onStdout !== undefined) child.stdout?.setEncoding('utf8').on('data', onStdout);
    child.stdin?.on('error', () => {}).end(input);
    keepGroup(child);

    let timedOut = false;
    let killTimer: NodeJS.Timeout | undefined;
    const end = () => {
      killGroup(child, 'SIGTERM');
      killTimer ??= setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
    };
    const limitTimer = setTimeout(
      () => {
        timedOut = true;
        end();
      },
      Math.min(limitMs, longestTimerMs),
    );
    let pipesTimer: NodeJS.Timeout | undefined;
    signal.addEventListener('abort', end, { once: true });

    const gone = () => {
      clearTimeout(limitTimer);
      clearTimeout(killTimer);
      clearTimeout(pipesTimer);
      signal.removeEventListener('abort', end);
      letGo(child);
    };
    child.on('error', (error) => {
      // Also told when a signal cannot be sent; then its end is still to come.
      if (child.pid !== undefined) return;
      gone();
      reject(error);
    });
    child.on('exit', () => {
      // What it started and left behind.
      killGroup(child, 'SIGKILL');
      pipesTimer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, pipesMs);
    });
    child.on('close', (exitCode, endedBy) => {
      // After a failed start, `error` has told it.
      if (child.pid === undefined) return;
      gone();
      if (signal.aborted) reject(signal.reason);
      else
        resolve({
          stdout: stdout.text(),
          stderr: stderr.text(),
          exitCode,
          signal: endedBy,
          timedOut,
          truncated: stdout.truncated || stderr.truncated,
        });
    });
  });
}

/** The path of who started us, and where administrators' tools are, which the path of others often lacks. */
function environment(): NodeJS.ProcessEnv {
  const own = (process.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return {
    PATH: [...new Set([...own, ...systemFolders])].join(':'),
    HOME: process.env['HOME'] ?? '/',
    // So that messages and numbers are the same on every host.
    LANG: 'C',
    LC_ALL: 'C',
  };
}

interface Kept {
  readonly truncated: boolean;
  add(chunk: Buffer | string): void;
  /** Cut at the end of a line, so that no rule over lines misses a half one. */
  text(): string;
}

function createKept(mostBytes: number): Kept {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  return {
    get truncated() {
      return truncated;
    },
    add(piece) {
      const chunk = Buffer.from(piece);
      const room = mostBytes - bytes;
      if (chunk.length > room) truncated = true;
      if (room <= 0) return;
      chunks.push(chunk.subarray(0, room));
      bytes += Math.min(chunk.length, room);
    },
    text() {
      const whole = Buffer.concat(chunks);
      return (truncated ? whole.subarray(0, whole.lastIndexOf('\n') + 1) : whole).toString();
    },
  };
}

function keepGroup(child: ChildProcess): void {
  if (groups.size === 0) process.on('exit', killAll);
  groups.add(child);
}

function letGo(child: ChildProcess): void {
  groups.delete(child);
  if (groups.size === 0) process.off('exit', killAll);
}

function killAll(): void {
  for (const child of groups) killGroup(child, 'SIGKILL');
}

function killGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}
