import { limits } from '../contract/limits.ts';
import { type Problem, refusal, UserError } from '../contract/problem.ts';
import type { Spec } from '../contract/spec.ts';
import { kurlData } from '../go/kurl.ts';
import { renderProblems } from '../report/problems.ts';
import { type Loaded, loadSpec } from '../spec/load.ts';
import { readSources, type SourceText } from '../spec/sources.ts';
import { parseYaml } from '../spec/yaml.ts';
import { checks } from './checks.ts';
import { boundNewSpace } from './memory.ts';
import { writeErr } from './output.ts';

/** What every command takes that reads a spec. */
export interface SpecOptions {
  readonly strict: boolean;
  readonly offline: boolean;
  /** File of a kURL Installer, for `{{kurl … }}`. */
  readonly installer?: string | undefined;
  /** `Name=value` texts, for `{{kurl … }}`. */
  readonly set: readonly string[];
}

/** A spec that can be run; its warnings go to stderr, its mistakes are thrown all at once. */
export async function loadSpecArguments(
  args: readonly string[],
  options: SpecOptions,
  wants: 'checks' | 'redactors' = 'checks',
): Promise<Spec> {
  const loaded = await readSpecArguments(args, options, wants);
  const { spec, problems } = loaded;
  if (spec === undefined) throw new UserError([...problems, nothingRun(loaded)]);
  await writeErr(renderProblems(problems));
  for (const { file, line, reason } of spec.skipped) {
    await writeErr(
      renderProblems([{ severity: 'warning', code: 'left-alone', message: `left alone: ${reason}`, file, line }]),
    );
  }
  return spec;
}

export async function readSpecArguments(
  args: readonly string[],
  options: SpecOptions,
  wants: 'checks' | 'redactors' = 'checks',
): Promise<Loaded> {
  const sources = await readSources(args, { limits, offline: options.offline, stdin: process.stdin });
  return loadSpecTexts(sources, options, wants);
}

export async function loadSpecTexts(
  sources: readonly SourceText[],
  options: SpecOptions,
  wants: 'checks' | 'redactors' = 'checks',
): Promise<Loaded> {
  boundNewSpace(sources.reduce((sum, { text }) => sum + text.length, 0));
  const template = kurlData({ installer: await installerOf(options), set: assignments(options.set) });
  return loadSpec(sources, { checks, limits, template, strict: options.strict, wants });
}

/** Closes a list of mistakes; with several documents it also says how many of them are good. */
function nothingRun({ problems, documents, broken }: Loaded): Problem {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const of = documents > 1 && broken > 0 ? ` in ${broken} of ${documents} documents` : '';
  const message = `${errors} ${errors === 1 ? 'mistake' : 'mistakes'}${of}; nothing was run`;
  return { severity: 'error', code: 'nothing-run', message };
}

async function installerOf({ installer, offline }: SpecOptions): Promise<unknown> {
  if (installer === undefined) return undefined;
  const [source] = await readSources([installer], { limits, offline, stdin: process.stdin });
  const [part] = parseYaml(source?.text ?? '', limits);
  const refuse = (message: string, place: { line?: number; column?: number } = {}) =>
    refusal('wrong-installer', message, { file: installer, ...place });
  if (part === undefined) throw refuse('this file is empty; --installer takes the YAML of a kURL Installer');
  if ('fault' in part) throw refuse(`this is not YAML: ${part.fault.reason}`, part.fault);
  if (
    typeof part.value !== 'object' ||
    part.value === null ||
    (part.value as { kind?: unknown }).kind !== 'Installer'
  ) {
    throw refuse('this is no kURL Installer; it must have kind: Installer');
  }
  return part.value;
}

function assignments(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) {
        const message = `--set takes Name=value, such as IsJoin=true, not "${text}"`;
        throw refusal('wrong-set', message);
      }
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
