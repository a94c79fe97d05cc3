import type { Socket } from 'node:net';
import type { Host } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import type { Cause } from './classify.ts';
import { passed } from './clock.ts';
import { reset } from './connect.ts';
import { startDeadline } from './deadline.ts';
import { dial } from './dial.ts';
import type { Dialled } from './evidence.ts';

/** `unverified`: something took the connection, but it did not know our token. */
export const tryEndings = ['verified', 'unverified', 'no-answer', 'refused', 'failed'] as const;

export interface Trying {
  /** What is dialled: a name, or a literal address. */
  readonly host: string;
  readonly port: number;
  readonly totalMs: number;
  /** A refusal is final after this long: a balancer may need a while to notice that we listen. */
  readonly refusalsMs: number;
  /** How long the exchange over one connection may take. */
  readonly exchangeMs: number;
}

/** What came of one connection. With a failure, another try would meet the same. */
export interface Exchanged {
  readonly isOurs: boolean;
  /** The begin of what somebody else answered, made printable; null when nothing came. */
  readonly answer: string | null;
  readonly failure?: { readonly code: string | null; readonly message: string };
}

export interface Tried {
  readonly lastTry: (typeof tryEndings)[number] | null;
  readonly tries: number;
  readonly latencyMs: number | null;
  /** Why the last try failed; empty and null when it did not, or when only time ran out. */
  readonly message: string;
  readonly code: string | null;
  readonly answer: string | null;
  /** The last dial. */
  readonly dialled: Dialled | undefined;
}

const dialMs = 1000;
const pauseMs = 1000;

/** What may be over in a second. Whoever resets the handshake is somebody else, and may be gone then. */
const passing: ReadonlySet<Cause> = new Set(['timeout', 'dns-timeout', 'reset', 'local-resources']);

/**
 * Dials once a second until the exchange shows that it met ourselves, something final happens, or the time is over.
 * Rejects only when `host.signal` aborts; every connection is gone when it ends.
 */
export async function tryUntil(
  { host: name, port, totalMs, refusalsMs, exchangeMs }: Trying,
  exchange: (socket: Socket, signal: Ending) => Promise<Exchanged>,
  host: Host,
): Promise<Tried> {
  const startedMs = performance.now();
  const deadline = startDeadline(totalMs, host.signal);
  let last: Tried = untried;
  try {
    while (deadline.leftMs() > 0) {
      const tries = last.tries + 1;
      const limitMs = Math.min(dialMs, Math.ceil(deadline.leftMs()));
      const taken: Socket[] = [];
      const target = { host: name, port, family: 'any', timeoutMs: limitMs, attempts: 1, retryDelayMs: 0 } as const;
      const dialled = await dial(target, host, (socket) => taken.push(socket));
      const { message, code, cause, latencyMs } = dialled;
      const [socket] = taken;
      if (socket !== undefined) {
        const { isOurs, answer, failure } = await within(exchangeMs, deadline.signal, (end) => exchange(socket, end));
        await reset(socket);
        const met = { tries, latencyMs, message: '', code: null, answer, dialled };
        if (isOurs) return { ...met, lastTry: 'verified', answer: null };
        if (failure !== undefined) return { ...met, ...failure, lastTry: 'failed', latencyMs: null };
        last = { ...met, lastTry: 'unverified', latencyMs: null };
      } else {
        last = { lastTry: endingOf(cause), tries, latencyMs: null, message, code, answer: null, dialled };
        if (cause === 'refused' && performance.now() - startedMs >= refusalsMs) break;
        if (cause !== 'refused' && cause !== null && !passing.has(cause)) break;
      }
      if (!(await passed(pauseMs, deadline.signal))) break;
    }
    host.signal.throwIfAborted();
    return last;
  } finally {
    deadline.end();
  }
}

export const untried: Tried = {
  lastTry: null,
  tries: 0,
  latencyMs: null,
  message: '',
  code: null,
  answer: null,
  dialled: undefined,
};

function endingOf(cause: Cause | null): (typeof tryEndings)[number] {
  if (cause === 'refused') return 'refused';
  if (cause === 'timeout' || cause === 'dns-timeout') return 'no-answer';
  return cause === 'reset' ? 'unverified' : 'failed';
}

async function within<T>(limitMs: number, outer: Ending, work: (signal: Ending) => Promise<T>): Promise<T> {
  const attempt = startDeadline(limitMs, outer);
  try {
    return await work(attempt.signal);
  } finally {
    attempt.end();
  }
}

const mostShown = 120;

/** Something that others wrote, for people: its begin, without control characters. Our own token says nothing of them. */
export function printable(bytes: Buffer, echoed?: Buffer): string | null {
  if (bytes.length === 0) return null;
  if (echoed !== undefined && bytes.includes(echoed)) return '(what we had sent)';
  return bytes.toString('latin1', 0, mostShown).replace(/[^ -~]+/g, '.');
}
