import type { Fact, Host } from '../contract/collector.ts';

/** Between the end of one read and the begin of the next, so that ten thousand who ask one after another are few reads. */
const leastGapMs = 100;
/** A read that takes long is that much rarer. */
const gapPerRead = 4;
/** On a host that is slow too, because whoever waits to explain a failure does so for a few seconds only. */
const mostGapMs = 1000;

interface Known<T> {
  /** What has not begun yet. */
  next: Promise<T> | undefined;
  /** What began last, unless it failed. */
  latest: { readonly begunMs: number; readonly reading: Promise<T> } | undefined;
  /** Until the next one may begin. */
  idle: Promise<unknown>;
}

/** What was found out in a run, by fact. */
export function createFacts(hostWith: (know: Host['know']) => Host): Host['know'] {
  const known = new Map<Fact<unknown>, Known<unknown>>();
  const host = hostWith(know);
  return know;

  function know<T>(fact: Fact<T>): Promise<T> {
    // Whatever is kept for a fact came from its own `read`.
    const entry = (known.get(fact) as Known<T> | undefined) ?? {
      next: undefined,
      latest: undefined,
      idle: Promise.resolve(),
    };
    known.set(fact, entry);
    const { latest } = entry;
    if (latest !== undefined && performance.now() - latest.begunMs <= fact.freshMs) return latest.reading;
    entry.next ??= later(fact, entry);
    return entry.next;
  }

  async function later<T>(fact: Fact<T>, entry: Known<T>): Promise<T> {
    await entry.idle;
    entry.next = undefined;
    const begunMs = performance.now();
    const reading = fact.read(host);
    const latest = { begunMs, reading };
    entry.latest = latest;
    entry.idle = reading
      .catch(() => {
        if (entry.latest === latest) entry.latest = undefined;
      })
      .then(() => pass(gapAfter(performance.now() - begunMs)));
    return reading;
  }
}

function gapAfter(readMs: number): number {
  return Math.min(Math.max(leastGapMs, readMs * gapPerRead), mostGapMs);
}

function pass(ms: number): Promise<void> {
  // Whoever waits for it has a deadline, which keeps the process.
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
