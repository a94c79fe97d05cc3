import type { Collected, Collector, Host } from '../contract/collector.ts';
import { type Ending, EndingSource, longestTimerMs } from '../contract/ending.ts';
import { seconds } from './clock.ts';

/** Marks a deadline, so that it can be told from a failure. */
export class TimeLimit extends Error {}

/** What is under way: its signal, and the way to end the wait for it. */
export interface Active {
  end(reason: unknown): void;
}

/** After its end is told to it, so that it can hand over what it has, such as a part of a series of samples. */
const graceMs = 100;

/**
 * Where the whole process stood still (SIGSTOP, a host that was paused or has no processor to spare), every timer is due at once. What
 * has its answer by then still gets this long to hand it over.
 */
const catchUpMs = 500;

/** A collector that ignores its signal is left behind: its late result goes nowhere. */
export function withDeadline(
  collector: Collector,
  params: unknown,
  host: (signal: Ending) => Host,
  active: Set<Active>,
): Promise<Collected<unknown>> {
  return new Promise((resolve, reject) => {
    const own = new EndingSource();
    const deadlineMs = Math.min(collector.deadlineMs(params as never), longestTimerMs);
    const dueMs = performance.now() + deadlineMs;
    const over = () => waiting.end(new TimeLimit(`no result within ${seconds(deadlineMs)}`));
    const due = () => {
      if (performance.now() - dueMs < graceMs) over();
      else timer = setTimeout(over, catchUpMs);
    };
    let timer = setTimeout(due, deadlineMs);
    const waiting: Active = {
      end(reason) {
        clearTimeout(timer);
        active.delete(waiting);
        timer = setTimeout(reject, graceMs, reason);
        own.abort(reason);
      },
    };
    const settled = () => {
      clearTimeout(timer);
      active.delete(waiting);
    };
    active.add(waiting);
    // Called within a promise, so that what it throws at once is a rejection like any other.
    new Promise<Collected<unknown>>((begun) => begun(collector.collect(params as never, host(own)))).then(
      (collected) => {
        settled();
        if (own.aborted && collected.partial === undefined) reject(own.reason);
        else resolve(collected);
      },
      (error: unknown) => {
        settled();
        reject(own.aborted ? own.reason : error);
      },
    );
  });
}
