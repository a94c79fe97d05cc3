import type { KeyObject } from 'node:crypto';
import type { BundleFile, OpenedBundle, Refusal } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import { type ContentEntry, type Contents, type FileEntry, type Keeping, refuseFilesAsFolders } from './contents.ts';
import { judgeIntegrity } from './integrity.ts';
import { resolveLink } from './links.ts';
import { type ManifestReading, readManifest } from './manifest-reader.ts';
import { oddNames } from './names.ts';
import { inBytes, quoted, type Refuse, refusals, theLimit } from './refusal.ts';
import { findRoot } from './root.ts';
import type { TarEnd } from './tar-reader.ts';

export interface Unpacked extends TarEnd {
  readonly source: string;
  readonly contents: Contents;
  /** What was passed over while reading, named from the top. */
  readonly refused: readonly Refusal[];
  /** Null for a folder. */
  readonly sizeBytes: number | null;
  /** Reads it once more to keep other files; absent for a stream, which comes by only once. */
  readonly again?: (keep: Keeping['keep']) => Promise<Contents>;
  /** The same for a visitor, once it is open. */
  readonly pass?: (visiting: Partial<Keeping>) => Promise<Contents>;
}

/** Where a path of the bundle really stands: for a link, the file that it leads to. */
interface Located {
  /** From the top, the root folder's name still in it. */
  readonly place: string;
  readonly file: FileEntry;
}

type Warning = readonly [says: string, example: string];

export async function assemble(
  unpacked: Unpacked,
  keeping: Keeping & { readonly keys?: readonly KeyObject[] },
  refuse: Refuse,
): Promise<OpenedBundle> {
  const { source, contents, sizeBytes, hasEndMark, isUntouched } = unpacked;
  const clashes = refusals(keeping.keepGoing ?? false);
  refuseFilesAsFolders(contents.entries, refuse, clashes);
  const all = withoutRefused(contents.entries, [...unpacked.refused, ...clashes.list]);
  const root = findRoot(all, unpacked.refused.length > 0, refuse);
  const refused = [...unpacked.refused, ...clashes.list].map((refusal) => fromRoot(refusal, root));
  const entries = belowRoot(all, root);
  const warnings: Warning[] = [...oddNames(entries.keys())].map(([says, path]) => [`A name ${says}`, quoted(path)]);

  const located = locate(all, entries, root, warnings);
  const content = await holdContent(unpacked, located, keeping, warnings);
  const { pass } = unpacked;
  const manifest = await manifestOf(entries, content, keeping, refuse);
  if (!manifest && entries.has(layout.spec)) {
    warnings.push(['Missing, though a spec.yaml is there as in bundles of hostbundle', quoted(layout.manifest)]);
  }
  const integrity = judgeIntegrity({
    entries,
    manifest,
    manifestBytes: entries.get(layout.manifest)?.kind === 'file' ? content.get(layout.manifest) : undefined,
    signatureBytes: entries.get(layout.signature)?.kind === 'file' ? content.get(layout.signature) : undefined,
    keys: keeping.keys ?? [],
    isFolder: sizeBytes === null,
    hasEndMark,
    isUntouched,
    isRefused: refused.length > 0,
    limits: keeping.limits,
  });

  return {
    source,
    root,
    sizeBytes,
    files: filesOf(located),
    manifest: manifest && 'manifest' in manifest ? manifest.manifest : null,
    integrity,
    refused,
    warnings: counted(warnings),
    read: (path) => content.get(path.normalize('NFC')),
    ...(pass !== undefined && { pass: passOver(pass, source, located, refuse) }),
  };
}

/** A visit to the content of every file, by the paths at which it stands. */
function passOver(
  pass: (visiting: Partial<Keeping>) => Promise<Contents>,
  source: string,
  located: ReadonlyMap<string, Located>,
  refuse: Refuse,
): NonNullable<OpenedBundle['pass']> {
  const at = new Map<string, BundleFile[]>();
  for (const [path, { place, file }] of located) {
    at.set(place, [...(at.get(place) ?? []), { path, size: file.size, sha256: file.sha256 }]);
  }
  return async ({ visit, between, observe }) => {
    const { entries } = await pass({
      keep: () => false,
      ...(between !== undefined && { between }),
      ...(observe !== undefined && { observe }),
      visit(place, size) {
        const sinks = (at.get(place) ?? []).flatMap((file) => (file.size === size ? (visit(file) ?? []) : []));
        return {
          write(piece) {
            for (const sink of sinks) sink.write(piece);
          },
          end() {
            for (const sink of sinks) sink.end();
          },
        };
      },
    });
    for (const { place, file } of located.values()) {
      if (!isSame(entries.get(place), file)) throw refuse('changed', `${source} changed while it was read`);
    }
  };
}

