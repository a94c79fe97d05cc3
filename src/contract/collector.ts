import type { Ending } from './ending.ts';
import type { Infer, ObjectSchema, Schema, Written } from './schema.ts';

/** One address that a name stands for, in the order in which the host's resolver gave it. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** A command that has ended. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Its time was over, so it was ended. */
  readonly timedOut: boolean;
  /** More came on stdout or stderr than was kept. */
  readonly truncated: boolean;
}

export interface RunOptions {
  /** How long it may run, in milliseconds; then it is ended, with all that it started. */
  readonly limitMs: number;
  /** How much is kept of stdout, and of stderr; what comes after that is read and dropped. Absent: 1 MiB. */
  readonly outputBytes?: number;
  /** Ends it sooner, in place of the host's own signal. */
  readonly signal?: Ending;
  /** What stands on its stdin; absent: nothing. */
  readonly input?: string;
  /** Is told what comes on stdout, as it comes. */
  readonly onStdout?: (text: string) => void;
}

/** Something to know of the machine that is the same for all collectors of a run. */
export interface Fact<T> {
  /** Bounded by its own time limits: nobody's signal ends it, because others wait for it too. */
  read(host: Host): Promise<T>;
  /** How long before a question its answer may have been read, in milliseconds; Infinity: once for the whole run. */
  readonly freshMs: number;
}

/** The only door to the machine. Network checks dial through `src/net`, bound to `signal`. */
export interface Host {
  /** Aborts when the collector's deadline is over or the run stops; its `reason` says which. */
  readonly signal: Ending;
  /** A whole small text file, such as one of /proc. Rejects with a system error (`code`). */
  readText(path: string): Promise<string>;
  /**
   * The bytes of a file that is to go into the bundle as it is. The only way for a path from a spec to become content: rejects for
   * what is never collected (`NEVER_COLLECTED`), whatever links lead there, for what is no regular file, and for more than
   * `maxBytes` (`EFBIG`).
   */
  take(path: string, maxBytes: number): Promise<Uint8Array>;
  /** The names in a folder, sorted. Rejects with a system error (`code`). */
  list(path: string): Promise<readonly string[]>;
  /**
   * A variable of the environment that the user started the program in; undefined when unset or empty. For what by custom is
   * said there alone: proxies, certificate stores, the places of credentials. Never written to a result.
   */
  environment(name: string): string | undefined;
  /** Where a symbolic link points, unresolved. Rejects with a system error (`code`). */
  readLink(path: string): Promise<string>;
  /**
   * The addresses of a host name as this host sees it (hosts file, DNS, search list). Asked once per name and run; the
   * answer is shared. Rejects with a system error: `ENOTFOUND`, `EAI_AGAIN`, or an abort when `signal` aborts first.
   */
  lookup(name: string, signal: Ending): Promise<readonly Address[]>;
  /**
   * Runs a command of the system: no shell, nothing on stdin but its input, texts in English; found in PATH and the folders of
   * administrators. However it ends is an answer. Rejects with a system error (`code`) when it cannot be started, or with
   * the signal's reason; it is gone by then.
   */
  run(file: string, args: readonly string[], options: RunOptions): Promise<Ran>;
  /** The command line that starts a child of this very program; what follows it says which one. For `run`. */
  readonly child: readonly string[];
  /** Told to ten thousand collectors, it is still read a few times only. Rejects as its `read` does. */
  know<T>(fact: Fact<T>): Promise<T>;
}

/** What a collector hands back. */
export interface Collected<R> {
  readonly result: R;
  /** Raw files beside the result: by their path from its folder. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  /** What its file has no room for, because the Go tool reads a bare word or a list there: NAME-evidence.json, beside it. */
  readonly evidence?: unknown;
  /**
   * What the Go tool calls an error of the collector although it wrote a result (a refused dial, say): it also goes to
   * `host-collectors/errors/`. The check itself still counts as collected: the result is the answer.
   */
  readonly complaint?: string;
  /** Why this is only a part of what was asked for: its time was over. It then counts as timed out, and is judged all the same. */
  readonly partial?: string;
}

