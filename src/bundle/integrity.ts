import type { Integrity } from '../contract/bundle.ts';
import type { Limits } from '../contract/limits.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { ContentEntry } from './contents.ts';
import { normalPath } from './names.ts';
import { quoted } from './refusal.ts';
import type { TarEnd } from './tar-reader.ts';

export interface Evidence extends TarEnd {
  /** By path from the root, in the order in which they stand. */
  readonly entries: ReadonlyMap<string, ContentEntry>;
  /** Undefined without manifest.json. */
  readonly manifest: { readonly manifest: Manifest } | { readonly problem: string } | undefined;
  readonly isFolder: boolean;
  readonly limits: Limits;
}

/** R6: a bundle is whole only if nothing is missing, nothing differs, and nothing is there that is not listed. */
export function judgeIntegrity(evidence: Evidence): Integrity {
  const { manifest, hasEndMark, isUntouched } = evidence;
  const end = hasEndMark ? [] : ['the archive has no end mark: it may be cut short'];
  if (!manifest) return { state: end.length > 0 ? 'broken' : 'unverifiable', differences: end };
  const between = isUntouched ? [] : ['the archive was changed between its files: a writer leaves other bytes there'];
  const differences = [...end, ...between, ...orderDifferences(evidence), ...manifestDifferences(evidence)];
  return { state: differences.length > 0 ? 'broken' : 'sound', differences };
}

function orderDifferences({ entries, isFolder }: Evidence): readonly string[] {
  if (isFolder || [...entries.keys()].at(-1) === 'manifest.json') return [];
  return ['manifest.json is not the last entry'];
}

function manifestDifferences({ entries, manifest, limits }: Evidence): readonly string[] {
  if (!manifest) return [];
  if ('problem' in manifest) return [`manifest.json cannot be used: ${manifest.problem}`];
  const listed = new Set<string>();
  const differences: string[] = [];
  for (const file of manifest.manifest.files) {
    const normal = normalPath(file.path, false, limits);
    const path = 'path' in normal ? normal.path : undefined;
    if (path === undefined || path === 'manifest.json' || listed.has(path)) {
      const what = path !== undefined && listed.has(path) ? 'twice' : 'which cannot be the path of a listed file';
      differences.push(`manifest.json lists ${quoted(file.path)}${path === undefined ? ',' : ''} ${what}`);
      continue;
    }
    listed.add(path);
    const difference = fileDifference(entries.get(path), file);
    if (difference !== undefined) differences.push(`${quoted(path)} ${difference}`);
  }
  return [...differences, ...unlisted(entries, listed), ...specDifferences(entries, manifest.manifest)];
}

function fileDifference(entry: ContentEntry | undefined, file: Manifest['files'][number]): string | undefined {
  if (!entry) return 'is listed in manifest.json but missing';
  if (entry.kind !== 'file') return `is listed in manifest.json as a file but is a ${entry.kind}`;
  if (entry.size !== file.size) return `holds ${entry.size} bytes, and manifest.json says ${file.size}`;
  if (entry.sha256 !== file.sha256.toLowerCase())
    return 'differs from what manifest.json says: its content was changed';
  return undefined;
}

function unlisted(entries: ReadonlyMap<string, ContentEntry>, listed: ReadonlySet<string>): readonly string[] {
  return [...entries]
    .filter(([path, { kind }]) => kind !== 'folder' && path !== 'manifest.json' && !listed.has(path))
    .map(([path]) => `${quoted(path)} is not listed in manifest.json`);
}

function specDifferences(entries: ReadonlyMap<string, ContentEntry>, { spec }: Manifest): readonly string[] {
  const entry = entries.get('spec.yaml');
  if (entry?.kind !== 'file' || spec.sha256 === '' || entry.sha256 === spec.sha256.toLowerCase()) return [];
  return ['spec.yaml is not the spec that manifest.json says was run'];
}
