import { type ChildProcess, spawn } from 'node:child_process';
import { isIP, Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import { hostMistake } from './address.ts';
import { isErrno, isShortage } from './classify.ts';
import { unlessAborted } from './clock.ts';
import { type Answer, lineSplitter, parseAnswer } from './resolver-lines.ts';

export interface Resolver {
  /**
   * The addresses of a name as this host sees it. Rejects with a system error, or with the signal's reason. Does
   * not keep this process alive meanwhile: the caller's own deadline does.
   */
  lookup(name: string, signal: Ending): Promise<readonly Address[]>;
  /** Kills the child, whatever it is waiting for. */
  close(): void;
}

/** How the child is started. */
export interface ResolverCommand {
  readonly file: string;
  readonly args: readonly string[];
}

interface Child {
  ask(name: string): Promise<readonly Address[]>;
  readonly alive: boolean;
  kill(why: string): void;
}

interface Waiting {
  readonly name: string;
  resolve(addresses: readonly Address[]): void;
  reject(error: Error): void;
}

const mostStarts = 4;

/** Asks for each name once, in a child process, because a running lookup would hold this one (rule C2). */
export function createResolver(command: ResolverCommand): Resolver {
  const answers = new Map<string, Promise<readonly Address[]>>();
  let child: Child | undefined;
  let starts = 0;
  let closed = false;

  function ask(name: string): Promise<readonly Address[]> {
    if (closed) return Promise.reject(resolverError(name, 'the run is over'));
    if (!child?.alive) {
      if (starts >= mostStarts) {
        return Promise.reject(resolverError(name, `the resolver process died ${mostStarts} times`));
      }
      try {
        child = startChild(command);
        starts++;
      } catch (error) {
        return Promise.reject(isErrno(error) ? lookupError(error.code ?? 'ERESOLVER', name, error.message) : error);
      }
    }
    return child.ask(name);
  }

  function shared(name: string): Promise<readonly Address[]> {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const answer = ask(name);
    answers.set(name, answer);
    answer.catch((error: unknown) => {
      // Our own trouble: the name was never really asked for, so it may be asked for again.
      if (isErrno(error) && (error.code === 'ERESOLVER' || isShortage(error.code))) answers.delete(name);
    });
    return answer;
  }

  return {
    async lookup(name, signal) {
      signal.throwIfAborted();
      const family = isIP(name);
      if (family === 4 || family === 6) return [{ address: name, family }];
      const mistake = hostMistake(name);
      if (mistake !== undefined) throw lookupError('EINVAL', name, mistake);
      return unlessAborted(shared(name), signal);
    },
    close() {
      closed = true;
      child?.kill('the run is over');
    },
  };
}

/** Throws the system's error when there is no room for another process. */
function startChild({ file, args }: ResolverCommand): Child {
  const waiting = new Map<number, Waiting>();
  let alive = true;
  let lastId = 0;

  // Options meant for us, such as --inspect-brk, would hinder the child; the rest may steer libc's resolver.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child: ChildProcess = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    // libuv reads it before any script runs. Lookups get half of these threads.
    env: { ...env, UV_THREADPOOL_SIZE: '128' },
    windowsHide: true,
  });

  const { stdin, stdout } = child;
  // Node leaves them out when it is out of descriptors, and tells so by an event.
  if (!stdin || !stdout) {
    child.on('error', () => {});
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  }

  function kill(why: string): void {
    if (!alive) return;
    alive = false;
    child.kill('SIGKILL');
    for (const { name, reject } of waiting.values()) reject(resolverError(name, why));
    waiting.clear();
  }

  const split = lineSplitter();
  child.on('error', (error) => kill(`the resolver process did not start (${error.message})`));
  child.on('close', (code, signal) => kill(`the resolver process died (${signal ?? `exit code ${code}`})`));
  stdin.on('error', () => kill('the resolver process does not listen'));
  stdout.on('error', () => kill('the resolver process does not speak'));
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = split(chunk)?.map(parseAnswer);
    if (lines?.every((line) => line !== undefined)) for (const answer of lines) settle(waiting, answer);
    else kill('the resolver process speaks nonsense');
  });
  // So that it never keeps this process alive.
  child.unref();
  for (const stream of [stdin, stdout]) if (stream instanceof Socket) stream.unref();

  return {
    get alive() {
      return alive;
    },
    kill,
    ask: (name) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { name, resolve, reject });
        stdin.write(`${JSON.stringify({ id, name })}\n`);
      }),
  };
}

function settle(waiting: Map<number, Waiting>, answer: Answer): void {
  const question = waiting.get(answer.id);
  if (question === undefined) return;
  waiting.delete(answer.id);
  if ('addresses' in answer) question.resolve(answer.addresses);
  else question.reject(lookupError(answer.code, question.name));
}

function resolverError(name: string, why: string): NodeJS.ErrnoException {
  return lookupError('ERESOLVER', name, why);
}

function lookupError(code: string, name: string, why?: string): NodeJS.ErrnoException {
  const message = `getaddrinfo ${code} ${name}${why === undefined ? '' : `: ${why}`}`;
  return Object.assign(new Error(message), { code, syscall: 'getaddrinfo', hostname: name });
}
