import type { Host } from '../contract/collector.ts';
import type { Cause } from './classify.ts';
import { passed } from './clock.ts';
import { startDeadline } from './deadline.ts';
import type { Dialled } from './evidence.ts';

/** `unverified`: something took the connection, but it did not know our token. */
export const tryEndings = ['verified', 'unverified', 'no-answer', 'refused', 'failed'] as const;

export interface Patience {
  readonly totalMs: number;
  /** A refusal is final after this long: a balancer may need a while to notice that we listen. */
  readonly refusalsMs: number;
}

/** What one try came to. */
export interface Met {
  readonly lastTry: (typeof tryEndings)[number] | null;
  readonly latencyMs: number | null;
  /** Why it failed; empty and null where it did not. */
  readonly message: string;
  readonly code: string | null;
  /** The begin of what somebody else answered, made printable; null when nothing came. */
  readonly answer: string | null;
  readonly dialled: Dialled | null;
  /** Another try would meet the same. */
  readonly isFinal: boolean;
}

/** What the last of them came to. */
export interface Tried extends Met {
  readonly tries: number;
}

const pauseMs = 1000;

/**
 * Tries once a second until it has met ourselves, something final happens, or the time is over. Rejects only with what a try
 * rejects with, and when `host.signal` aborts.
 */
export async function tryUntil(
  { totalMs, refusalsMs }: Patience,
  attempt: (leftMs: number) => Promise<Met>,
  host: Pick<Host, 'signal'>,
): Promise<Tried> {
  const startedMs = performance.now();
  const deadline = startDeadline(totalMs, host.signal);
  let last = untried;
  try {
    while (deadline.leftMs() > 0) {
      last = { ...(await attempt(Math.ceil(deadline.leftMs()))), tries: last.tries + 1 };
      if (last.isFinal || last.lastTry === 'verified') break;
      if (last.lastTry === 'refused' && performance.now() - startedMs >= refusalsMs) break;
      if (!(await passed(pauseMs, deadline.signal))) break;
    }
    host.signal.throwIfAborted();
    return last;
  } finally {
    deadline.end();
  }
}

const nothing = { message: '', code: null, answer: null, latencyMs: null, isFinal: false } as const;

export const untried: Tried = { ...nothing, lastTry: null, tries: 0, dialled: null };

export function verified(dialled: Dialled | null): Met {
  return { ...nothing, lastTry: 'verified', latencyMs: dialled?.latencyMs ?? null, dialled };
}

export function unverified(dialled: Dialled | null, answer: string | null, message = ''): Met {
  return { ...nothing, lastTry: 'unverified', message, answer, dialled };
}

/** What may be over in a second. Whoever resets the handshake is somebody else, and may be gone then. */
const passing: Readonly<Partial<Record<Cause, Met['lastTry']>>> = {
  refused: 'refused',
  timeout: 'no-answer',
  'dns-timeout': 'no-answer',
  reset: 'unverified',
  'local-resources': 'failed',
};

export function undialled(dialled: Dialled): Met {
  const { cause, message, code } = dialled;
  const ending = cause === null ? undefined : passing[cause];
  return { ...nothing, lastTry: ending ?? 'failed', message, code, dialled, isFinal: ending === undefined };
}

const mostShown = 120;

/** Something that others wrote, for people: its begin, without control characters. Our own token says nothing of them. */
export function printable(bytes: Buffer, echoed?: Buffer): string | null {
  if (bytes.length === 0) return null;
  if (echoed !== undefined && bytes.includes(echoed)) return '(what we had sent)';
  return bytes.toString('latin1', 0, mostShown).replace(/[^ -~]+/g, '.');
}
