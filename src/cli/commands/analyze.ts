import type { KeyObject } from 'node:crypto';
import type { Decrypt } from '../../bundle/age.ts';
import { openBundle } from '../../bundle/open.ts';
import type { OpenedBundle } from '../../contract/bundle.ts';
import { type Analysis, brokenCollections, summarize } from '../../contract/finding.ts';
import { layout } from '../../contract/layout.ts';
import type { Limits } from '../../contract/limits.ts';
import { BundleError, UserError } from '../../contract/problem.ts';
import type { Spec } from '../../contract/spec.ts';
import { renderDocument } from '../../report/document.ts';
import { renderFindings, renderSize } from '../../report/findings.ts';
import { printableLine } from '../../report/printable.ts';
import { renderProblems } from '../../report/problems.ts';
import { createStyle } from '../../report/style.ts';
import { checks } from '../checks.ts';
import { exitCodes, reportError, verdictExitCode, worstExitCode } from '../exit.ts';
import { maskNote } from '../gathered.ts';
import { readIdentities, readPublicKeys } from '../key-files.ts';
import { wantsColor, writeErr, writeOut } from '../output.ts';
import { loadSpecArguments, loadSpecTexts, type SpecOptions } from '../spec-options.ts';
import { judge } from '../stages.ts';
import { type Ends, endsOf, withOtherEnds } from '../two-ends.ts';

export interface AnalyzeOptions extends SpecOptions {
  /** Rules in place of those that the bundle carries. */
  readonly spec: readonly string[];
  readonly format: 'human' | 'json' | 'yaml';
  readonly exitZero: boolean;
  /** Whether functions of Kener monitors are run. */
  readonly evals: boolean;
  /** Public keys, one of which must have signed. */
  readonly key: readonly string[];
  /** Files of age identities. */
  readonly identity: readonly string[];
  readonly limits: Limits;
  /** Whether entries that are refused are passed over, and what is sound is judged. */
  readonly keepGoing: boolean;
  readonly debug: boolean;
}

/** What the options amount to, read once for all bundles. */
interface Given {
  readonly spec: Spec | undefined;
  readonly keys: readonly KeyObject[];
  readonly decrypt: Decrypt | undefined;
}

interface Judged {
  readonly analysis: Analysis;
  /** Of a bundle that could be opened. */
  readonly ends?: Ends;
  readonly isWhole?: boolean;
  /** Bundle and size, for the last line. */
  readonly place: string;
}

export async function analyze(bundles: readonly string[], options: AnalyzeOptions): Promise<number> {
  const given: Given = {
    spec: options.spec.length > 0 ? await loadSpecArguments(options.spec, options) : undefined,
    keys: await readPublicKeys(options.key),
    decrypt: await readIdentities(options.identity),
  };
  const judged: Judged[] = [];
  const codes: number[] = [];
  for (const bundle of bundles) {
    try {
      judged.push(await analyzeOne(bundle, given, options));
    } catch (error) {
      // One bad bundle does not end the batch (rule R12): its failure is one result among the others.
      codes.push(await reportError(error, options.debug, bundle));
      if (!(error instanceof UserError)) continue;
      const [problem] = error.problems;
      const { verdict, counts } = summarize([], false);
      const failure = { code: problem?.code ?? 'unreadable', message: problem?.message ?? error.message };
      judged.push({ analysis: { bundle, verdict, counts, findings: [], notes: [], error: failure }, place: bundle });
    }
  }
  const joined = joinEnds(judged);
  codes.push(
    ...joined.filter(({ ends }) => ends !== undefined).map(({ analysis }) => verdictExitCode(analysis.verdict)),
  );
  await writeOut(renderAnalyses(joined, options.format));
  const worst = worstExitCode(codes);
  return options.exitZero && worst >= exitCodes.fail ? exitCodes.done : worst;
}

/** What two bundles together know of connections between their hosts. */
function joinEnds(judged: readonly Judged[]): readonly Judged[] {
  const all = judged.flatMap(({ ends }) => ends ?? []);
  return judged.map((one) => {
    if (one.ends === undefined) return one;
    return { ...one, analysis: withOtherEnds(one.analysis, one.ends, all, one.isWhole === true) };
  });
}

