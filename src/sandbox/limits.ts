const KiB = 1024;
const MiB = 1024 * KiB;

/** What an evaluation may cost, seen from outside the child. */
export interface SandboxLimits {
  readonly sourceBytes: number;
  /** The argument as JSON. */
  readonly inputBytes: number;
  /** One line from the child. */
  readonly outputBytes: number;
  readonly evalMs: number;
  /** How much longer the child may take before it is killed: it mostly ends an evaluation by itself. */
  readonly graceMs: number;
  /** All evaluations of a run together, with every start of a child. */
  readonly runMs: number;
  /** From spawn until the child is ready. */
  readonly startMs: number;
  /** After so many starts that failed, none is tried again. */
  readonly failedStarts: number;
}

export const sandboxLimits: SandboxLimits = {
  sourceBytes: 64 * KiB,
  inputBytes: 8 * MiB,
  outputBytes: 64 * KiB,
  evalMs: 1000,
  graceMs: 500,
  runMs: 30_000,
  startMs: 10_000,
  failedStarts: 3,
};

/** What an evaluation may use inside the engine. */
export const engineLimits = {
  memoryBytes: 32 * MiB,
  stackBytes: 256 * KiB,
  promiseJobs: 10_000,
  /** Characters of a text that code from a spec gave. */
  textCharacters: 200,
} as const;

/** Of WebAssembly. */
export const pageBytes = 64 * KiB;
