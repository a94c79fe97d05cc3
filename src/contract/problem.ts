/** Where a mistake stands: as far as it is known. Lines and columns count from 1. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The way through the document, such as `spec/hostCollectors/2/tcpConnect/address`. */
  readonly path?: string | undefined;
}

/** One mistake of a user's document, with what to write instead in its message. */
export interface Problem extends Place {
  readonly severity: 'error' | 'warning';
  /** Stable, lower case with hyphens: `unknown-key`. */
  readonly code: string;
  readonly message: string;
}

/** The user's mistake, known and told without a stack: exit code 2. */
export class UserError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map((problem) => problem.message).join('; '), options);
    this.name = 'UserError';
    this.problems = problems;
  }
}

/** One mistake, as an error: a stable code, and what to write instead. */
export function refusal(code: string, message: string, { cause, ...place }: Place & ErrorOptions = {}): UserError {
  return new UserError([{ severity: 'error', code, message, ...place }], cause === undefined ? undefined : { cause });
}

/** What is wrong with a bundle: a stable code, what was seen, and the limit that it broke if it was one. */
export class BundleError extends UserError {
  readonly code: string;

  constructor(code: string, message: string, place: Place = {}, options?: ErrorOptions) {
    super([{ severity: 'error', code, message, ...place }], options);
    this.name = 'BundleError';
    this.code = code;
  }
}

/** The machine's failure, known and told without a stack (disk full, cannot read): exit code 1. */
export class SystemError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SystemError';
  }
}
