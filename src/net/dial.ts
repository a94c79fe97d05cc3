import { isIP, type Socket } from 'node:net';
import type { Address, Host } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import { formatHostPort } from './address.ts';
import { causeOf, type Failure, isErrno, isShortage, statusOf } from './classify.ts';
import { passed, pause, roundMs, unlessAborted, wallClock } from './clock.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import type { Attempt, Candidate, Dialled } from './evidence.ts';
import { explain, routeTaken } from './explain.ts';
import { connectMessage, lookupMessage } from './messages.ts';
import { circumstances, race } from './race.ts';

export type Family = 'any' | 'ipv4' | 'ipv6';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly family: Family;
  /** Time of one attempt, name lookup included; 0 leaves it to the kernel. */
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly retryDelayMs: number;
  readonly sourcePort?: number | undefined;
  /** False: a failure is not explained; for many targets of one check, whose verdict is about all of them. */
  readonly isExplained?: boolean;
}

/** What a dial needs of the host. */
export type Dialler = Pick<Host, 'lookup' | 'signal'>;

/** Longer than any kernel tries with usual settings (127 s with 6 SYN retries). */
const kernelLimitMs = 150_000;
const headStartMs = 300;
const shortageWaitMs = 100;

type Verdict = Pick<Dialled, 'status' | 'message' | 'code' | 'cause' | 'latencyMs'>;

interface Lookup {
  readonly addresses: readonly Address[];
  readonly failure: Failure | undefined;
  readonly waitedMs: number | null;
}

interface Tried {
  readonly verdict: Verdict;
  readonly candidates: readonly Candidate[];
}

/**
 * Finds out how a TCP target answers, and if it does not, what this host knows of why. Rejects only when `host.signal` aborts;
 * every other ending is a result. A connection that stands is reset, unless somebody takes it: paused, with nothing read.
 */
export async function dial(target: Target, host: Host, take?: (socket: Socket) => void): Promise<Dialled> {
  const dialled = await dialUnexplained(target, host, take);
  return target.isExplained === false ? dialled : explained(dialled, host);
}

/** Adds what this host knows of a failure; to a connection, the route that it took. */
export async function explained<D extends Dialled>(dialled: D, host: Host): Promise<D> {
  const [key, value] =
    dialled.status === 'connected'
      ? (['route', await routeTaken(dialled, host)] as const)
      : (['explanation', await explain(dialled, host)] as const);
  // Not a spread: a copy of this many keys becomes a hash table with the next few that are added.
  return value === undefined ? dialled : Object.assign(dialled, { [key]: value });
}

export async function dialUnexplained(
  target: Target,
  host: Dialler,
  take?: (socket: Socket) => void,
): Promise<Dialled> {
  host.signal.throwIfAborted();
  const startedAt = wallClock();
  const startedMs = performance.now();
  const sinceStart = () => performance.now() - startedMs;
  const attempts: Attempt[] = [];
  let lookup = literal(target.host);
  let dnsMs: number | null = null;

  for (;;) {
    const startMs = sinceStart();
    const deadline = startDeadline(limitOf(target), host.signal);
    try {
      if (lookup.failure !== undefined) {
        lookup = await lookUp(target, host, deadline.signal);
        dnsMs = roundMs((dnsMs ?? 0) + (lookup.waitedMs ?? 0));
      }
      const { verdict, candidates } = await attempt(target, lookup, deadline, take);
      host.signal.throwIfAborted();
      const { status, code } = verdict;
      const durationMs = roundMs(sinceStart() - startMs);
      attempts.push({ startMs: roundMs(startMs), durationMs, status, code, candidates });
      if (status === 'connected' || attempts.length >= target.attempts) {
        const { host: name, port } = target;
        const address = formatHostPort(name, port);
        const { message, cause, latencyMs } = verdict;
        const total = roundMs(sinceStart());
        return {
          status,
          message,
          code,
          cause,
          address,
          host: name,
          port,
          startedAt,
          durationMs: total,
          dnsMs,
          latencyMs,
          attempts,
        };
      }
    } finally {
      deadline.end();
    }
    await pause(target.retryDelayMs, host.signal);
  }
}

function limitOf({ timeoutMs }: Pick<Target, 'timeoutMs'>): number {
  return timeoutMs === 0 ? kernelLimitMs : timeoutMs;
}

/** Longest that a dial may take, all attempts and pauses included; the explanation of a failure comes on top of it. */
export function dialLimitMs(target: Pick<Target, 'timeoutMs' | 'attempts' | 'retryDelayMs'>): number {
  return target.attempts * limitOf(target) + (target.attempts - 1) * target.retryDelayMs;
}

function literal(host: string): Lookup {
  const family = isIP(host);
  if (family === 4 || family === 6)
    return { addresses: [{ address: host, family }], failure: undefined, waitedMs: null };
  return { addresses: [], failure: { code: null, syscall: 'getaddrinfo' }, waitedMs: null };
}

async function lookUp(target: Target, host: Dialler, signal: Ending): Promise<Lookup> {
  const startedMs = performance.now();
  const ended = (addresses: readonly Address[], code?: string | null): Lookup => ({
    addresses,
    failure: code === undefined ? undefined : { code, syscall: 'getaddrinfo' },
    waitedMs: performance.now() - startedMs,
  });
  for (;;) {
    try {
      const all = await unlessAborted(host.lookup(target.host, host.signal), signal);
      const wanted = all.filter(({ family }) => target.family === 'any' || target.family === `ipv${family}`);
      const distinct = new Map(wanted.map((address) => [address.address, address]));
      if (distinct.size > 0) return ended([...distinct.values()]);
      return ended([], all.length > 0 ? 'ENODATA' : 'ENOTFOUND');
    } catch (error) {
      host.signal.throwIfAborted();
      if (signal.aborted) return ended([], null);
      if (!isErrno(error)) throw error;
      const code = error.code ?? null;
      if (!isShortage(code) || !(await passed(shortageWaitMs, signal))) return ended([], code);
    }
  }
}

async function attempt(
  target: Target,
  { addresses, failure }: Lookup,
  deadline: Deadline,
  take: ((socket: Socket) => void) | undefined,
): Promise<Tried> {
  const limitMs = limitOf(target);
  if (failure !== undefined) {
    const cause = causeOf(failure, { sourcePort: false, isFamilyHere: () => true });
    const message = lookupMessage(failure, target.host, target.family, limitMs);
    return {
      verdict: { status: statusOf(cause), message, code: failure.code, cause, latencyMs: null },
      candidates: [],
    };
  }
  const { candidates, decisive, latencyMs } = await race(
    addresses,
    {
      port: target.port,
      sourcePort: target.sourcePort,
      // All of them begin in the first half of a short time limit.
      headStartMs: Math.min(headStartMs, deadline.leftMs() / (2 * addresses.length)),
      take,
    },
    deadline.signal,
  );
  const candidate = candidates[decisive];
  if (candidate === undefined) throw new Error('a race without an address');
  if (candidate.status === 'connected') {
    return { verdict: { status: 'connected', message: '', code: null, cause: null, latencyMs }, candidates };
  }
  const cause = causeOf(candidate, circumstances(candidate.address, target));
  const message = connectMessage(candidate, cause, candidate.address, target.port, limitMs);
  return { verdict: { status: statusOf(cause), message, code: candidate.code, cause, latencyMs: null }, candidates };
}
