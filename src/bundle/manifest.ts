import { hash } from 'node:crypto';
import type { Entry, StoredEntry } from '../contract/bundle.ts';
import { type Manifest, manifestVersion } from '../contract/manifest.ts';

/** All of a manifest but what the writer itself knows: the files. */
export type ManifestFacts = Omit<Manifest, 'schemaVersion' | 'files'>;

const mediaTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  txt: 'text/plain',
};

/** The manifest for these entries, which stand in the archive in this order. */
export function manifestFor(facts: ManifestFacts, entries: readonly (Entry | StoredEntry)[]): Manifest {
  return {
    schemaVersion: manifestVersion,
    ...facts,
    files: entries.map(({ path, masked = [], omittedBytes, withheld, withheldMembers, ...content }) => ({
      path,
      size: 'bytes' in content ? content.bytes.length : content.size,
      sha256: 'bytes' in content ? sha256(content.bytes) : content.sha256,
      mediaType: mediaTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      redactions: masked.reduce((sum, { count }) => sum + count, 0),
      ...(withheld !== undefined && { withheld }),
      ...(withheldMembers !== undefined && { withheldMembers }),
      ...(omittedBytes !== undefined && { omittedBytes }),
    })),
  };
}

export function sha256(bytes: Uint8Array): string {
  // Leaves nothing to collect: ten thousand hash objects are megabytes that V8 does not know of.
  return hash('sha256', bytes, 'hex');
}
