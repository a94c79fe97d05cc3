import type { Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import { type Circumstances, causeOf, type Failure, isFamilyMissing, statusOf } from './classify.ts';
import { roundMs } from './clock.ts';
import { type Connection, connect, reset, type Unconnected } from './connect.ts';
import { type Ending, EndingSource } from './ending.ts';
import type { Candidate } from './evidence.ts';
import { isFamilyHere } from './interfaces.ts';

export interface Course {
  readonly port: number;
  readonly sourcePort: number | undefined;
  /** How long an address has for itself before the next one starts beside it. */
  readonly headStartMs: number;
}

export interface Race {
  readonly candidates: readonly Candidate[];
  /** Place in `candidates` of what decided: the winner, or the failure that says most. */
  readonly decisive: number;
  readonly latencyMs: number | null;
}

interface Runner {
  readonly address: Address;
  startedMs: number | undefined;
  endedMs: number | undefined;
  outcome: Connection | Unconnected | undefined;
  local: { readonly address: string | null; readonly port: number | null };
}

/**
 * Starts the addresses one after the other, the next when the one before failed or had its head start, and lets each
 * live until the signal aborts; the first to connect wins. Every socket is gone when it resolves.
 */
export async function race(addresses: readonly Address[], course: Course, signal: Ending): Promise<Race> {
  const runners = addresses.map(
    (address): Runner => ({
      address,
      startedMs: undefined,
      endedMs: undefined,
      outcome: undefined,
      local: { address: null, port: null },
    }),
  );
  const [only] = runners;
  const isAlone = runners.length === 1 && only !== undefined;
  const winner = isAlone ? await runAlone(only, course, signal) : await run(runners, course, signal);
  return winner === undefined ? lost(runners, course) : won(runners, winner, course);
}

/** Nobody to race against, as for every literal address: the same ending, without a race. */
async function runAlone(runner: Runner, course: Course, signal: Ending): Promise<Runner | undefined> {
  const { socket } = await connectRunner(runner, course, signal);
  if (socket === undefined) return undefined;
  const isInTime = !signal.aborted;
  if (isInTime) runner.local = localEnd(socket);
  await reset(socket);
  return isInTime ? runner : undefined;
}

async function connectRunner(runner: Runner, course: Course, ending: Ending): Promise<Connection | Unconnected> {
  const { address, family } = runner.address;
  const { port, sourcePort } = course;
  runner.startedMs = performance.now();
  const outcome = await connect({ address, family, port, sourcePort }, ending);
  runner.endedMs = performance.now();
  runner.outcome = outcome;
  return outcome;
}

async function run(runners: readonly Runner[], course: Course, signal: Ending): Promise<Runner | undefined> {
  const losers = new EndingSource();
  const stop = () => losers.abort();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });

  const running: Promise<void>[] = [];
  let winner: Runner | undefined;

  await new Promise<void>((resolve) => {
    let headStart: NodeJS.Timeout | undefined;
    let unfinished = 0;

    async function start(runner: Runner): Promise<void> {
      unfinished++;
      const outcome = await connectRunner(runner, course, losers);
      unfinished--;
      if (outcome.socket !== undefined && winner === undefined && !losers.aborted) {
        winner = runner;
        runner.local = localEnd(outcome.socket);
        stop();
      }
      if (outcome.socket !== undefined) await reset(outcome.socket);
      startNext();
    }

    function startNext(): void {
      clearTimeout(headStart);
      const next = losers.aborted ? undefined : runners[running.length];
      if (next !== undefined) {
        running.push(start(next));
        if (running.length < runners.length) headStart = setTimeout(startNext, course.headStartMs);
      } else if (unfinished === 0) {
        resolve();
      }
    }
    startNext();
  });
  signal.removeEventListener('abort', stop);
  await Promise.all(running);
  return winner;
}

function localEnd(socket: Socket): Runner['local'] {
  return { address: socket.localAddress ?? null, port: socket.localPort ?? null };
}

function won(runners: readonly Runner[], winner: Runner, course: Course): Race {
  const candidates = runners.map((runner): Candidate => {
    if (runner === winner) return { ...measured(runner), status: 'connected', code: null, syscall: null };
    const failure = failureOf(runner);
    if (runner.startedMs === undefined || failure.code !== null) return failed(runner, course);
    return { ...measured(runner), status: 'abandoned', code: null, syscall: null };
  });
  const latencyMs = winner.outcome?.socket === undefined ? null : roundMs(winner.outcome.latencyMs);
  return { candidates, decisive: runners.indexOf(winner), latencyMs };
}

function lost(runners: readonly Runner[], course: Course): Race {
  const telling = runners.findIndex(
    (runner) =>
      runner.startedMs !== undefined &&
      !isFamilyMissing(failureOf(runner), circumstances(runner.address.address, course)),
  );
  return {
    candidates: runners.map((runner) => failed(runner, course)),
    decisive: Math.max(0, telling),
    latencyMs: null,
  };
}

function failed(runner: Runner, course: Course): Candidate {
  if (runner.startedMs === undefined) return { ...measured(runner), status: 'not-tried', code: null, syscall: null };
  const failure = failureOf(runner);
  const status = statusOf(causeOf(failure, circumstances(runner.address.address, course)));
  return { ...measured(runner), status, ...failure };
}

function failureOf({ outcome }: Runner): Failure {
  if (outcome === undefined || outcome.socket !== undefined) return { code: null, syscall: null };
  return { code: outcome.code, syscall: outcome.code === null ? null : outcome.syscall };
}

export function circumstances(address: string, course: { readonly sourcePort?: number | undefined }): Circumstances {
  return { sourcePort: course.sourcePort !== undefined, isFamilyHere: () => isFamilyHere(address) };
}

function measured(runner: Runner): Pick<Candidate, 'address' | 'family' | 'durationMs' | 'localAddress' | 'localPort'> {
  const { startedMs, endedMs = performance.now() } = runner;
  return {
    ...runner.address,
    durationMs: startedMs === undefined ? null : roundMs(endedMs - startedMs),
    localAddress: runner.local.address,
    localPort: runner.local.port,
  };
}
