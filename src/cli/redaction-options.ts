import { fileURLToPath } from 'node:url';
import { nearest } from '../contract/nearest.ts';
import { refusal } from '../contract/problem.ts';
import type { SpecRedactor } from '../contract/spec.ts';
import { type Glob, GlobError, parseGlob } from '../go/glob.ts';
import type { Masking } from '../redact/identities/masking.ts';
import { isSecretKey } from '../redact/keys/words.ts';
import { createRedaction, type Redaction, type RuleSkip } from '../redact/redaction.ts';
import { createThread, type RedactorThread } from '../redact/redactor/thread.ts';
import { rules } from '../redact/rules/rules.ts';
import { loadSpecArguments } from './spec-options.ts';

/** What every command takes that redacts. */
export interface RedactionArguments {
  /** False: everything is taken as it is found. */
  readonly redact: boolean;
  /** `RULE` or `RULE:GLOB`. */
  readonly redactSkip: readonly string[];
  /** Globs of binary files that are taken as they are. */
  readonly allowBinary: readonly string[];
  /** Specs of whose documents the redactors are applied besides. */
  readonly redactors: readonly string[];
}

/** What `--redactors` asks for: specs as any other, of which nothing but their redactors counts. */
export async function loadRedactors({
  redactors,
  offline = false,
}: Pick<RedactionArguments, 'redactors'> & { readonly offline?: boolean }): Promise<readonly SpecRedactor[]> {
  if (redactors.length === 0) return [];
  const options = { strict: false, offline, set: [] };
  return (await loadSpecArguments(redactors, options, 'redactors')).redactors;
}

/** `set`: `Name=value` texts; the value of a secret name is a secret. */
export function redactionFor(
  { redact, redactSkip, allowBinary }: Omit<RedactionArguments, 'redactors'>,
  set: readonly string[],
  redactors: readonly SpecRedactor[],
  masking?: Masking,
): Redaction & { close(): void } {
  const thread = redactors.length === 0 || !redact ? undefined : redactorThread(redactors);
  const redaction = createRedaction({
    thread,
    masking,
    off: !redact,
    skip: redactSkip.map(ruleSkip),
    allowBinary: allowBinary.map((pattern) => globOf('--allow-binary', pattern)),
    secrets: set.flatMap((text) => {
      const equals = text.indexOf('=');
      return equals > 0 && isSecretKey(text.slice(0, equals)) ? [text.slice(equals + 1)] : [];
    }),
  });
  return { ...redaction, close: () => thread?.close() };
}

const timeoutMs = 5000;

function redactorThread(redactors: readonly SpecRedactor[]): RedactorThread {
  // Beside the built program, in a file of its own: a start without redactors need not read the engine.
  const script = fileURLToPath(new URL('./redactor.cjs', import.meta.url));
  return createThread({ redactors, script, timeoutMs });
}

function ruleSkip(text: string): RuleSkip {
  const colon = text.indexOf(':');
  const rule = colon === -1 ? text : text.slice(0, colon);
  const ids = rules.map(({ id }) => id);
  if (!ids.includes(rule)) {
    const near = nearest(rule, ids);
    const hint = near === undefined ? '; hostbundle explain redaction lists them' : `; did you mean ${near}?`;
    throw refusal('arguments', `--redact-skip ${text}: there is no rule "${rule}"${hint}`);
  }
  if (colon === -1) return { rule };
  const pattern = text.slice(colon + 1);
  return { rule, glob: { pattern, matches: globOf('--redact-skip', pattern).matches } };
}

function globOf(option: string, pattern: string): Glob {
  try {
    return parseGlob(pattern);
  } catch (error) {
    if (!(error instanceof GlobError)) throw error;
    throw refusal('arguments', `${option} ${pattern}: this is no pattern of paths: ${error.message}`);
  }
}