/** A path of which anything was refused is nobody's: which of its entries counts is what readers would disagree on. */
function withoutRefused(
  entries: ReadonlyMap<string, ContentEntry>,
  refused: readonly Refusal[],
): ReadonlyMap<string, ContentEntry> {
  if (refused.length === 0) return entries;
  const paths = new Set(refused.map(({ path }) => path));
  return new Map([...entries].filter(([path]) => !ancestors(path).some((place) => paths.has(place))));
}

/** The path itself and every folder above it. */
function ancestors(path: string): readonly string[] {
  const segments = path.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

function fromRoot(refusal: Refusal, root: string): Refusal {
  const { path } = refusal;
  return root !== '' && path?.startsWith(`${root}/`) ? { ...refusal, path: path.slice(root.length + 1) } : refusal;
}

function belowRoot(entries: ReadonlyMap<string, ContentEntry>, root: string): ReadonlyMap<string, ContentEntry> {
  if (root === '') return entries;
  const below = [...entries].filter(([path]) => path !== root);
  return new Map(below.map(([path, entry]) => [path.slice(root.length + 1), entry]));
}

function locate(
  all: ReadonlyMap<string, ContentEntry>,
  entries: ReadonlyMap<string, ContentEntry>,
  root: string,
  warnings: Warning[],
): ReadonlyMap<string, Located> {
  const located = new Map<string, Located>();
  for (const [path, entry] of entries) {
    if (entry.kind === 'folder') continue;
    const { place, file, reason } = resolveLink(root === '' ? path : `${root}/${path}`, all);
    if (place !== undefined && file) located.set(path, { place, file });
    else warnings.push([`Ignored link, ${reason}`, quoted(path)]);
  }
  return located;
}

/** The bytes behind each path that is to be kept; a link's target may have passed before the link was seen. */
async function holdContent(
  { contents, again }: Unpacked,
  located: ReadonlyMap<string, Located>,
  { keep, limits }: Keeping,
  warnings: Warning[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const wanted = [...located].filter(([path]) => path === layout.manifest || path === layout.signature || keep(path));
  const passed = new Set(wanted.map(([, { place }]) => place).filter((place) => isPassed(place, contents)));
  const late = passed.size > 0 && again ? await again((path) => passed.has(path)) : undefined;

  const content = new Map<string, Uint8Array>();
  for (const [path, { place, file }] of wanted) {
    const bytes =
      contents.held.get(place) ?? (isSame(late?.entries.get(place), file) ? late?.held.get(place) : undefined);
    if (bytes) content.set(path, bytes);
    else warnings.push([whyUnheld(contents.unheld.get(place) ?? late?.unheld.get(place), limits), quoted(path)]);
  }
  return content;
}

function isPassed(place: string, { held, unheld }: Contents): boolean {
  return !held.has(place) && !unheld.has(place);
}

function isSame(entry: ContentEntry | undefined, file: FileEntry): boolean {
  return entry?.kind === 'file' && entry.sha256 === file.sha256;
}

function whyUnheld(limit: 'documentBytes' | 'heldBytes' | undefined, limits: Keeping['limits']): string {
  if (limit === undefined) return 'Not read, for the link that leads there came after it';
  const what = limit === 'documentBytes' ? 'too large to be held' : 'with it, too much would be held';
  return `Not read, ${what} (${theLimit(limit, limits)})`;
}

async function manifestOf(
  entries: ReadonlyMap<string, ContentEntry>,
  content: ReadonlyMap<string, Uint8Array>,
  { limits }: Keeping,
  refuse: Refuse,
): Promise<ManifestReading | undefined> {
  const entry = entries.get(layout.manifest);
  if (!entry) return undefined;
  if (entry.kind !== 'file') return { problem: `it is a ${entry.kind}` };
  const bytes = content.get(layout.manifest);
  if (bytes) return readManifest(bytes, limits, refuse);
  return { problem: `it holds ${inBytes(entry.size)}; ${theLimit('documentBytes', limits)}` };
}

function filesOf(located: ReadonlyMap<string, Located>): ReadonlyMap<string, BundleFile> {
  const files = [...located].map(([path, { file }]) => ({ path, size: file.size, sha256: file.sha256 }));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return new Map(files.map((file) => [file.path, file]));
}

/** One sentence for each kind: a hostile bundle has a hundred thousand of one kind. */
function counted(warnings: readonly Warning[]): readonly string[] {
  const kinds = new Map<string, { count: number; readonly first: string }>();
  for (const [says, example] of warnings) {
    const kind = kinds.get(says);
    if (kind) kind.count++;
    else kinds.set(says, { count: 1, first: example });
  }
  return [...kinds].map(([says, { count, first }]) =>
    count === 1 ? `${says}: ${first}` : `${says}: ${count}, the first is ${first}`,
  );
}
