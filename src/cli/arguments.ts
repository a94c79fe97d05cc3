/** What several commands take, and what becomes of it. */
import type { Argv } from 'yargs';
import { type Limits, limits, type OpeningLimit, openingLimits } from '../contract/limits.ts';
import { identityLevels } from '../contract/manifest.ts';
import { suggestion } from '../contract/nearest.ts';
import { refusal } from '../contract/problem.ts';
import { parseSize } from './size.ts';

export const formats = ['human', 'json', 'yaml'] as const;

export const formatOption = {
  choices: formats,
  default: 'human',
  describe: 'for people, or one document',
} as const;

export const text = { type: 'string', nargs: 1, requiresArg: true } as const;
export const list = { type: 'string', array: true, nargs: 1, requiresArg: true } as const;

export const evalOption = {
  type: 'boolean',
  default: true,
  describe: 'run the functions of Kener monitors, walled in; --no-eval refuses',
} as const;

export function positionals<T>(command: Argv<T>) {
  return command.positional('SPEC', {
    type: 'string',
    demandOption: true,
    describe: 'file, folder, - for standard input, or http(s) URL; several are merged',
  });
}

export function specOptions<T>(command: Argv<T>) {
  return command
    .option('strict', { type: 'boolean', default: false, describe: 'warnings of the spec are errors' })
    .option('offline', { type: 'boolean', default: false, describe: 'do not even fetch a spec' })
    .option('installer', { ...text, describe: 'kURL Installer, for {{kurl … }} templates' })
    .option('set', { ...list, describe: 'Name=value for {{kurl … }} templates, such as IsJoin=true' });
}

/** What every command takes that writes a bundle. */
export function sealOptions<T>(command: Argv<T>) {
  return command
    .option('output', { ...text, alias: 'o', describe: 'where the bundle goes; collect takes - for standard output' })
    .option('format', formatOption)
    .option('sign', {
      ...text,
      describe: 'private key in PEM to sign by; else HOSTBUNDLE_SIGN_KEY, its text or its file',
    })
    .option('recipient', { ...list, describe: 'encrypt the bundle to an age1…, or to those in a file' });
}

/** What every command takes that makes a bundle of results. */
export function bundleOptions<T>(command: Argv<T>) {
  return sealOptions(command).option('max-bundle-size', {
    ...text,
    default: '2GiB',
    describe: 'cut the largest raw files until the bundle fits',
  });
}

/** What is done about secrets, where nothing may switch it off. */
export function redactionOptions<T>(command: Argv<T>) {
  return command
    .option('redactors', { ...list, describe: 'spec with Redactor documents, applied besides: file, folder, - or URL' })
    .option('redact-skip', { ...list, describe: 'a rule that is not applied, or RULE:GLOB for some files alone' })
    .option('allow-binary', {
      ...list,
      describe: 'glob of binary files that are taken as they are; others are withheld',
    });
}

/** Whose identities get stand-ins. */
export function maskOptions<T>(command: Argv<T>) {
  return command
    .option('mask', {
      choices: identityLevels,
      default: 'off' as const,
      describe: 'stand-ins for addresses and names: public ones, or all',
    })
    .option('mask-key', { ...text, describe: 'file of 64 hex digits: bundles of one key have the same stand-ins' })
    .option('mask-map', { ...text, describe: 'file to make, for `reveal`: which stand-in is whose; it is secret' });
}

interface MaskArguments {
  readonly mask: (typeof identityLevels)[number];
  readonly 'mask-key'?: string | undefined;
  readonly 'mask-map'?: string | undefined;
}

export function maskArguments(args: MaskArguments) {
  return { mask: args.mask, maskKey: args['mask-key'], maskMap: args['mask-map'] };
}

interface RedactionArguments {
  readonly redactors?: readonly string[] | undefined;
  readonly 'redact-skip'?: readonly string[] | undefined;
  readonly 'allow-binary'?: readonly string[] | undefined;
}

export function redactionArguments(args: RedactionArguments) {
  return {
    redactors: texts(args.redactors),
    redactSkip: texts(args['redact-skip']),
    allowBinary: texts(args['allow-binary']),
  };
}

export function runOptions<T>(command: Argv<T>) {
  return maskOptions(redactionOptions(bundleOptions(command)))
    .option('redact', {
      type: 'boolean',
      default: true,
      describe: 'mask secrets; --no-redact takes all as it is, for your own host alone',
    })
    .option('timeout', { ...text, default: '10m', describe: 'time limit of the whole run, such as 90s' })
    .option('concurrency', {
      type: 'number',
      nargs: 1,
      default: 64,
      describe: 'how many that use CPU, disk or children run at once',
    })
    .option('eval', evalOption)
    .option('max-file-size', { ...text, default: '64MiB', describe: 'of a larger raw file, keep head and tail' })
    .option('nice', { type: 'boolean', default: true, describe: 'yield to the work of this host; --no-nice does not' })
    .option('quiet', { type: 'boolean', alias: 'q', default: false, describe: 'no progress on stderr' });
}

export function identityOption<T>(command: Argv<T>) {
  return command.option('identity', { ...list, describe: 'file of age identities, to open what is encrypted' });
}

