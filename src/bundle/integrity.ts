import type { KeyObject } from 'node:crypto';
import type { Integrity } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import type { Limits } from '../contract/limits.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { ContentEntry } from './contents.ts';
import { normalPath } from './names.ts';
import { outOfPlace } from './order.ts';
import { quoted } from './refusal.ts';
import { judgeSignature } from './signature.ts';
import type { TarEnd } from './tar-reader.ts';

export interface Evidence extends TarEnd {
  /** By path from the root, in the order in which they stand. */
  readonly entries: ReadonlyMap<string, ContentEntry>;
  /** Undefined without manifest.json. */
  readonly manifest: { readonly manifest: Manifest } | { readonly problem: string } | undefined;
  /** Content of these two, as far as it is held. */
  readonly manifestBytes: Uint8Array | undefined;
  readonly signatureBytes: Uint8Array | undefined;
  /** Public keys, one of which must have signed the manifest; empty: nobody has to. */
  readonly keys: readonly KeyObject[];
  readonly isFolder: boolean;
  /** Whether anything of it was refused and passed over. */
  readonly isRefused: boolean;
  readonly limits: Limits;
}

/** R6: a bundle is whole only if nothing is missing, nothing differs, and nothing is there that is not listed. */
export function judgeIntegrity(evidence: Evidence): Integrity {
  const { entries, manifest, hasEndMark, isUntouched, isRefused } = evidence;
  const end = hasEndMark ? [] : ['the archive has no end mark: it may be cut short'];
  const { problem, ...signature } = judgeSignature({
    bytes: entries.has(layout.signature) ? (evidence.signatureBytes ?? null) : undefined,
    manifest: evidence.manifestBytes,
    keys: evidence.keys,
  });
  if (!manifest) {
    const left = signature.state === 'absent' ? [] : [`${layout.signature} is there, but no manifest.json`];
    const differences = [...end, ...left];
    return { state: isRefused || differences.length > 0 ? 'broken' : 'unverifiable', differences, signature };
  }
  const between = isUntouched ? [] : ['the archive was changed between its files: a writer leaves other bytes there'];
  const differences = [
    ...end,
    ...between,
    ...(problem === undefined ? [] : [problem]),
    ...orderDifferences(evidence),
    ...manifestDifferences(evidence),
  ];
  return { state: isRefused || differences.length > 0 ? 'broken' : 'sound', differences, signature };
}

function orderDifferences({ entries, manifest, isFolder }: Evidence): readonly string[] {
  if (isFolder) return [];
  const paths = [...entries.keys()];
  const end = paths.slice(paths.includes(layout.signature) ? -2 : -1);
  const listed = manifest && 'manifest' in manifest ? manifest.manifest.files.map(({ path }) => path) : [];
  return [
    ...(end[0] === layout.manifest ? [] : ['manifest.json is not the last entry']),
    ...(end.length === 1 || end[1] === layout.signature ? [] : [`${layout.signature} does not stand right behind it`]),
    ...outOfPlace(paths, listed).map((path) => `${quoted(path)} stands elsewhere than manifest.json says`),
  ];
}

function manifestDifferences({ entries, manifest, limits }: Evidence): readonly string[] {
  if (!manifest) return [];
  if ('problem' in manifest) return [`manifest.json cannot be used: ${manifest.problem}`];
  const listed = new Set<string>();
  const differences: string[] = [];
  for (const file of manifest.manifest.files) {
    const normal = normalPath(file.path, false, limits);
    const path = 'path' in normal ? normal.path : undefined;
    if (path === undefined || isUnlisted(path) || listed.has(path)) {
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
    .filter(([path, { kind }]) => kind !== 'folder' && !isUnlisted(path) && !listed.has(path))
    .map(([path]) => `${quoted(path)} is not listed in manifest.json`);
}

/** What a manifest cannot list: itself, and the signature of its bytes. */
function isUnlisted(path: string): boolean {
  return path === layout.manifest || path === layout.signature;
}

function specDifferences(entries: ReadonlyMap<string, ContentEntry>, { spec }: Manifest): readonly string[] {
  const entry = entries.get(layout.spec);
  if (entry?.kind !== 'file' || spec.sha256 === '' || entry.sha256 === spec.sha256.toLowerCase()) return [];
  return ['spec.yaml is not the spec that manifest.json says was run'];
}
