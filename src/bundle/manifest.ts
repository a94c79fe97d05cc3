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

/** As JSON, a line for each key and for each record of a list: to be read, searched and compared, and never held as one text. */
export function renderManifest(manifest: Manifest): Buffer {
  const pieces: Buffer[] = [];
  let text = '{';
  for (const [index, [key, value]] of Object.entries(manifest).entries()) {
    text += `${index === 0 ? '' : ','}\n  ${JSON.stringify(key)}: `;
    if (!Array.isArray(value) || value.length === 0) {
      text += JSON.stringify(value);
      continue;
    }
    for (const [at, record] of value.entries()) {
      text += `${at === 0 ? '[' : ','}\n    ${JSON.stringify(record)}`;
      if (text.length < pieceLength) continue;
      pieces.push(Buffer.from(text));
      text = '';
    }
    text += '\n  ]';
  }
  return Buffer.concat([...pieces, Buffer.from(`${text}\n}\n`)]);
}

const pieceLength = 64 * 1024;

export function sha256(bytes: Uint8Array): string {
  // Leaves nothing to collect: ten thousand hash objects are megabytes that V8 does not know of.
  return hash('sha256', bytes, 'hex');
}
