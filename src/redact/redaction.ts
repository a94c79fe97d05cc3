import type { Entry, Masked, RawEntry } from '../contract/bundle.ts';
import { type Limits, limits as usualLimits } from '../contract/limits.ts';
import type { IdentityLevel } from '../contract/manifest.ts';
import { neverCollected } from '../contract/never-collected.ts';
import type { Glob } from '../go/glob.ts';
import { createBudget, isArchive } from './archives/archive.ts';
import { type FileWork, throughFiles } from './archives/members.ts';
import { contentOf, fromUtf16, toBuffer } from './content.ts';
import type { Masking } from './identities/masking.ts';
import { maskSecretKeys } from './keys/mask-keys.ts';
import { createPassage, type Passage } from './passage.ts';
import type { RedactorThread } from './redactor/thread.ts';
import { createNotes, type Notes, saltedDigest } from './report.ts';
import { type Rule, type RuleFinder, ruleFinder } from './rule.ts';
import { rules as builtIn } from './rules/rules.ts';
import { createScrub } from './scrub.ts';
import type { Finder, Span } from './span.ts';
import { createValues } from './values.ts';
import { reasonOf, Withheld, withheldContent } from './withheld.ts';

export interface RuleSkip {
  readonly rule: string;
  /** For which files; absent: for none of them is it applied. */
  readonly glob?: { readonly pattern: string; readonly matches: Glob['matches'] };
}

export interface RedactionOptions {
  /** Nothing is masked: for one's own host alone. */
  readonly off?: boolean;
  /** Absent: all that are built in. */
  readonly rules?: readonly Rule[];
  /** Rules that are not applied. */
  readonly skip?: readonly RuleSkip[];
  /** Binary files that are taken as they are. */
  readonly allowBinary?: readonly Glob[];
  /** Secrets that the program was told. */
  readonly secrets?: readonly string[];
  /** Those of a spec; absent: none. */
  readonly thread?: RedactorThread | undefined;
  /** Whose identities get stand-ins, and which; absent: none do. */
  readonly masking?: Masking | undefined;
  /** Absent: the usual ones. */
  readonly limits?: Limits;
  /** For how long the rules may look at one window of a file, in milliseconds. */
  readonly budgetMs?: number;
}

/** The one stage that every byte and every name passes on its way into a bundle. */
export interface Redaction {
  readonly isOff: boolean;
  /** What a manifest says of it. */
  readonly facts: {
    readonly mode: 'on' | 'off';
    readonly skippedRules: readonly string[];
    readonly identities: IdentityLevel;
  };
  /** A file, masked, or withheld with the reason. Never rejects: what goes wrong costs that file its content. */
  redact(raw: RawEntry): Promise<Entry>;
  /** Whether a redactor of the spec is to be given that file, which it is as a whole. */
  needsWhole(path: string): boolean;
  /** A file too large to be held. `again`: it passed before, and is searched for what was found since. */
  passage(path: string, again?: readonly Masked[]): Passage;
  /** Data with the values of secret keys masked: what a spec holds, before it is made into text. */
  data(value: unknown): unknown;
  /** A text that stands in a manifest or a message. */
  text(text: string): string;
  /** A path, as it stands in the bundle. */
  path(path: string): string;
  /** Once all files have passed: masks in the first of them, and in their names, what was found in the last. */
  sweep(entries: readonly Entry[]): readonly Entry[];
  /** How many texts a sweep would look for by now. */
  readonly known: number;
  /** What `mask` puts stand-ins in by, for all that is said of the files; undefined where it changes nothing. */
  readonly masking: Masking | undefined;
  /** The last thing before writing, and after judging: identities replaced in content and path. */
  mask(entries: readonly Entry[]): readonly Entry[];
}

