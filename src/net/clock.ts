import { type Ending, longestTimerMs } from '../contract/ending.ts';

/** Milliseconds with what `performance.now()` can really tell: three decimals. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** The way Go writes durations: `250ms`, `2s`, `1m30s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${roundMs(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = roundMs((ms % 60_000) / 1000);
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${seconds > 0 ? `${seconds}s` : ''}`;
}

/** True after the time, or after 24 days where it is longer; false as soon as the signal aborts. */
export function passed(ms: number, signal: Ending): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve(true);
      },
      Math.min(ms, longestTimerMs),
    );
    function stop(): void {
      clearTimeout(timer);
      resolve(false);
    }
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Resolves after the time; rejects with the signal's reason when that aborts first. */
export async function pause(ms: number, signal: Ending): Promise<void> {
  if (!(await passed(ms, signal))) throw signal.reason;
}

/** Waits no longer than the signal allows, whatever the promise does; rejects with the signal's reason. */
export function unlessAborted<T>(promise: Promise<T>, signal: Ending): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    function stop(): void {
      reject(signal.reason);
    }
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Why a signal aborted, as a person would read it. */
export function reasonText(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

let lastMs = 0;
let lastText = '';

/** The wall clock as text: UTC, RFC 3339. Many ask within one millisecond. */
export function wallClock(): string {
  const nowMs = Date.now();
  if (nowMs !== lastMs) {
    lastMs = nowMs;
    lastText = new Date(nowMs).toISOString();
  }
  return lastText;
}
