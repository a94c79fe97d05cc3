import { resolve } from 'node:path';
import type { Analysis } from '../../contract/finding.ts';
import { renderSize } from '../../report/findings.ts';
import { signalExitCode, verdictExitCode } from '../exit.ts';
import { writeErr, writeOut } from '../output.ts';
import { stopOnSignals } from '../signals.ts';
import { loadSpecArguments } from '../spec-options.ts';
import { gather, write } from '../stages.ts';
import { bundleTarget } from '../target.ts';
import { renderAnalyses } from './analyze.ts';
import type { CollectOptions } from './collect.ts';

export async function preflight(args: readonly string[], options: CollectOptions): Promise<number> {
  const target = options.output === undefined ? undefined : await bundleTarget(options.output, new Date());
  const spec = await loadSpecArguments(args, options);
  const stop = stopOnSignals();
  const gathered = await gather(spec, { ...options, signal: stop.signal });
  let bundle: string | null = null;
  let place = '';
  if (target !== undefined) {
    const written = await write(target, gathered);
    bundle = resolve(written.file);
    place = `${bundle} (${renderSize(written.sizeBytes)})`;
  }
  if (gathered.findings.length === 0) await writeErr('warning: nothing was judged: the spec has no analyzers\n');
  const analysis: Analysis = { bundle, ...gathered.analysis, error: null };
  await writeOut(renderAnalyses([{ analysis, place }], options.format));
  const by = stop.by();
  return by === undefined ? verdictExitCode(analysis.verdict) : signalExitCode(by);
}
