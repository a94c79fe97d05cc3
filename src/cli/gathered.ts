import { type ManifestFacts, sha256 } from '../bundle/manifest.ts';
import type { Entry, StoredEntry } from '../contract/bundle.ts';
import { type Analysis, brokenCollections, type Finding, summarize } from '../contract/finding.ts';
import { layout } from '../contract/layout.ts';
import type { Masking, MaskLevel } from '../redact/identities/masking.ts';
import type { Redaction } from '../redact/redaction.ts';
import { redactionCounts, renderReport, withheldOf } from '../redact/report.ts';
import { withheldContent } from '../redact/withheld.ts';
import { namedCollection } from './keeper.ts';

/** What is known of a bundle before its files are. */
export type FactsBefore = Omit<ManifestFacts, 'spec' | 'redaction'> & {
  readonly spec: Pick<ManifestFacts['spec'], 'name'>;
  readonly redaction?: Omit<NonNullable<ManifestFacts['redaction']>, 'masked' | 'withheld'>;
};

/** Everything that a bundle will hold, and what it amounts to. */
export interface Gathered {
  readonly findings: readonly Finding[];
  readonly analysis: Pick<Analysis, 'verdict' | 'counts' | 'findings' | 'notes'>;
  /** Redacted and sorted. */
  readonly entries: readonly Entry[];
  readonly facts: ManifestFacts;
}

/** What is kept of a run: with stand-ins for identities, if they are to be masked. Everything was judged before. */
export function assembled(
  known: FactsBefore,
  judged: readonly Finding[],
  files: readonly Entry[],
  redaction: Redaction,
): Gathered {
  const { masking, isOff } = redaction;
  // First of all: the files tell whom to look for in what is said of them.
  const entries = withReport(redaction.mask(files));
  const findings = masking === undefined ? judged : judged.map((finding) => maskedFinding(finding, masking));
  const facts = masking === undefined ? known : maskedFacts(known, masking);
  const maskRemarks = [
    ...(masking === undefined ? [] : [maskNote(masking.level)]),
    ...(masking?.hasCommon === true ? ['a name of this host is a common word, and is left where it stands alone'] : []),
  ];
  const remarks = [...(isOff ? [`${redactionWasOff}: secrets are in it as they were found`] : []), ...maskRemarks];
  const faults = [
    ...(facts.incompleteReason === null ? [] : [`incomplete: ${facts.incompleteReason}`]),
    ...entries.flatMap(withheldOf).map(({ path, reason }) => `${path} is withheld: ${reason}`),
    ...brokenCollections(facts.collections),
  ];
  return {
    findings,
    analysis: { ...summarize(findings, faults.length === 0), findings, notes: [...remarks, ...faults] },
    entries,
    facts: factsOf(entries, {
      ...facts,
      notes: [...(facts.notes ?? []), ...(isOff ? [redactionWasOff] : []), ...maskRemarks],
      redaction: { ...redaction.facts, source: null },
    }),
  };
}

/** Files in the order of the archive, with the report on their redaction. */
export function withReport<E extends Entry | StoredEntry>(files: readonly E[]): readonly (E | Entry)[] {
  const report = { path: layout.redactionReport, bytes: Buffer.from(renderReport(files)) };
  return [...files, report].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The same with what the manifest says of these very files. */
export function factsOf(
  files: readonly (Entry | StoredEntry)[],
  { redaction, spec, ...facts }: FactsBefore,
): ManifestFacts {
  const file = files.find(({ path }) => path === layout.spec);
  const digest = file === undefined ? '' : 'bytes' in file ? sha256(file.bytes) : file.sha256;
  return {
    ...facts,
    ...(redaction && { redaction: { ...redaction, ...redactionCounts(files) } }),
    spec: { ...spec, sha256: digest },
  };
}

/** A note in the manifest, which is no longer true of a bundle that is made of this one by `redact`. */
export const redactionWasOff = 'redaction was off';

/** What was gathered, less the files that a person did not want in the bundle. */
export function withhold(gathered: Gathered, paths: ReadonlySet<string>): Gathered {
  if (paths.size === 0) return gathered;
  const { findings, analysis, facts } = gathered;
  const withheld = 'by the reviewer';
  const left = (entry: Entry): Entry =>
    paths.has(entry.path) ? { path: entry.path, bytes: withheldContent(entry.path, withheld), withheld } : entry;
  const kept = gathered.entries.map(left);
  const entries = paths.has(layout.redactionReport)
    ? kept
    : withReport(kept.filter(({ path }) => path !== layout.redactionReport));
  const notes = [...analysis.notes, ...[...paths].map((path) => `${path} is withheld: ${withheld}`)];
  return {
    findings,
    analysis: { ...analysis, ...summarize(findings, false), notes },
    entries,
    facts: factsOf(entries, facts),
  };
}

/** For whoever reads a bundle or its report. */
export function maskNote(level: MaskLevel): string {
  const which = level === 'all' ? 'addresses and names' : 'public addresses and names';
  return `${which} in it are stand-ins (--mask ${level})`;
}

function maskedFinding({ type, verdict, evidence, ...said }: Finding, { data, path }: Masking): Finding {
  const masked = evidence && { path: path(evidence.path), values: data(evidence.values) };
  return { ...data(said), type, verdict, evidence: masked };
}

function maskedFacts(facts: FactsBefore, { text, path, level }: Masking): FactsBefore {
  const { collections, notes, host, spec, incompleteReason } = facts;
  const hostname = host?.hostname;
  // The name may be a word that is left alone elsewhere.
  const shown = hostname === undefined || (level === 'all' && text(hostname) === hostname) ? '' : text(hostname);
  return {
    ...facts,
    collections: collections.map((collection) => namedCollection(collection, { text, path })),
    notes: notes?.map(text),
    host: { ...host, hostname: shown },
    spec: { ...spec, name: text(spec?.name ?? '') },
    incompleteReason: typeof incompleteReason === 'string' ? text(incompleteReason) : incompleteReason,
  } as FactsBefore;
}
