import type { Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import { type Ending, EndingSource } from '../contract/ending.ts';
import { type Circumstances, causeOf, isFamilyMissing, statusOf } from './classify.ts';
import { roundMs } from './clock.ts';
import { type Opener, open, resetThen } from './connect.ts';
import type { Candidate } from './evidence.ts';
import { isFamilyHere } from './interfaces.ts';

export interface Course {
  readonly port: number;
  readonly sourcePort: number | undefined;
  /** How long an address has for itself before the next one starts beside it. */
  readonly headStartMs: number;
  /** Who gets the connection of the winner; absent: it is reset, as all others are. */
  readonly take?: ((socket: Socket) => void) | undefined;
}

export interface Raced {
  readonly candidates: readonly Candidate[];
  /** Place in `candidates` of what decided: the winner, or the failure that says most. */
  readonly decisive: number;
  readonly latencyMs: number | null;
}

/**
 * Starts the addresses one after the other, the next when the one before failed or had its head start, and lets each
 * live until the signal aborts; the first to connect wins. Every socket that nobody takes is gone when it resolves.
 */
export function race(addresses: readonly Address[], course: Course, ending: Ending): Promise<Raced> {
  return new Promise((resolve) => new Race(addresses, course, ending, resolve).startNext());
}

class Race {
  readonly #runners: readonly Runner[];
  readonly #course: Course;
  readonly #outer: Ending;
  /** Aborts for all that run; with nobody to race against, as for every literal address, the outer one will do. */
  readonly #ending: Ending;
  readonly #stop: (() => void) | undefined;
  readonly #resolve: (raced: Raced) => void;
  #winner: Runner | undefined;
  #started = 0;
  #unfinished = 0;
  #headStart: NodeJS.Timeout | undefined;

  constructor(addresses: readonly Address[], course: Course, outer: Ending, resolve: (raced: Raced) => void) {
    this.#runners = addresses.map((address) => new Runner(address, this));
    this.#course = course;
    this.#outer = outer;
    this.#ending = outer;
    this.#resolve = resolve;
    if (addresses.length < 2) return;
    const all = new EndingSource();
    const stop = () => all.abort();
    this.#ending = all;
    this.#stop = stop;
    if (outer.aborted) stop();
    else outer.addEventListener('abort', stop, { once: true });
  }

  startNext(): void {
    if (this.#headStart !== undefined) clearTimeout(this.#headStart);
    const next = this.#ending.aborted || this.#winner !== undefined ? undefined : this.#runners[this.#started];
    if (next !== undefined) {
      this.#started++;
      this.#unfinished++;
      if (this.#started < this.#runners.length) {
        this.#headStart = setTimeout(() => this.startNext(), this.#course.headStartMs);
      }
      next.start(this.#course, this.#ending);
    } else if (this.#unfinished === 0) {
      if (this.#stop !== undefined) this.#outer.removeEventListener('abort', this.#stop);
      this.#resolve(
        this.#winner === undefined ? lost(this.#runners, this.#course) : won(this.#runners, this.#winner, this.#course),
      );
    }
  }

  /** Whether this connection came first, and in time. */
  admits(runner: Runner): boolean {
    if (this.#winner !== undefined || this.#ending.aborted) return false;
    this.#winner = runner;
    this.#stop?.();
    return true;
  }

  finish(socket: Socket, runner: Runner): void {
    if (this.#course.take === undefined || runner !== this.#winner) {
      resetThen(socket, () => this.gone());
      return;
    }
    this.#course.take(socket);
    this.gone();
  }

  gone(): void {
    this.#unfinished--;
    this.startNext();
  }
}

/** One address on its way, and afterwards what became of it. */
class Runner implements Opener {
  readonly address: string;
  readonly family: 4 | 6;
  readonly #race: Race;
  startedMs: number | undefined;
  endedMs: number | undefined;
  latencyMs: number | null = null;
  code: string | null = null;
  syscall: string | null = null;
  localAddress: string | null = null;
  localPort: number | null = null;

  constructor({ address, family }: Address, race: Race) {
    this.address = address;
    this.family = family;
    this.#race = race;
  }

  start({ port, sourcePort }: Course, ending: Ending): void {
    this.startedMs = performance.now();
    open({ address: this.address, family: this.family, port, sourcePort }, ending, this);
  }

  connected(socket: Socket, latencyMs: number): void {
    this.endedMs = performance.now();
    if (this.#race.admits(this)) {
      this.latencyMs = roundMs(latencyMs);
      this.localAddress = socket.localAddress ?? null;
      this.localPort = socket.localPort ?? null;
    }
    this.#race.finish(socket, this);
  }

  unconnected(code: string | null, syscall: string): void {
    this.endedMs = performance.now();
    this.code = code;
    this.syscall = code === null ? null : syscall;
    this.#race.gone();
  }

  /** Told in one piece: ten thousand records have no room for copies of copies. */
  candidate(status: Candidate['status'], code: string | null, syscall: string | null): Candidate {
    const { address, family, startedMs, endedMs = performance.now(), localAddress, localPort } = this;
    const durationMs = startedMs === undefined ? null : roundMs(endedMs - startedMs);
    return { address, family, durationMs, localAddress, localPort, status, code, syscall };
  }
}

function won(runners: readonly Runner[], winner: Runner, course: Course): Raced {
  const candidates = runners.map((runner) => {
    if (runner === winner) return runner.candidate('connected', null, null);
    if (runner.startedMs === undefined || runner.code !== null) return failed(runner, course);
    return runner.candidate('abandoned', null, null);
  });
  return { candidates, decisive: runners.indexOf(winner), latencyMs: winner.latencyMs };
}

function lost(runners: readonly Runner[], course: Course): Raced {
  const telling = runners.findIndex(
    (runner) => runner.startedMs !== undefined && !isFamilyMissing(runner, circumstances(runner.address, course)),
  );
  return {
    candidates: runners.map((runner) => failed(runner, course)),
    decisive: Math.max(0, telling),
    latencyMs: null,
  };
}

function failed(runner: Runner, course: Course): Candidate {
  if (runner.startedMs === undefined) return runner.candidate('not-tried', null, null);
  const status = statusOf(causeOf(runner, circumstances(runner.address, course)));
  return runner.candidate(status, runner.code, runner.syscall);
}

export function circumstances(address: string, course: { readonly sourcePort?: number | undefined }): Circumstances {
  return { sourcePort: course.sourcePort !== undefined, isFamilyHere: () => isFamilyHere(address) };
}
