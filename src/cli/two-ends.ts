import { readResult } from '../analyze/result.ts';
import { listen } from '../checks/listen/collector.ts';
import { type Dial, join, type Listener } from '../checks/listen/join.ts';
import { tcpConnect } from '../checks/tcpConnect/collector.ts';
import type { OpenedBundle } from '../contract/bundle.ts';
import { type Analysis, type Finding, summarize } from '../contract/finding.ts';
import { limits } from '../contract/limits.ts';
import type { Spec } from '../contract/spec.ts';

/** What a bundle tells of connections between two hosts: kept of each, so that the bundles themselves need not be. */
export interface Ends {
  readonly bundle: string;
  readonly listeners: readonly Listener[];
  readonly dials: readonly { readonly path: string; readonly dial: Dial }[];
}

export function endsOf({ source, files, read }: OpenedBundle): Ends {
  const of = (declaration: typeof listen | typeof tcpConnect) => {
    const folder = declaration.output('');
    return [...files.keys()].filter((path) => path.startsWith(folder.slice(0, folder.lastIndexOf('/') + 1)));
  };
  const resultsOf = (declaration: typeof listen | typeof tcpConnect) =>
    of(declaration).flatMap((path) => {
      const bytes = read(path);
      const reading = bytes === undefined ? undefined : readResult(bytes, declaration, limits);
      return reading !== undefined && 'result' in reading ? [{ path, result: reading.result }] : [];
    });
  return {
    bundle: source,
    listeners: resultsOf(listen).map(({ result }) => ({ bundle: source, listened: result as Listener['listened'] })),
    dials: resultsOf(tcpConnect).flatMap(({ path, result }) => {
      const dial = result as Dial;
      // Only a dial that was asked to exchange tokens has the key.
      return dial.exchange === undefined ? [] : [{ path, dial }];
    }),
  };
}

/** The analysis of a bundle, with a finding more for each of its dials that a listener of another bundle knows of. */
export function withOtherEnds(
  analysis: Analysis,
  { bundle, dials }: Ends,
  all: readonly Ends[],
  isWhole: boolean,
): Analysis {
  const listeners = all.filter((other) => other.bundle !== bundle).flatMap((other) => other.listeners);
  const joined = dials.flatMap(({ path, dial }): Finding[] => {
    const said = join(dial, listeners);
    return said === undefined ? [] : [finding(path, dial, said)];
  });
  if (joined.length === 0) return analysis;
  const findings = [...analysis.findings, ...joined];
  return { ...analysis, ...summarize(findings, isWhole), findings };
}

function finding(
  path: string,
  { address = '?', status }: Dial,
  { verdict, message }: NonNullable<ReturnType<typeof join>>,
): Finding {
  const isUnknown = verdict === 'unknown';
  return {
    type: 'twoEnds',
    name: path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
    title: `Both ends of ${address}`,
    verdict,
    message: isUnknown ? '' : message,
    uri: null,
    strict: false,
    annotations: {},
    reason: isUnknown ? message : null,
    advice: null,
    evidence: { path, values: { status, address } },
  };
}

/** The same spec, each of whose tcpConnect exchanges tokens with a listener of ours. */
export function withExchange(spec: Spec): Spec {
  const collectors = spec.collectors.map((item) => {
    if (item.collector !== tcpConnect || item.params === undefined) return item;
    const raw = item.raw as { readonly tcpConnect: object };
    return {
      ...item,
      params: { ...item.params, exchange: true },
      raw: { ...raw, tcpConnect: { ...raw.tcpConnect, exchange: true } },
    };
  });
  return { ...spec, collectors };
}
