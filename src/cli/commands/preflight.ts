import { resolve } from 'node:path';
import type { Analysis } from '../../contract/finding.ts';
import { refusal } from '../../contract/problem.ts';
import { signalExitCode, verdictExitCode } from '../exit.ts';
import { readSeal, type Seal } from '../key-files.ts';
import { openMask } from '../mask-options.ts';
import { writeErr, writeOut } from '../output.ts';
import { loadRedactors, redactionFor } from '../redaction-options.ts';
import { stopOnSignals } from '../signals.ts';
import { loadSpecArguments } from '../spec-options.ts';
import { gather, write } from '../stages.ts';
import { bundleTarget } from '../target.ts';
import { withWorkspace } from '../temporary.ts';
import { renderAnalyses } from './analyze.ts';
import { type CollectOptions, journalFor, prepareHost, renderPlace } from './collect.ts';

export async function preflight(args: readonly string[], options: CollectOptions): Promise<number> {
  const seal = await sealOf(options);
  const isEncrypted = seal.recipients.length > 0;
  const target =
    options.output === undefined
      ? undefined
      : await bundleTarget(options.output, new Date(), { isEncrypted, isRedacted: options.redact });
  const spec = await loadSpecArguments(args, options);
  const mask = await openMask(options, spec);
  const redactors = [...spec.redactors, ...(await loadRedactors(options))];
  const redaction = redactionFor(options, options.set, redactors, mask?.masking);
  const stop = stopOnSignals();
  await prepareHost(spec, target, options);
  return withWorkspace(async (workspace) => {
    // Without a bundle there is nothing to recover.
    const journal = target === undefined ? undefined : journalFor(target, seal, workspace, options);
    const gathered = await gather(spec, { ...options, redaction, journal, signal: stop.signal }).finally(
      redaction.close,
    );
    let bundle: string | null = null;
    let place = '';
    const keep = async () => (target === undefined ? undefined : write(target, gathered, seal, options.maxBundleBytes));
    const written = await (mask === undefined ? keep() : mask.withMap(keep));
    if (written !== undefined) {
      bundle = resolve(written.file);
      place = renderPlace(bundle, written, seal);
    }
    if (gathered.findings.length === 0) await writeErr('warning: nothing was judged: the spec has no analyzers\n');
    const analysis: Analysis = { bundle, ...gathered.analysis, error: null };
    await writeOut(renderAnalyses([{ analysis, place }], options.format));
    const by = stop.by();
    return by === undefined ? verdictExitCode(analysis.verdict) : signalExitCode(by);
  });
}

/** A wish to sign or encrypt is a mistake where no bundle is kept; the environment may name a key for other runs. */
async function sealOf({ output, sign, recipient }: CollectOptions): Promise<Seal> {
  if (output !== undefined) return readSeal({ sign, recipient });
  if (sign === undefined && recipient.length === 0) return { signKey: undefined, recipients: [] };
  const message = 'there is no bundle to sign or to encrypt without --output';
  throw refusal('arguments', message);
}