export function createRedaction(options: RedactionOptions = {}): Redaction {
  const {
    limits = usualLimits,
    thread,
    off = false,
    rules = builtIn,
    skip = [],
    allowBinary = [],
    secrets = [],
    masking,
    budgetMs = 2000,
  } = options;
  const values = createValues(budgetMs);
  for (const secret of secrets) values.remember(Buffer.from(secret).toString('latin1'));
  const finders = new Map<string, RuleFinder>();
  const ruled = finderFor('');
  const digest = saltedDigest();
  const names = new Map<string, string>();
  const taken = new Set<string>();

  /** The rules for a path; which are the same for nearly all of them. */
  function finderFor(path: string): RuleFinder {
    const skipped = skip.filter(({ glob }) => glob === undefined || glob.matches(path)).map(({ rule }) => rule);
    const key = skipped.join(' ');
    const finder =
      finders.get(key) ??
      ruleFinder(
        rules.filter(({ id }) => !skipped.includes(id)),
        () => performance.now(),
        budgetMs,
      );
    finders.set(key, finder);
    return finder;
  }

  /** Each secret by itself: where two overlap, only their union is masked. */
  function remembering(finder: Finder): Finder {
    return {
      find(window, from, to) {
        const spans = finder.find(window, from, to);
        for (const { start, end, isSecret } of spans) if (isSecret) values.remember(window.text.slice(start, end));
        return spans;
      },
    };
  }

  function scrubbed(
    bytes: Buffer,
    finders: readonly Finder[],
    onSpan: (span: Span, found: string, line: number) => void,
  ): Buffer {
    let found = 0;
    const scrub = createScrub({
      finders: finders.map(remembering),
      onSpan(span, text, line) {
        found++;
        onSpan(span, text, line);
      },
    });
    const pieces = scrub.whole(bytes);
    return found === 0 ? bytes : Buffer.concat(pieces);
  }

  /** The content with what the finders find masked, whatever its encoding. */
  function masked(path: string, bytes: Buffer, finders: readonly Finder[], note: Notes['note']): Buffer {
    refuseNever(path);
    const content = contentOf(bytes);
    if (content === 'text') return stillJson(path, bytes, scrubbed(bytes, finders, note));
    if (content === 'utf-16le' || content === 'utf-16be') {
      const wide = fromUtf16(bytes, content);
      if (wide === undefined) throw new Withheld('it is broken UTF-16');
      const text = scrubbed(wide.text, finders, note);
      return text === wide.text ? bytes : wide.back(text);
    }
    if (isAllowed(path)) return bytes;
    throw new Withheld('it is binary');
  }

  function isAllowed(path: string): boolean {
    return allowBinary.some(({ matches }) => matches(path));
  }

  /** All that is done in one go with a file, and with those in it if it is an archive. */
  function through(entry: Entry, notes: Notes, work: Pick<FileWork, 'file' | 'name'>): Entry {
    const before = toBuffer(entry.bytes);
    const budget = createBudget(limits);
    const bytes = throughFiles(entry.path, before, { ...work, budget, isAllowed, withhold: notes.withhold });
    return bytes.equals(before) ? entry : { ...entry, bytes, ...notes.about(entry) };
  }

  /** The same entry where there is nothing to mask. */
  function guarded(entry: Entry, finders: readonly Finder[]): Entry {
    const notes = createNotes(digest);
    try {
      return through(entry, notes, {
        file: (path, bytes) => masked(path, bytes, finders, path === entry.path ? notes.note : notes.inside(path)),
        name: (raw) => asName(raw, scrubbed(Buffer.from(raw), finders, () => undefined).toString()),
      });
    } catch (error) {
      return withheldEntry(entry, reasonOf(error));
    }
  }

  /** What the spec's own redactors mask besides; they see what is masked already, so they can only add. */
  async function further(entry: Entry, thread: RedactorThread): Promise<Entry> {
    const name = (raw: string) => raw;
    const files: { readonly paths: readonly string[]; readonly bytes: Buffer; readonly note: Notes['note'] }[] = [];
    const notes = createNotes(digest);
    try {
      // Of a file in an archive they may mean its name there, its place as in a folder, or the archive (as the Go tool does).
      through(entry, createNotes(digest), {
        name,
        file(path, bytes, member) {
          const paths = [...new Set([entry.path, path, member ?? path])].filter(thread.selects);
          files.push({ paths, bytes, note: path === entry.path ? notes.note : notes.inside(path) });
          return bytes;
        },
      });
      const after: Buffer[] = [];
      for (const { paths, bytes, note } of files) {
        let changed = bytes;
        for (const path of paths) changed = await applied(path, changed, note, thread);
        after.push(changed);
      }
      let next = 0;
      return through(entry, notes, { name, file: (_path, bytes) => after[next++] ?? bytes });
    } catch (error) {
      return withheldEntry(entry, reasonOf(error));
    }
  }

  async function applied(
    path: string,
    before: Buffer,
    note: Notes['note'],
    { apply }: RedactorThread,
  ): Promise<Buffer> {
    const content = contentOf(before);
    const wide = content === 'utf-16le' || content === 'utf-16be' ? fromUtf16(before, content) : undefined;
    const answer = await apply(path, wide?.text ?? before);
    for (const { rule, found, line } of answer.masked) {
      const bytes = Buffer.from(found).toString('latin1');
      values.remember(bytes);
      note({ rule }, bytes, line);
    }
    if (answer.bytes === undefined) return before;
    const after = toBuffer(answer.bytes);
    return stillJson(path, before, wide === undefined ? after : wide.back(after));
  }

  function text(raw: string): string {
    if (off) return raw;
    try {
      if (!(ruled.test(raw) || values.test(raw))) return raw;
      return scrubbed(Buffer.from(raw), [ruled, values], () => undefined).toString();
    } catch {
      return '[withheld]';
    }
  }

  function pathOf(raw: string): string {
    const before = names.get(raw);
    if (before !== undefined) return before;
    const clean = text(raw);
    // Another file may be called so already, as in a bundle that was redacted before.
    const wanted = asName(raw, clean);
    let name = wanted;
    if (name !== raw) {
      for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
      names.set(raw, name);
    }
    taken.add(name);
    return name;
  }

  return {
    isOff: off,
    facts: {
      mode: off ? 'off' : 'on',
      skippedRules: skip.map(({ rule, glob }) => (glob === undefined ? rule : `${rule}:${glob.pattern}`)),
      identities: masking?.level ?? 'off',
    },
    async redact({ path, content, isRaw }) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const entry: Entry = isRaw === true ? { path, bytes, isRaw } : { path, bytes };
      if (off) return entry;
      const own = guarded(entry, [finderFor(entry.path), values]);
      if (thread === undefined || own.withheld !== undefined) return own;
      return thread.selects(entry.path) || isArchive(contentOf(toBuffer(own.bytes))) ? further(own, thread) : own;
    },
    needsWhole: (path) => thread?.selects(path) === true,
    passage(path, again) {
      const before = again ?? [];
      const notes = createNotes(digest);
      if (off) return createPassage({ finders: [], notes, before, isAllowed: true });
      try {
        refuseNever(path);
        // A redactor of a spec is given a file as a whole.
        if (again === undefined && thread?.selects(path) === true) throw new Withheld('it is too large for a redactor');
      } catch (error) {
        return closed(reasonOf(error));
      }
      const finders = again === undefined ? [finderFor(path), values] : [values];
      return createPassage({ finders: finders.map(remembering), notes, before, isAllowed: isAllowed(path) });
    },
    data: (value) =>
      off ? value : maskSecretKeys(value, (secret) => values.remember(Buffer.from(secret).toString('latin1'))),
    text,
    path: pathOf,
    sweep(entries) {
      if (off || values.count === 0) return entries;
      return entries.map((entry) => {
        const path = pathOf(entry.path);
        const own = path === entry.path ? entry : { ...entry, path };
        return own.withheld === undefined ? guarded(own, [values]) : own;
      });
    },
    get known() {
      return values.count;
    },
    masking,
    mask(entries) {
      if (masking === undefined) return entries;
      const { learner, finder, path } = masking;
      const shown = entries.filter(({ withheld }) => withheld === undefined);
      // What the last file tells is masked in the first.
      for (const entry of shown) guarded(entry, [learner]);
      return entries.map((entry) => {
        const { masked, withheldMembers, ...own } = entry.withheld === undefined ? guarded(entry, [finder]) : entry;
        // Files in an archive have names too.
        const rules = masked?.map(({ member, ...rest }) => ({
          ...rest,
          ...(member !== undefined && { member: masking.text(member) }),
        }));
        const members = withheldMembers?.map((member) => ({ ...member, path: masking.text(member.path) }));
        return {
          ...own,
          path: path(entry.path),
          ...(rules && { masked: rules }),
          ...(members && { withheldMembers: members }),
        };
      });
    },
  };
}

/** Nothing of it passes. */
function closed(withheld: string): Passage {
  return { write: () => [], end: () => ({ withheld }) };
}

function refuseNever(path: string): void {
  const never = neverCollected(path);
  if (never !== undefined) throw new Withheld(`it is never collected, as ${never}`);
}

/** Stars are not for names of files. */
function asName(raw: string, masked: string): string {
  return masked === raw ? raw : masked.replaceAll('*', '_');
}

function withheldEntry({ path, isRaw }: Entry, withheld: string): Entry {
  return { path, bytes: withheldContent(path, withheld), withheld, ...(isRaw === true && { isRaw }) };
}

/** What was JSON and is none any more would be read by nobody. */
function stillJson(path: string, before: Buffer, after: Buffer): Buffer {
  if (before === after || !path.endsWith('.json') || isJson(after) || !isJson(before)) return after;
  throw new Withheld('with what is secret masked it would be no JSON any more');
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
