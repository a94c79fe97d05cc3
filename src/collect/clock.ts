/** Wall time as text, from one reading of the wall clock and a monotonic one (rule C1). Many ask within one millisecond. */
export function clockFrom(createdMs: number, base: number): () => string {
  let lastMs = 0;
  let text = '';
  return () => {
    const nowMs = Math.floor(createdMs + performance.now() - base);
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = new Date(nowMs).toISOString();
    }
    return text;
  };
}

/** Milliseconds since a reading of the monotonic clock, with what it can really tell. */
export function elapsed(start: number): number {
  return Math.round((performance.now() - start) * 1000) / 1000;
}

/** `90s`, for messages. */
export function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