/** A parameter that fits its schema and still cannot be used. `path` leads from the collector's own keys. */
export interface ParamMistake {
  readonly path: string;
  readonly message: string;
}

/**
 * Parameters in the form with which a collector works, or why they cannot be used. Doubts are warnings: the check will run,
 * and its result will say what is wrong, because the Go tool has a status for that and people's outcomes speak of it.
 */
export type Prepared<T> =
  | { readonly params: T; readonly doubts?: readonly ParamMistake[] }
  | { readonly mistakes: readonly ParamMistake[] };

/** Something on the machine that two collectors may disturb each other over, such as `port:6443`. */
export interface Claim {
  readonly resource: string;
  /** True: nobody else may use it meanwhile. False: others may, as long as they do not want it alone. */
  readonly alone: boolean;
}

/** What a check leaves in a bundle: enough to find it there and to read it. */
export interface ResultDeclaration<R extends Schema> {
  /** Its key in a spec, and the name of its folder. */
  readonly type: string;
  /** What it is called where its author gave no `collectorName`. */
  readonly title: string;
  /** The text of its `example.yaml`: a whole spec, shown by `explain` and run by the tests. */
  readonly example: string;
  /** What is written to the bundle. Only `required` keys are expected of a file that another tool wrote. */
  readonly result: R;
  /** The base name of its file where its author gave no `collectorName`. */
  readonly defaultName: string;
  /** Path in the bundle for a name that is already safe. */
  output(name: string): string;
  /** Reads a file of this type where it is not plain JSON, which `json` reads. Throws on text that is none. */
  parse?(text: string, json: (text: string) => unknown): unknown;
  /** The text of its file, where the Go tool's is not JSON. */
  render?(result: Written<R>): string;
}

/** A check's half that looks at the host: declared once; types, validation, schemas, docs and help derive from this. */
export interface CollectorDeclaration<P extends ObjectSchema, R extends Schema, T = Infer<P>>
  extends ResultDeclaration<R> {
  /** One line, no full stop. */
  readonly summary: string;
  readonly params: P;
  /** Reads what no schema can judge, such as an address: once, when the spec is loaded. Absent: they are used as they are. */
  prepare?(params: Infer<P>): Prepared<T>;
  /** After this long its result is no longer waited for; longer than any time limit that it keeps by itself. */
  deadlineMs(params: T): number;
  /** `network` only waits for the network; `host` uses CPU, disk or children and counts for `--concurrency`. */
  readonly load: 'network' | 'host';
  /** What it needs of the machine while it runs; collectors whose claims clash wait for each other, in spec order. */
  claims?(params: T): readonly Claim[];
}

export interface Collector<P extends ObjectSchema = ObjectSchema, R extends Schema = Schema, T = unknown>
  extends CollectorDeclaration<P, R, T> {
  /** Does the work. What it throws becomes a failed collection; it never ends the run. */
  collect(params: T, host: Host): Promise<Collected<Written<R>>>;
}

/** In two steps, so that the result type is known before the body is checked against it. */
export function defineCollector<const P extends ObjectSchema, const R extends Schema, T = Infer<P>>(
  declaration: CollectorDeclaration<P, R, T>,
): { collect(body: Collector<P, R, T>['collect']): Collector<P, R, T> } {
  return { collect: (body) => ({ ...declaration, collect: body }) };
}

/** Every collector of a spec takes these besides its own parameters. */
export const collectorMeta = {
  collectorName: {
    type: 'string',
    description: 'What this check is called: in progress and reports, and as base name of its file in the bundle',
  },
  exclude: {
    type: 'boolean',
    parseBool: true,
    description: 'Leave this collector out when true; a boolean, or text such as "true" or "0"',
  },
} as const satisfies ObjectSchema['properties'];
