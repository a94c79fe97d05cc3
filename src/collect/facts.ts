import type { Fact, Host } from '../contract/collector.ts';

/** Between the end of one read and the begin of the next, so that ten thousand who ask one after another are few reads. */
const leastGapMs = 100;
/** A read that takes long is that much rarer. */
const gapPerRead = 10;

interface Known<T> {
  /** What has not begun yet, and all who ask now share; of what lasts, the one there is. */
  next: Promise<T> | undefined;
  /** Until the next one may begin. */
  idle: Promise<unknown>;
}

/** What was found out in a run, by fact. */
export function createFacts(host: Omit<Host, 'know'>): Host['know'] {
  const known = new Map<Fact<unknown>, Known<unknown>>();
  const own: Host = { ...host, know };
  return know;

  function know<T>(fact: Fact<T>): Promise<T> {
    // Whatever is kept for a fact came from its own `read`.
    const entry = (known.get(fact) as Known<T> | undefined) ?? { next: undefined, idle: Promise.resolve() };
    known.set(fact, entry);
    entry.next ??= later(fact, entry);
    return entry.next;
  }

  async function later<T>(fact: Fact<T>, entry: Known<T>): Promise<T> {
    await entry.idle;
    // Who asks from here on is told by the next read: what they want to know of may happen while this one is under way.
    if (!fact.isLasting) entry.next = undefined;
    const startedMs = performance.now();
    const reading = fact.read(own);
    entry.idle = reading
      .catch(() => {})
      .then(() => pass(Math.max(leastGapMs, (performance.now() - startedMs) * gapPerRead)));
    return reading;
  }
}

function pass(ms: number): Promise<void> {
  // Whoever waits for it has a deadline, which keeps the process.
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
