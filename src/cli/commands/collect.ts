import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { keyId } from '../../bundle/signature.ts';
import type { Written } from '../../bundle/write.ts';
import type { Spec } from '../../contract/spec.ts';
import { renderDocument } from '../../report/document.ts';
import { renderFindings, renderSize } from '../../report/findings.ts';
import { printableLine } from '../../report/printable.ts';
import { createStyle } from '../../report/style.ts';
import { exitCodes, signalExitCode, verdictExitCode } from '../exit.ts';
import { type Gathered, withhold } from '../gathered.ts';
import { readSeal, type Seal, type SealOptions } from '../key-files.ts';
import { wantsColor, writeErr, writeOut } from '../output.ts';
import { type RunOptions, runSpec } from '../run-spec.ts';
import { loadSpecArguments } from '../spec-options.ts';
import { bundleTarget } from '../target.ts';
import type { Workspace } from '../temporary.ts';
import { withExchange } from '../two-ends.ts';
import { write } from '../write.ts';

export interface CollectOptions extends RunOptions, SealOptions {
  readonly output?: string | undefined;
  readonly format: 'human' | 'json' | 'yaml';
  readonly maxBundleBytes: number;
  readonly failOn?: 'fail' | 'warn' | undefined;
  /** Whether a person looks at it before it is written. */
  readonly review?: boolean;
  /** Whether each tcpConnect looks for a `hostbundle listen` at the other end. */
  readonly twoEnds?: boolean;
}

export async function collect(args: readonly string[], options: CollectOptions): Promise<number> {
  if (options.output === '-' && options.format !== 'human') {
    await writeErr('note: with --output - the bundle itself is on stdout, so the result goes to stderr\n');
  }
  if (options.review) (await import('../review.ts')).refuseWithoutTerminal();
  const seal = await readSeal(options);
  const isEncrypted = seal.recipients.length > 0;
  const { redact: isRedacted } = options;
  const target =
    options.output === '-' ? undefined : await bundleTarget(options.output, new Date(), { isEncrypted, isRedacted });
  const spec = await loadSpecArguments(args, options);
  return collectSpec(options.twoEnds ? withExchange(spec) : spec, target, seal, options);
}

/** Runs a loaded spec into `target`; undefined streams the bundle to stdout. */
export function collectSpec(
  spec: Spec,
  target: string | undefined,
  seal: Seal,
  options: CollectOptions,
): Promise<number> {
  return runSpec(spec, { target, isKept: true, seal }, options, async (ran) => {
    const dropped = options.review ? await reviewed(ran.gathered, ran.signal) : new Set<string>();
    if (dropped === undefined) {
      await writeErr('nothing was written\n');
      return signalExitCode('SIGINT');
    }
    const gathered = withhold(ran.gathered, dropped);
    const written = await ran.keep(() =>
      target === undefined
        ? stream(gathered, seal, ran.workspace, options)
        : write(target, gathered, seal, options.maxBundleBytes),
    );
    const report = renderCollected(gathered, written, seal, options);
    await (target === undefined ? writeErr(report) : writeOut(report));
    if (options.mask === 'off' && !options.quiet)
      await writeErr('note: addresses and names are in it as they are; --mask puts stand-ins in their place\n');
    return exitCode(gathered, options);
  });
}

async function reviewed({ entries }: Gathered, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const { review } = await import('../review.ts');
  return review(entries, signal);
}

/** Nothing reaches stdout before the bundle is whole: it is written and verified in the private folder first. */
async function stream(
  gathered: Gathered,
  seal: Seal,
  workspace: Workspace,
  { maxBundleBytes }: CollectOptions,
): Promise<Written> {
  const folder = await workspace.folder();
  const written = await write(join(folder, 'support-bundle.tar.gz'), gathered, seal, maxBundleBytes);
  for await (const piece of createReadStream(written.file)) await writeOut(piece as Uint8Array);
  return { ...written, file: '-' };
}

/** What came of a run, for people or as one document. */
export function renderCollected(
  { facts, analysis }: Gathered,
  written: Written,
  seal: Seal,
  { format, output }: Pick<CollectOptions, 'format' | 'output'>,
): string {
  const bundle = written.file === '-' ? '-' : output === undefined ? written.file : resolve(written.file);
  if (format !== 'human') {
    const document = {
      schemaVersion: 'hostbundle.collect/v1',
      bundle,
      sizeBytes: written.sizeBytes,
      sha256: written.sha256,
      signedBy: seal.signKey === undefined ? null : keyId(seal.signKey),
      encrypted: seal.recipients.length > 0,
      complete: facts.complete,
      collections: facts.collections.map(({ type, name, state, reason, paths, durationMs }) => ({
        type,
        name,
        state,
        reason,
        paths,
        durationMs,
      })),
      analysis: analysis.findings.length === 0 ? null : { bundle, ...analysis },
    };
    return renderDocument(document, format);
  }
  const style = createStyle(wantsColor(written.file === '-' ? process.stderr : process.stdout));
  const notes = analysis.notes.map((note) => `! ${printableLine(note)}\n`).join('');
  const place = renderPlace(bundle, written, seal);
  if (analysis.findings.length === 0) {
    const collected = facts.collections.filter(({ state }) => state === 'collected').length;
    return `${notes}${collected} of ${facts.collections.length} collected, nothing judged: the spec has no analyzers · ${place}\n`;
  }
  return notes + renderFindings({ bundle, ...analysis, error: null }, place, style);
}

/** `/root/host1.tar.gz.age (2.1 KiB, signed, encrypted)` */
export function renderPlace(bundle: string, { sizeBytes }: Written, { signKey, recipients }: Seal): string {
  const facts = [
    renderSize(sizeBytes),
    ...(signKey === undefined ? [] : ['signed']),
    ...(recipients.length === 0 ? [] : ['encrypted']),
  ];
  return `${bundle} (${facts.join(', ')})`;
}

function exitCode({ facts, analysis }: Gathered, { failOn }: CollectOptions): number {
  const judged = verdictExitCode(analysis.verdict);
  if (judged === exitCodes.fail && failOn !== undefined) return exitCodes.fail;
  if (judged === exitCodes.warn && failOn === 'warn') return exitCodes.warn;
  const withheld = facts.redaction?.withheld ?? 0;
  return withheld > 0 || facts.collections.some(({ state }) => state === 'failed' || state === 'timedOut')
    ? exitCodes.unknown
    : exitCodes.done;
}
