export interface Deadline {
  /** Aborts when the time is over, or with the outer signal and its reason. */
  readonly signal: AbortSignal;
  leftMs(): number;
  /** Must be called, or the timer keeps the process waiting. */
  end(): void;
}

/** A longer timer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export function startDeadline(limitMs: number, outer: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsMs = performance.now() + limitMs;
  const stop = () => controller.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener('abort', stop, { once: true });
  // When the event loop was late, an answer may lie there unread: it counts.
  const timer = setTimeout(() => setImmediate(() => controller.abort()), Math.min(limitMs, longestTimerMs));
  return {
    signal: controller.signal,
    leftMs: () => endsMs - performance.now(),
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', stop);
    },
  };
}
