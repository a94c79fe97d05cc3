import type { BundleFile, ContentSink, Entry, OpenedBundle, StoredEntry } from '../contract/bundle.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Spool, SpoolWriter } from '../disk/spool.ts';
import { contentOf } from '../redact/content.ts';
import type { Passage } from '../redact/passage.ts';
import type { Redaction } from '../redact/redaction.ts';
import { withheldContent } from '../redact/withheld.ts';
import { growNewSpaceLittle } from './memory.ts';

/** Larger files are never held. */
const wholeBytes = 16 * 1024 * 1024;
/** And larger ones only where something has to see the whole: what is no plain text, JSON, a redactor of a spec. */
const plainBytes = 2 * 1024 * 1024;
/** Told by so much of its beginning. */
const headBytes = 64 * 1024;

/** What an entry says of itself beside its content. */
type About = Omit<Entry, 'bytes'>;

/**
 * Every file of a bundle through redaction, in two sweeps as when collecting: what is found in the last is masked in the first.
 * What is not in `wanted` is left out.
 */
export async function redactFiles(
  { pass, manifest }: OpenedBundle,
  wanted: (path: string) => boolean,
  redaction: Redaction,
  spool: Spool,
): Promise<readonly StoredEntry[]> {
  if (pass === undefined) throw new TypeError('a stream comes by only once');
  const known = new Map(manifest?.files.map((file) => [file.path, file]));
  const first: StoredEntry[] = [];
  const passed = new Set<string>();
  const waiting: { readonly about: About; readonly bytes: Uint8Array }[] = [];

  function visit(file: BundleFile): ContentSink | undefined {
    if (!wanted(file.path)) return undefined;
    const about = aboutOf(file.path, known.get(file.path), redaction);
    if (file.size > wholeBytes) return passing(about);
    return file.size > plainBytes && !file.path.endsWith('.json') && !redaction.needsWhole(file.path)
      ? decided(about, file.size)
      : held(about, file.size);
  }

  /** Text passes, whatever else is held. */
  function decided(about: About, size: number): ContentSink {
    const head: Buffer[] = [];
    let taken = 0;
    let sink: ContentSink | undefined;
    return {
      write(piece) {
        if (sink !== undefined) return sink.write(piece);
        head.push(Buffer.from(piece));
        taken += piece.length;
        if (taken < headBytes) return;
        const bytes = Buffer.concat(head);
        sink = contentOf(bytes) === 'text' ? passing(about) : held(about, size);
        sink.write(bytes);
      },
      end: () => sink?.end(),
    };
  }

  function held(about: About, size: number): ContentSink {
    const bytes = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    return {
      write(piece) {
        bytes.set(piece, filled);
        filled += piece.length;
      },
      end: () => void waiting.push({ about, bytes }),
    };
  }

  function passing(about: About): ContentSink {
    passed.add(about.path);
    const passage = redaction.passage(about.path);
    const output = spool.begin();
    return {
      write(piece) {
        for (const masked of passage.write(piece)) output.write(masked);
      },
      end: () => void first.push(ended(about, about, passage, output)),
    };
  }

  function ended(about: About, before: About, passage: Passage, output: SpoolWriter): StoredEntry {
    const passed = passage.end();
    if ('withheld' in passed) {
      return store({ ...about, ...passed, bytes: withheldContent(about.path, passed.withheld) });
    }
    for (const piece of passed.pieces) output.write(piece);
    return { ...about, ...together(before, passed), ...output.end() };
  }

  function store({ bytes, ...about }: Entry): StoredEntry {
    const output = spool.begin();
    output.write(bytes);
    return { ...about, ...output.end() };
  }

  async function redactWaiting(): Promise<void> {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const { about, bytes } = one;
      const entry = await redaction.redact({ path: about.path, content: bytes });
      first.push(store({ ...about, ...entry, ...together(about, entry) }));
    }
  }

  const step = growNewSpaceLittle();
  await pass({ visit, between: redactWaiting, observe: step });
  await redactWaiting();
  return named(first.map(swept), redaction);

  function swept(entry: StoredEntry): StoredEntry {
    if (entry.withheld !== undefined) return entry;
    const { size, sha256, read, ...about } = entry;
    if (passed.has(entry.path)) {
      const passage = redaction.passage(entry.path, entry.masked ?? []);
      const output = spool.begin();
      for (const piece of read()) {
        step();
        for (const masked of passage.write(piece)) output.write(masked);
      }
      return ended(about, { path: entry.path }, passage, output);
    }
    const before: Entry = { ...about, bytes: Buffer.concat([...read()]) };
    const [after = before] = redaction.sweep([before]);
    return after.bytes === before.bytes ? entry : store({ ...after, path: entry.path });
  }
}

/** What reports call what an earlier run masked, of which nothing but the number is known. */
export const maskedBefore = 'masked-before';

function together(
  before: About,
  now: Pick<About, 'masked' | 'withheldMembers'>,
): Pick<About, 'masked' | 'withheldMembers'> {
  const masked = [...(before.masked ?? []), ...(now.masked ?? [])];
  const withheldMembers = [...(before.withheldMembers ?? []), ...(now.withheldMembers ?? [])];
  return { ...(masked.length > 0 && { masked }), ...(withheldMembers.length > 0 && { withheldMembers }) };
}

/** What the manifest of the old bundle says of a file holds for the new one too. */
function aboutOf(
  path: string,
  { withheld = '', withheldMembers = [], omittedBytes = 0, redactions = 0 }: Partial<Manifest['files'][number]> = {},
  { text }: Redaction,
): About {
  return {
    path,
    ...(withheld !== '' && { withheld: text(withheld) }),
    ...(withheldMembers.length > 0 && {
      withheldMembers: withheldMembers.map((member) => ({ path: text(member.path), reason: text(member.reason) })),
    }),
    ...(omittedBytes > 0 && { omittedBytes }),
    ...(redactions > 0 && { masked: [{ rule: maskedBefore, count: redactions, lines: [], digests: [] }] }),
  };
}

/** Sorted. Names that stay are given first, so that none is taken by another that a secret is cut out of. */
function named(entries: readonly StoredEntry[], { path, text }: Redaction): readonly StoredEntry[] {
  const isClean = (entry: StoredEntry) => text(entry.path) === entry.path;
  const clean = entries.filter(isClean).map((entry) => ({ ...entry, path: path(entry.path) }));
  const others = entries.filter((entry) => !isClean(entry)).map((entry) => ({ ...entry, path: path(entry.path) }));
  return [...clean, ...others].sort((a, b) => (a.path < b.path ? -1 : 1));
}
