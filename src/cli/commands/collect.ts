import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { keyId } from '../../bundle/signature.ts';
import type { Written } from '../../bundle/write.ts';
import type { Spec } from '../../contract/spec.ts';
import { renderDocument } from '../../report/document.ts';
import { renderFindings, renderSize } from '../../report/findings.ts';
import { printableLine } from '../../report/printable.ts';
import { createStyle } from '../../report/style.ts';
import { exitCodes, signalExitCode, verdictExitCode } from '../exit.ts';
import { readSeal, type Seal, type SealOptions } from '../key-files.ts';
import { wantsColor, writeErr, writeOut } from '../output.ts';
import { stopOnSignals, withTemporary } from '../signals.ts';
import { loadSpecArguments, type SpecOptions } from '../spec-options.ts';
import { type Gathered, gather, write } from '../stages.ts';
import { bundleTarget } from '../target.ts';

export interface CollectOptions extends SpecOptions, SealOptions {
  readonly output?: string | undefined;
  readonly format: 'human' | 'json' | 'yaml';
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly quiet: boolean;
  readonly evals: boolean;
  readonly failOn?: 'fail' | 'warn' | undefined;
}

export async function collect(args: readonly string[], options: CollectOptions): Promise<number> {
  if (options.output === '-' && options.format !== 'human') {
    await writeErr('note: with --output - the bundle itself is on stdout, so the result goes to stderr\n');
  }
  const seal = await readSeal(options);
  const isEncrypted = seal.recipients.length > 0;
  const target = options.output === '-' ? undefined : await bundleTarget(options.output, new Date(), { isEncrypted });
  return collectSpec(await loadSpecArguments(args, options), target, seal, options);
}

/** Runs a loaded spec into `target`; undefined streams the bundle to stdout. */
export async function collectSpec(
  spec: Spec,
  target: string | undefined,
  seal: Seal,
  options: CollectOptions,
): Promise<number> {
  const stop = stopOnSignals();
  const gathered = await gather(spec, { ...options, signal: stop.signal });
  const written = target === undefined ? await stream(gathered, seal) : await write(target, gathered, seal);
  const report = render(gathered, written, seal, options);
  await (target === undefined ? writeErr(report) : writeOut(report));
  const by = stop.by();
  return by === undefined ? exitCode(gathered, options) : signalExitCode(by);
}

/** Nothing reaches stdout before the bundle is whole: it is written and verified in a private folder first. */
async function stream(gathered: Gathered, seal: Seal): Promise<Written> {
  const folder = await mkdtemp(join(tmpdir(), 'hostbundle-'));
  return withTemporary(folder, () => streamFrom(folder, gathered, seal));
}

async function streamFrom(folder: string, gathered: Gathered, seal: Seal): Promise<Written> {
  try {
    const written = await write(join(folder, 'support-bundle.tar.gz'), gathered, seal);
    await pipeline(createReadStream(written.file), process.stdout, { end: false }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
      },
    );
    return { ...written, file: '-' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function render({ run, analysis }: Gathered, written: Written, seal: Seal, { format, output }: CollectOptions): string {
  const bundle = written.file === '-' ? '-' : output === undefined ? written.file : resolve(written.file);
  if (format !== 'human') {
    const document = {
      schemaVersion: 'hostbundle.collect/v1',
      bundle,
      sizeBytes: written.sizeBytes,
      sha256: written.sha256,
      signedBy: seal.signKey === undefined ? null : keyId(seal.signKey),
      encrypted: seal.recipients.length > 0,
      complete: run.complete,
      collections: run.collections.map(({ type, name, state, reason, paths, durationMs }) => ({
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
    const collected = run.collections.filter(({ state }) => state === 'collected').length;
    return `${notes}${collected} of ${run.collections.length} collected, nothing judged: the spec has no analyzers · ${place}\n`;
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

function exitCode({ run, analysis }: Gathered, { failOn }: CollectOptions): number {
  const judged = verdictExitCode(analysis.verdict);
  if (judged === exitCodes.fail && failOn !== undefined) return exitCodes.fail;
  if (judged === exitCodes.warn && failOn === 'warn') return exitCodes.warn;
  return run.collections.some(({ state }) => state === 'failed' || state === 'timedOut')
    ? exitCodes.unknown
    : exitCodes.done;
}