/** What every command takes that opens a bundle. */
export function openingOptions<T>(command: Argv<T>) {
  return identityOption(command).option('limit', {
    ...list,
    describe: `NAME=N: another limit for what is opened, such as entryBytes=4GiB; ${openingLimits.join(', ')}`,
  });
}

export const keepGoingOption = {
  type: 'boolean',
  default: false,
  describe: 'of a bundle that is refused, take what is sound, and say what is not',
} as const;

export function keyOption<T>(command: Argv<T>) {
  return command.option('key', { ...list, describe: 'public key in PEM; one of those given must have signed' });
}

interface OpeningArguments {
  readonly identity?: readonly string[] | undefined;
  readonly limit?: readonly string[] | undefined;
}

export function openingArguments({ identity, limit }: OpeningArguments) {
  return { identity: texts(identity), limits: limitsOf(texts(limit)) };
}

/** The limits, with what `--limit NAME=N` says of them. */
function limitsOf(words: readonly string[]): Limits {
  const own: Partial<Record<OpeningLimit, number>> = {};
  for (const word of words) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    const known = openingLimits.find((candidate) => candidate === name);
    if (known === undefined)
      throw refusal('arguments', `--limit ${word}: write NAME=N${suggestion(name, openingLimits)}`);
    const number = known.endsWith('Bytes') ? parseSize(value) : /^\d{1,12}$/.test(value) ? Number(value) : undefined;
    if (number === undefined || number === 0) {
      const form = known.endsWith('Bytes') ? 'a size such as 512MiB' : 'a whole number';
      throw refusal('arguments', `--limit ${word}: ${known} takes ${form}, more than 0`);
    }
    own[known] = number;
  }
  return { ...limits, ...own };
}

interface SpecArguments {
  readonly strict: boolean;
  readonly offline: boolean;
  readonly installer?: string | undefined;
  readonly set?: readonly string[] | undefined;
}

export function specArguments({ strict, offline, installer, set }: SpecArguments) {
  return { strict, offline, installer, set: texts(set) };
}

interface SealArguments {
  readonly output?: string | undefined;
  readonly format: (typeof formats)[number];
  readonly sign?: string | undefined;
  readonly recipient?: readonly string[] | undefined;
}

export function sealArguments({ output, format, sign, recipient }: SealArguments) {
  return {
    output: output === undefined ? undefined : undashed(output),
    format,
    sign,
    recipient: texts(recipient),
  };
}

interface BundleArguments extends SealArguments {
  readonly 'max-bundle-size': string;
}

export function bundleArguments(args: BundleArguments) {
  return { ...sealArguments(args), maxBundleBytes: sizeOf('max-bundle-size', args['max-bundle-size']) };
}

interface RunArguments extends SpecArguments, BundleArguments, RedactionArguments, MaskArguments {
  readonly timeout: string;
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly eval: boolean;
  readonly redact: boolean;
  readonly 'max-file-size': string;
  readonly nice: boolean;
}

export async function collectOptions(args: RunArguments) {
  const { parseDuration } = await import('../go/duration.ts');
  let timeoutMs: number;
  try {
    timeoutMs = parseDuration(args.timeout);
  } catch {
    throw refusal('arguments', `--timeout ${args.timeout} is no duration; write one like 90s or 10m`);
  }
  if (timeoutMs <= 0 || timeoutMs > 86_400_000)
    throw refusal('arguments', '--timeout must be more than 0 and at most 24h');
  if (!Number.isInteger(args.concurrency) || args.concurrency < 1)
    throw refusal('arguments', '--concurrency must be a whole number of at least 1');
  const { concurrency, quiet, nice } = args;
  const maxFileBytes = sizeOf('max-file-size', args['max-file-size']);
  const run = { timeoutMs, concurrency, quiet, nice, evals: args.eval, maxFileBytes };
  return {
    ...specArguments(args),
    ...bundleArguments(args),
    ...redactionArguments(args),
    ...maskArguments(args),
    redact: args.redact,
    ...run,
  };
}

function sizeOf(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= leastSize) return bytes;
  throw refusal('arguments', `--${option} ${text}: write a size of at least 64KiB, such as 512MiB`);
}

/** Less leaves no room for what a bundle says of itself. */
const leastSize = 64 * 1024;

/** A secret among the arguments is seen by every user of the host, and messages about arguments repeat them. */
export function refuseSecrets(argv: readonly string[]): void {
  if (!argv.some((word) => /PRIVATE KEY-----|AGE-SECRET-KEY-/i.test(word))) return;
  const message = 'an argument holds a secret key, which every user of this host can see; give the name of its file';
  throw refusal('secret-argument', message);
}

/** After `--`, a word is a file even if it begins with a dash: yargs would keep such words apart. */
export function plainWords(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const options = end === -1 ? argv : argv.slice(0, end);
  const files = end === -1 ? [] : argv.slice(end + 1).map((word) => (/^-./.test(word) ? `./${word}` : word));
  return [...options, ...files].map((word) => (word === '-' ? dash : word));
}

/** Stands for a lone `-` while yargs is at work: it loses one that is a positional. */
const dash = '\ue000';

export function undashed(word: string): string {
  return word === dash ? '-' : word;
}

/** yargs gives a positional with `..` as a list, though its types say otherwise. */
export function texts(values: string | readonly string[] | undefined): readonly string[] {
  return (typeof values === 'string' ? [values] : (values ?? [])).map((value) => undashed(String(value)));
}
