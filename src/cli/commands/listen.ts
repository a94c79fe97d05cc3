import { tcpConnect } from '../../checks/tcpConnect/collector.ts';
import { refusal } from '../../contract/problem.ts';
import type { Spec } from '../../contract/spec.ts';
import { formatMs } from '../../net/clock.ts';
import { readSeal } from '../key-files.ts';
import { writeErr } from '../output.ts';
import { loadSpecArguments, loadSpecTexts } from '../spec-options.ts';
import { bundleTarget } from '../target.ts';
import { type CollectOptions, collectSpec } from './collect.ts';

/** The far end of a spec: listens on the ports that its tcpConnect collectors dial, into a bundle of its own. */
export async function listen(args: readonly string[], options: CollectOptions): Promise<number> {
  const seal = await readSeal(options);
  const target = await bundleTarget(options.output, new Date(), {
    isEncrypted: seal.recipients.length > 0,
    isRedacted: options.redact,
  });
  const ports = portsOf(await loadSpecArguments(args, options));
  if (ports.length === 0) {
    const message = 'this spec dials no TCP port by tcpConnect, so there is nothing to listen for';
    throw refusal('nothing-to-listen', message);
  }
  const duration = formatMs(options.timeoutMs);
  const text = JSON.stringify({
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'SupportBundle',
    metadata: { name: 'listen' },
    spec: { hostCollectors: [{ listen: { ports, duration } }] },
  });
  const { spec } = await loadSpecTexts([{ file: 'listen', text }], options);
  if (spec === undefined) throw new Error('the spec of a listener does not load');
  if (!options.quiet) {
    const many = ports.length === 1 ? 'port' : 'ports';
    await writeErr(
      `listening on ${many} ${ports.join(', ')} for ${duration}, or until Ctrl-C; meanwhile, on the other host: hostbundle collect SPEC --two-ends\n`,
    );
  }
  // The collector's own time must be over before that of the run is.
  return collectSpec(spec, target, seal, { ...options, timeoutMs: options.timeoutMs + 15_000 });
}

function portsOf({ collectors }: Spec): readonly number[] {
  const dialled = collectors.flatMap(({ collector, params, excluded }) =>
    collector === tcpConnect && !excluded && params !== undefined ? [(params as { port: number }).port] : [],
  );
  return [...new Set(dialled)].sort((left, right) => left - right);
}
