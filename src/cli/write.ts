import { encryptionFor } from '../bundle/age.ts';
import { shrink } from '../bundle/fit.ts';
import { type ManifestFacts, manifestFor } from '../bundle/manifest.ts';
import { BundleTooLarge, type Written, writeBundle } from '../bundle/write.ts';
import type { Entry, StoredEntry } from '../contract/bundle.ts';
import { type Limits, limits as usualLimits } from '../contract/limits.ts';
import { partialName } from '../disk/temporary.ts';
import type { Gathered } from './gathered.ts';
import type { Seal } from './key-files.ts';
import { writeErr } from './output.ts';
import { withTemporary } from './temporary.ts';

/** The last stage: what was gathered as one file, whole or not at all. */
export async function write(file: string, gathered: Gathered, seal: Seal, maxBytes: number): Promise<Written> {
  const { facts } = gathered;
  let { entries } = gathered;
  for (let limit = maxBytes; ; ) {
    try {
      return await writeEntries(file, entries, facts, seal, { maxBytes: limit });
    } catch (error) {
      if (!(error instanceof BundleTooLarge)) throw error;
      const smaller = shrink(entries, maxBytes / error.sizeBytes);
      if (smaller !== undefined) {
        entries = smaller;
        continue;
      }
      // What is left are results: rather a bundle that is too large than one without them.
      limit = Number.POSITIVE_INFINITY;
      await writeErr(
        'warning: the bundle is larger than --max-bundle-size, and holds nothing more that could be cut\n',
      );
    }
  }
}

/** Redacted entries in the order given; `limits` are those of whoever is to open it. */
export function writeEntries(
  file: string,
  entries: readonly (Entry | StoredEntry)[],
  facts: ManifestFacts,
  { signKey, recipients }: Seal,
  { maxBytes, limits = usualLimits }: { readonly maxBytes: number; readonly limits?: Limits },
): Promise<Written> {
  const partial = partialName(file);
  const manifest = manifestFor(facts, entries);
  return withTemporary(partial, () =>
    writeBundle(file, entries, manifest, {
      partial,
      maxBytes,
      mtime: entryTime(facts.created),
      limits,
      signKey,
      encryption: recipients.length === 0 ? undefined : encryptionFor(recipients),
    }),
  );
}

/** The moment that every entry bears: SOURCE_DATE_EPOCH when set (https://reproducible-builds.org), else the run's start. */
function entryTime(created: string): Date {
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? '';
  const ms = /^\d{1,11}$/.test(epoch) ? Number(epoch) * 1000 : Date.parse(created);
  return new Date(Math.floor(ms / 1000) * 1000);
}
