import { type Ending, EndingSource, longestTimerMs } from '../contract/ending.ts';

export interface Deadline {
  /** Aborts when the time is over, or with the outer signal and its reason. */
  readonly signal: Ending;
  leftMs(): number;
  /** Must be called, or the timer keeps the process waiting. */
  end(): void;
}

export function startDeadline(limitMs: number, outer: Ending): Deadline {
  const ending = new EndingSource();
  const endsMs = performance.now() + limitMs;
  const stop = () => ending.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener('abort', stop, { once: true });
  // When the event loop was late, an answer may lie there unread: it counts.
  const timer = setTimeout(() => setImmediate(() => ending.abort()), Math.min(limitMs, longestTimerMs));
  return {
    signal: ending,
    leftMs: () => endsMs - performance.now(),
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    },
  };
}
