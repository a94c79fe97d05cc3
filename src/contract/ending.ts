/** What ends a wait from outside. Every AbortSignal is one; ours costs a tenth of it, which counts in ten thousand dials. */
export interface Ending {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** An Ending in the hands of whoever ends it. */
export class EndingSource implements Ending {
  aborted = false;
  reason: unknown = undefined;
  #listeners: (() => void)[] | undefined;

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const listeners = this.#listeners ?? [];
    const at = listeners.indexOf(listener);
    if (at !== -1) listeners.splice(at, 1);
  }

  /** Calls each listener once; a second call does nothing. */
  abort(reason?: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }
}

/** For functions of Node, which take nothing else. */
export function abortSignalOf(ending: Ending): AbortSignal {
  if (ending instanceof AbortSignal) return ending;
  const controller = new AbortController();
  const stop = () => controller.abort(ending.reason);
  if (ending.aborted) stop();
  else ending.addEventListener('abort', stop, { once: true });
  return controller.signal;
}

/** What setTimeout can hold; beyond it would fire at once. */
export const longestTimerMs = 2 ** 31 - 1;
