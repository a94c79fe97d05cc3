import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { openBundle } from '../../bundle/open.ts';
import { keyId } from '../../bundle/signature.ts';
import type { OpenedBundle, StoredEntry } from '../../contract/bundle.ts';
import { layout } from '../../contract/layout.ts';
import type { Limits } from '../../contract/limits.ts';
import { refusal } from '../../contract/problem.ts';
import { openSpool } from '../../disk/spool.ts';
import type { Redaction } from '../../redact/redaction.ts';
import { withheldOf } from '../../redact/report.ts';
import { renderDocument } from '../../report/document.ts';
import { printableLine } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { type FactsBefore, factsOf, redactionWasOff, withReport } from '../gathered.ts';
import { namedCollection } from '../keeper.ts';
import { readIdentities, readSeal, type SealOptions } from '../key-files.ts';
import { boundNewSpace } from '../memory.ts';
import { writeErr, writeOut } from '../output.ts';
import { loadRedactors, type RedactionArguments, redactionFor } from '../redaction-options.ts';
import { maskedBefore, redactFiles } from '../rewrite.ts';
import { bundleTarget } from '../target.ts';
import { withWorkspace } from '../temporary.ts';
import { tool } from '../version.ts';
import { writeEntries } from '../write.ts';
import { renderPlace } from './collect.ts';

export interface RedactOptions extends SealOptions, Omit<RedactionArguments, 'redact'> {
  readonly output?: string | undefined;
  readonly format: 'human' | 'json' | 'yaml';
  /** Files of age identities. */
  readonly identity: readonly string[];
  readonly limits: Limits;
}

/** What this command writes itself. */
const made: ReadonlySet<string> = new Set([layout.manifest, layout.signature, layout.redactionReport]);

/** A new bundle of an existing one, with every file through redaction once more; the old one stays as it is. */
export async function redact(source: string, options: RedactOptions): Promise<number> {
  if (source === '-' || options.output === '-') {
    const message = 'redact reads a bundle twice and writes a file: it takes a file or a folder, not "-"';
    throw refusal('arguments', message);
  }
  boundNewSpace();
  const seal = await readSeal(options);
  const { limits } = options;
  const decrypt = await readIdentities(options.identity);
  const isEncrypted = seal.recipients.length > 0;
  const kind = { isEncrypted, isRedacted: true, prefix: 'redacted-' };
  const target = await bundleTarget(options.output, new Date(), kind);
  const redaction = redactionFor({ ...options, redact: true }, [], await loadRedactors(options));
  try {
    const bundle = await openBundle(source, { limits, keep: () => false, decrypt });
    for (const warning of bundle.warnings) await writeErr(`warning: ${printableLine(`${source}: ${warning}`)}\n`);
    const digest = await digestOf(bundle);
    const begun = new Date().toISOString();
    return await withWorkspace(async (workspace) => {
      const spool = openSpool(await workspace.folder());
      try {
        const files = await redactFiles(bundle, (path) => !made.has(path), redaction, spool);
        const entries = withReport(files);
        const facts = factsOf(entries, factsFrom(bundle, digest, begun, redaction));
        const maxBytes = Number.POSITIVE_INFINITY;
        const written = await writeEntries(target, entries, facts, seal, { maxBytes, limits });
        const withheld = newlyWithheld(files, bundle);
        const counts = files.map(masksIn);
        const masked = counts.reduce((sum, count) => sum + count, 0);
        const touched = counts.filter((count) => count > 0).length;
        const place = options.output === undefined ? written.file : resolve(written.file);
        if (options.format === 'human') {
          const lines = [
            ...withheld.map(({ path, reason }) => `! ${path} is withheld: ${reason}`),
            `${masked} masked in ${touched} of ${files.length} files · ${renderPlace(place, written, seal)}`,
          ];
          await writeOut(lines.map((line) => `${printableLine(line)}\n`).join(''));
        } else {
          const document = {
            schemaVersion: 'hostbundle.redact/v1',
            bundle: place,
            sizeBytes: written.sizeBytes,
            sha256: written.sha256,
            signedBy: seal.signKey === undefined ? null : keyId(seal.signKey),
            encrypted: isEncrypted,
            source: { bundle: source, sha256: digest },
            masked,
            withheld,
          };
          await writeOut(renderDocument(document, options.format));
        }
        return withheld.length > 0 ? exitCodes.unknown : exitCodes.done;
      } finally {
        spool.close();
      }
    });
  } finally {
    redaction.close();
  }
}

/** What a user compares: of an archive as `sha256sum` has it, of a folder of what `sha256sum` prints for its files, sorted by path. */
async function digestOf({ source, sizeBytes, files }: OpenedBundle): Promise<string> {
  const hash = createHash('sha256');
  if (sizeBytes === null) for (const { path, sha256: digest } of files.values()) hash.update(`${digest}  ${path}\n`);
  else for await (const piece of createReadStream(source)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

/** How many this run masked. */
function masksIn({ masked = [] }: StoredEntry): number {
  return masked.reduce((sum, { rule, count }) => (rule === maskedBefore ? sum : sum + count), 0);
}

function newlyWithheld(files: readonly StoredEntry[], { manifest }: OpenedBundle) {
  const before = new Set(
    manifest?.files.flatMap(({ path, withheld = '', withheldMembers = [] }) => [
      ...(withheld === '' ? [] : [path]),
      ...withheldMembers.map((member) => member.path),
    ]),
  );
  return files.flatMap(withheldOf).filter(({ path }) => !before.has(path));
}

/** What the new manifest says: what the old one said, that it was made of it, and what that changed. */
function factsFrom(
  { manifest, integrity }: OpenedBundle,
  source: string,
  begun: string,
  redaction: Redaction & { close(): void },
): FactsBefore {
  const { text } = redaction;
  const changed = integrity.differences.map((difference) => text(difference));
  const identities = manifest?.redaction?.identities ?? 'off';
  const common = { tool, redaction: { ...redaction.facts, identities, source } };
  if (manifest === null) {
    return {
      ...common,
      created: begun,
      durationMs: 0,
      clockStepMs: null,
      host: { os: '', kernel: '', arch: '', hostname: '' },
      spec: { name: '' },
      complete: changed.length === 0,
      incompleteReason: changed.length === 0 ? null : `made of a bundle that is broken: ${changed.join('; ')}`,
      notes: ['made by redact of a bundle without a manifest: what was to be collected, and when, is not known'],
      collections: [],
    };
  }
  const before = manifest.incompleteReason;
  const broken = changed.length === 0 ? [] : [`made of a bundle that is broken: ${changed.join('; ')}`];
  const reasons = [...(before === null ? [] : [text(before)]), ...broken];
  const { created, durationMs, clockStepMs, host } = manifest;
  return {
    ...common,
    created: Number.isNaN(Date.parse(created)) ? begun : created,
    durationMs,
    clockStepMs,
    host: { os: text(host.os), kernel: text(host.kernel), arch: text(host.arch), hostname: text(host.hostname) },
    spec: { name: text(manifest.spec.name) },
    complete: manifest.complete && broken.length === 0,
    incompleteReason: reasons.length === 0 ? null : reasons.join('; '),
    notes: manifest.notes.filter((note) => note !== redactionWasOff).map((note) => text(note)),
    collections: manifest.collections.map((collection) => namedCollection(collection, redaction)),
  };
}