async function analyzeOne(source: string, given: Given, options: AnalyzeOptions): Promise<Judged> {
  const { keys, decrypt } = given;
  const { limits, keepGoing } = options;
  const bundle = await openBundle(source, { limits, keepGoing, keep: isRead, stdin: process.stdin, keys, decrypt });
  const spec = given.spec ?? (await ownSpec(bundle, options));
  const findings = await judge(
    {
      has: (path) => bundle.files.has(path),
      read: bundle.read,
      refusal: (path) => refusalOf(path, bundle),
      collections: bundle.manifest?.collections ?? null,
    },
    spec.analyzers,
    { limits, created: bundle.manifest?.created ?? null, evals: options.evals },
  );
  const identities = bundle.manifest?.redaction?.identities ?? 'off';
  const remarks = identities === 'off' ? [] : [maskNote(identities)];
  const notes = notesOf(bundle);
  for (const note of notes) await writeErr(`warning: ${printableLine(`${source}: ${note}`)}\n`);
  // Nobody can have signed what has no manifest: with --key, that is not good enough.
  const isExcused = bundle.integrity.state === 'unverifiable' && keys.length === 0;
  const isWhole = notes.length === 0 || (notes.length === 1 && isExcused);
  const size = bundle.sizeBytes === null ? '' : ` (${renderSize(bundle.sizeBytes)})`;
  return {
    analysis: { bundle: source, ...summarize(findings, isWhole), findings, notes: [...remarks, ...notes], error: null },
    place: source + size,
    ends: endsOf(bundle),
    isWhole,
  };
}

/** Only what an analyzer may ask for is held in memory: the folders that collectors write to, and the spec. */
const folders: ReadonlySet<string | undefined> = new Set(
  checks.collectors.map((collector) => collector.output('NAME').split('/')[1]),
);

function isRead(path: string): boolean {
  if (path === layout.spec || path === 'host-collectors/system/node_list.json') return true;
  const [root, first, second] = path.split('/');
  // The second part is the folder in bundles that the Go tool collected in pods.
  return root === 'host-collectors' && (folders.has(first) || folders.has(second));
}

/** Why there is nothing at this path: it was refused, or a folder above it, or reading ended before it may have come. */
function refusalOf(path: string, { refused, files }: OpenedBundle): string | undefined {
  if (files.has(path)) return undefined;
  const refusal =
    refused.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}/`)) ??
    refused.find((candidate) => candidate.path === null);
  return refusal?.message;
}

async function ownSpec(bundle: OpenedBundle, options: AnalyzeOptions): Promise<Spec> {
  const bytes = bundle.read(layout.spec);
  if (bytes === undefined) {
    const refusal = refusalOf(layout.spec, bundle);
    if (refusal !== undefined) {
      const message = `its spec.yaml was refused, so give the rules with --spec: ${refusal}`;
      throw new BundleError('no-spec', message, { file: bundle.source });
    }
    throw new BundleError(
      'no-spec',
      'this bundle carries no spec.yaml, as bundles of the Go tools do not; give the rules with --spec',
      {
        file: bundle.source,
      },
    );
  }
  const file = `${bundle.source} > spec.yaml`;
  const { spec, problems } = await loadSpecTexts([{ file, text: Buffer.from(bytes).toString('utf8') }], options);
  if (spec === undefined) throw new UserError(problems);
  await writeErr(renderProblems(problems.filter(({ code }) => code !== 'duplicate-name')));
  return spec;
}

function notesOf({ manifest, integrity, refused }: OpenedBundle): readonly string[] {
  const notes = refused.slice(0, 20).map(({ path, message }) => `refused: ${path ?? 'the rest'}: ${message}`);
  if (refused.length > notes.length)
    notes.push(`refused: ${refused.length - notes.length} more; inspect shows them all`);
  if (integrity.state === 'unverifiable') notes.push('integrity cannot be checked: it has no manifest.json');
  if (integrity.differences.length > 0)
    notes.push(`not as it was written, or not signed as asked: ${integrity.differences.slice(0, 5).join('; ')}`);
  if (manifest?.complete === false)
    notes.push(`incomplete: ${manifest.incompleteReason ?? 'collecting did not come to its end'}`);
  notes.push(...brokenCollections(manifest?.collections ?? []));
  return notes;
}

export function renderAnalyses(judged: readonly Judged[], format: 'human' | 'json' | 'yaml'): string {
  if (format !== 'human') {
    return renderDocument(
      { schemaVersion: 'hostbundle.analyze/v1', bundles: judged.map(({ analysis }) => analysis) },
      format,
    );
  }
  const style = createStyle(wantsColor(process.stdout));
  // One that could not be opened has its line on stderr.
  return judged
    .filter(({ analysis }) => analysis.error === null)
    .map(({ analysis, place }) => {
      const notes = analysis.notes.map((note) => `! ${printableLine(note)}\n`).join('');
      return notes + renderFindings(analysis, place, style);
    })
    .join('\n');
}
