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
import { lowerPriority, tidyUp, warnOfLittleRoom } from '../housekeeping.ts';
import { readSeal, type Seal, type SealOptions } from '../key-files.ts';
import { type MaskOptions, openMask } from '../mask-options.ts';
import { wantsColor, writeErr, writeOut } from '../output.ts';
import { loadRedactors, type RedactionArguments, redactionFor } from '../redaction-options.ts';
import { stopOnSignals } from '../signals.ts';
import { loadSpecArguments, type SpecOptions } from '../spec-options.ts';
import { type Gathered, gather, withhold, write } from '../stages.ts';
import { bundleTarget } from '../target.ts';
import { type Workspace, withWorkspace } from '../temporary.ts';
import { withExchange } from '../two-ends.ts';

export interface CollectOptions extends SpecOptions, SealOptions, RedactionArguments, MaskOptions {
  readonly output?: string | undefined;
  readonly format: 'human' | 'json' | 'yaml';
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly evals: boolean;
  readonly maxFileBytes: number;
  readonly maxBundleBytes: number;
  /** Whether other work of the host comes first. */
  readonly nice: boolean;
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
export async function collectSpec(
  spec: Spec,
  target: string | undefined,
  seal: Seal,
  options: CollectOptions,
): Promise<number> {
  const mask = await openMask(options, spec);
  const redactors = [...spec.redactors, ...(await loadRedactors(options))];
  const redaction = redactionFor(options, options.set, redactors, mask?.masking);
  const stop = stopOnSignals();
  await prepareHost(spec, target, options);
  return withWorkspace(async (workspace) => {
    const journal = journalFor(target, seal, workspace, options);
    const all = await gather(spec, { ...options, redaction, journal, signal: stop.signal }).finally(redaction.close);
    const dropped = options.review ? await reviewed(all, stop.signal) : new Set<string>();
    if (dropped === undefined) {
      await writeErr('nothing was written\n');
      return signalExitCode(stop.by() ?? 'SIGINT');
    }
    const gathered = withhold(all, dropped);
    const keep = () =>
      target === undefined
        ? stream(gathered, seal, workspace, options)
        : write(target, gathered, seal, options.maxBundleBytes);
    const written = await (mask === undefined ? keep() : mask.withMap(keep));
    const report = renderCollected(gathered, written, seal, options);
    await (target === undefined ? writeErr(report) : writeOut(report));
    if (mask === undefined && !options.quiet)
      await writeErr('note: addresses and names are in it as they are; --mask puts stand-ins in their place\n');
    const by = stop.by();
    return by === undefined ? exitCode(gathered, options) : signalExitCode(by);
  });
}

async function reviewed({ entries }: Gathered, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const { review } = await import('../review.ts');
  return review(entries, signal);
}

/** What there is to do before anything is collected, so that the host and the next run are well. */
export async function prepareHost(
  { collectors }: Spec,
  target: string | undefined,
  { nice, quiet }: CollectOptions,
): Promise<void> {
  if (nice) lowerPriority();
  await tidyUp(target, quiet);
  await warnOfLittleRoom(collectors.length, target);
}

/**
 * Where only some may read the bundle, or secrets or identities are in it until it is written, nothing of it stands on the disk in
 * plain: no journal is kept.
 */
export function journalFor(
  target: string | undefined,
  { recipients }: Seal,
  workspace: Workspace,
  { redact, mask }: Pick<CollectOptions, 'redact' | 'mask'>,
) {
  return recipients.length > 0 || !redact || mask !== 'off'
    ? undefined
    : { workspace, target: target === undefined ? null : resolve(target) };
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
