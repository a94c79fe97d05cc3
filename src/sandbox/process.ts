import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { Socket } from 'node:net';
import { engineLimits, pageBytes } from './limits.ts';

/** How the child is started. */
export interface SandboxProgram {
  /** The node to run. */
  readonly file: string;
  /** The built child. */
  readonly script: string;
}

export type Heard =
  | { readonly type: 'line'; readonly line: string }
  | { readonly type: 'ended'; readonly why: string }
  | { readonly type: 'nothing' };

export interface SandboxProcess {
  readonly alive: boolean;
  say(text: string): void;
  /** The next line from the child, or why it ended, or nothing in all that time. Keeps this process alive meanwhile. */
  hear(withinMs: number): Promise<Heard>;
  kill(why: string): void;
}

/**
 * The kernel ends a child whose parent died while a loop was running that the engine cannot interrupt, and writes no core
 * file of it. Node itself cannot set such limits.
 */
const limited = 'ulimit -Sc 0; ulimit -St 60; unset PWD OLDPWD SHLVL; exec "$@"';

/** Throws the system's error when there is no such script, or no room for another process. */
export function startProcess({ file, script }: SandboxProgram, longestLine: number): SandboxProcess {
  // Node resolves links before it asks for permission.
  const readable = realpathSync(script);
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const command = [
    file,
    permission,
    `--allow-fs-read=${readable}`,
    `--wasm-max-mem-pages=${engineLimits.memoryBytes / pageBytes}`,
    '--max-old-space-size=64',
    readable,
  ];
  const child: ChildProcess = spawn('/bin/sh', ['-c', limited, 'sh', ...command], {
    cwd: '/',
    // A group of its own: what it might ever start is killed with it, and the signals of our terminal do not reach it.
    detached: true,
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  const { stdin, stdout } = child;
  // Node leaves them out when it is out of descriptors, and tells so by an event.
  if (!stdin || !stdout) {
    child.on('error', () => {});
    throw new Error('too many open files');
  }

  let ended: string | undefined;
  let heard = '';
  let wake = () => {};

  function kill(why: string): void {
    if (ended !== undefined) return;
    ended = why;
    killGroup(child);
    stdin?.destroy();
    stdout?.destroy();
    process.off('exit', killNow);
    wake();
  }
  const killNow = () => kill('this process ended');
  process.on('exit', killNow);

  child.on('error', (error) => kill(error.message));
  child.on('close', (code, signal) => kill(signal ?? `exit code ${code}`));
  // Its end tells more.
  stdin.on('error', () => {});
  stdout.on('error', () => {});
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    heard += chunk;
    const end = heard.indexOf('\n');
    if (heard.length > longestLine || (end >= 0 && end < heard.length - 1)) kill('it talks too much');
    else if (end >= 0) wake();
  });
  // So that it never keeps this process alive.
  child.unref();
  for (const stream of [stdin, stdout]) if (stream instanceof Socket) stream.unref();

  return {
    get alive() {
      return ended === undefined;
    },
    kill,
    say(text) {
      if (heard !== '') kill('it talks out of turn');
      if (ended === undefined) stdin.write(text);
    },
    async hear(withinMs) {
      if (ended === undefined) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      if (ended !== undefined) return { type: 'ended', why: ended };
      if (!heard.endsWith('\n')) return { type: 'nothing' };
      const line = heard.trimEnd();
      heard = '';
      return { type: 'line', line };
    },
  };
}

function killGroup(child: ChildProcess): void {
  // Once it is reaped, its number may be another's.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
