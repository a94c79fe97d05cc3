import { resolve } from 'node:path';
import type { Analysis } from '../../contract/finding.ts';
import { refusal } from '../../contract/problem.ts';
import { verdictExitCode } from '../exit.ts';
import { readSeal, type Seal } from '../key-files.ts';
import { writeErr, writeOut } from '../output.ts';
import { runSpec } from '../run-spec.ts';
import { loadSpecArguments } from '../spec-options.ts';
import { bundleTarget } from '../target.ts';
import { write } from '../write.ts';
import { renderAnalyses } from './analyze.ts';
import { type CollectOptions, renderPlace } from './collect.ts';

export async function preflight(args: readonly string[], options: CollectOptions): Promise<number> {
  const seal = await sealOf(options);
  const isEncrypted = seal.recipients.length > 0;
  const target =
    options.output === undefined
      ? undefined
      : await bundleTarget(options.output, new Date(), { isEncrypted, isRedacted: options.redact });
  const spec = await loadSpecArguments(args, options);
  return runSpec(spec, { target, isKept: target !== undefined, seal }, options, async ({ gathered, keep }) => {
    const written = await keep(async () =>
      target === undefined ? undefined : write(target, gathered, seal, options.maxBundleBytes),
    );
    if (gathered.findings.length === 0) await writeErr('warning: nothing was judged: the spec has no analyzers\n');
    const bundle = written === undefined ? null : resolve(written.file);
    const analysis: Analysis = { bundle, ...gathered.analysis, error: null };
    const place = written === undefined ? '' : renderPlace(resolve(written.file), written, seal);
    await writeOut(renderAnalyses([{ analysis, place }], options.format));
    return verdictExitCode(analysis.verdict);
  });
}

/** A wish to sign or encrypt is a mistake where no bundle is kept; the environment may name a key for other runs. */
async function sealOf({ output, sign, recipient }: CollectOptions): Promise<Seal> {
  if (output !== undefined) return readSeal({ sign, recipient });
  if (sign === undefined && recipient.length === 0) return { signKey: undefined, recipients: [] };
  const message = 'there is no bundle to sign or to encrypt without --output';
  throw refusal('arguments', message);
}
