import type { Limits } from '../contract/limits.ts';
import { inBytes, quoted, type Refuse, theLimit } from './refusal.ts';

export type NormalPath = { readonly path: string } | { readonly problem: string };

/**
 * The one place where a name becomes a path: one leading `./` stripped, a folder's trailing slash stripped, Unicode
 * NFC. A problem when it is no name that every reader takes for the same place. Empty is the top folder itself.
 */
export function normalPath(name: string, isFolder: boolean, limits: Limits): NormalPath {
  if (!isFolder && isPlain(name, limits)) return { path: name };
  const problem = unfit(name, limits);
  if (problem) return { problem };
  const stripped = name.startsWith('./') ? name.slice(2) : name;
  const path = isFolder ? stripped.replace(/\/$/, '') : stripped;
  if (isFolder && (path === '' || path === '.')) return { path: '' };
  for (const segment of path.split('/')) {
    const wrong = unfitSegment(segment, limits);
    if (wrong) return { problem: wrong };
  }
  return { path: path.normalize('NFC') };
}

export function requirePath(name: string, isFolder: boolean, limits: Limits, refuse: Refuse): string {
  const normal = normalPath(name, isFolder, limits);
  if ('path' in normal) return normal.path;
  throw refuse('bad-name', `the bundle holds an entry named ${quoted(name)}: ${normal.problem}`);
}

const plain = /^[a-z0-9][a-z0-9_.-]*(?:\/[a-z0-9][a-z0-9_.-]*)*$/i;

/** Nearly every name there is, told by one look: nothing that is asked below can be wrong with it. */
function isPlain(name: string, { pathBytes, pathSegments, segmentBytes }: Limits): boolean {
  return name.length <= Math.min(pathBytes, pathSegments, segmentBytes) && plain.test(name);
}

const controlOrBidi = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

function unfit(name: string, limits: Limits): string | undefined {
  const bytes = Buffer.byteLength(name);
  if (bytes > limits.pathBytes) return `it is ${inBytes(bytes)} long; ${theLimit('pathBytes', limits)}`;
  const segments = name.split('/').length;
  if (segments > limits.pathSegments) {
    return `it has ${segments} parts; ${theLimit('pathSegments', limits)}`;
  }
  if (name.startsWith('/')) return 'it is absolute';
  if (name.includes('\\')) return 'a backslash is a separator on some systems';
  if (/^(?:\.\/)?[A-Za-z]:/.test(name)) return 'it begins with a drive letter';
  if (controlOrBidi.test(name)) return 'it holds a control character or one that turns the direction of text';
  return undefined;
}

function unfitSegment(segment: string, limits: Limits): string | undefined {
  if (segment === '') return 'it has an empty part';
  if (segment === '.') return 'it has a part "."';
  if (segment === '..') return 'it leaves its folder with ".."';
  const bytes = Buffer.byteLength(segment);
  if (bytes > limits.segmentBytes) return `a part of it is ${inBytes(bytes)} long; ${theLimit('segmentBytes', limits)}`;
  return undefined;
}

interface Oddity {
  readonly matches: RegExp;
  readonly says: string;
}

/** Honest on Linux, trouble elsewhere. */
const oddities: readonly Oddity[] = [
  { matches: /:/, says: 'with a colon, which Windows cannot unpack' },
  { matches: /[. ](?:\/|$)/, says: 'with a dot or blank at the end of a part, which Windows drops' },
  {
    matches: /(?:^|\/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/]*)?(?:\/|$)/i,
    says: 'with a part that is a device on Windows',
  },
  { matches: /\ufffd/, says: 'that is not UTF-8' },
];

/** Each odd name with what is odd about it. */
export function* oddNames(paths: Iterable<string>): Generator<readonly [says: string, path: string]> {
  const lowered = new Set<string>();
  for (const path of paths) {
    for (const { matches, says } of oddities) if (matches.test(path)) yield [says, path];
    const lower = path.toLowerCase();
    if (lowered.has(lower)) yield ['that differs from another only in case', path];
    lowered.add(lower);
  }
}
