import { createHash } from 'node:crypto';
import type { Entry } from '../contract/bundle.ts';
import { type Manifest, manifestVersion } from '../contract/manifest.ts';

/** All of a manifest but what the writer itself knows: the files. */
export type ManifestFacts = Omit<Manifest, 'schemaVersion' | 'files'>;

const mediaTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  txt: 'text/plain',
};

/** The manifest for these entries, which stand in the archive in this order. */
export function manifestFor(facts: ManifestFacts, entries: readonly Entry[]): Manifest {
  return {
    schemaVersion: manifestVersion,
    ...facts,
    files: entries.map(({ path, bytes, masked = [], omittedBytes, withheld }) => ({
      path,
      size: bytes.length,
      sha256: sha256(bytes),
      mediaType: mediaTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      redactions: masked.reduce((sum, { count }) => sum + count, 0),
      ...(withheld !== undefined && { withheld }),
      ...(omittedBytes !== undefined && { omittedBytes }),
    })),
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
