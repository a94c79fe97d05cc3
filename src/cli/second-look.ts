import type { OpenedBundle } from '../contract/bundle.ts';
import type { Limits } from '../contract/limits.ts';
import { refusal } from '../contract/problem.ts';
import { createCanaries, leastCharacters } from '../redact/canaries.ts';
import { mostLines } from '../redact/report.ts';
import { ruleFinder } from '../redact/rule.ts';
import { rules } from '../redact/rules/rules.ts';
import { type Canaries, createScan, createSearch, type Sighting } from '../redact/scan.ts';
import { type Finder, mask } from '../redact/span.ts';
import { growNewSpaceLittle } from './memory.ts';
import { readSmallFile } from './small-file.ts';

/** For one window of a file. */
const budgetMs = 10_000;

/** What `verify --redaction` found in a finished bundle; never a secret itself. */
export interface SecondLook {
  readonly filesSearched: number;
  readonly canaries: number;
  readonly sightings: readonly Seen[];
  /** Files to which the rules could not be applied; canaries were looked for in them too. */
  readonly unsearched: readonly { readonly path: string; readonly reason: string }[];
}

export interface Seen {
  /** Null: in the archive's own headers. */
  readonly path: string | null;
  /** Id of a rule that would mask it, or `canary N`, N being its line in the file of known secrets. */
  readonly rule: string;
  readonly count: number;
  /** The first hundred; none for a name. */
  readonly lines: readonly number[];
}

export async function lookAgain(
  { pass, files, source }: OpenedBundle,
  canaryFile: string | undefined,
  limits: Limits,
): Promise<SecondLook> {
  if (pass === undefined) {
    const message = 'verify --redaction reads a bundle twice: give it as a file or a folder, not as "-"';
    throw refusal('arguments', message, { file: source });
  }
  const secrets = canaryFile === undefined ? [] : await readCanaries(canaryFile);
  const canaries = createCanaries(secrets);
  const finder = ruleFinder(rules, () => performance.now(), budgetMs);
  const search = createNameSearch(finder, canaries);
  const unsearched: { path: string; reason: string }[] = [];
  const seen = createTally();
  for (const path of files.keys()) {
    const { found, shown } = search(path);
    for (const rule of found) seen.add(shown, { rule, line: null });
  }
  const inArchive = new Map<string, number>();
  const around = createSearch(canaries, (canary) => count(inArchive, `canary ${canary}`));
  const step = growNewSpaceLittle();
  await pass({
    observe(piece) {
      step();
      around.write(piece);
    },
    visit(file) {
      const path = search(file.path).shown;
      return createScan({
        path,
        finder,
        canaries,
        limits,
        onSighting(sighting) {
          seen.add(sighting.member ?? path, sighting);
          if (sighting.member === undefined) count(inArchive, sighting.rule, -1);
        },
        onUnsearched: (place, reason) => unsearched.push({ path: place, reason }),
        onName(name) {
          const { found, shown } = search(name);
          for (const rule of found) seen.add(`${path}/${shown}`, { rule, line: null });
          return shown;
        },
      });
    },
  });
  around.end();
  for (const [rule, left] of inArchive) if (left > 0 && !seen.isInName(rule)) seen.add(null, { rule, line: null });
  return { filesSearched: files.size, canaries: secrets.length, sightings: seen.all(), unsearched };
}

function count(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** What is in a path, and the path without it. */
function createNameSearch(finder: Finder, canaries: Canaries) {
  return (path: string): { readonly found: readonly string[]; readonly shown: string } => {
    const bytes = Buffer.from(path);
    const window = { bytes, text: bytes.toString('latin1'), isLast: true };
    const spans = finder.find(window, 0, bytes.length).map(({ start, end, rule }) => ({ start, end, rule }));
    canaries.find(bytes, 0, bytes.length, (start, end, line) => spans.push({ start, end, rule: `canary ${line}` }));
    let shown = '';
    let done = 0;
    for (const { start, end } of spans.sort((one, other) => one.start - other.start)) {
      if (start >= done) shown += bytes.toString('utf8', done, start) + mask;
      done = Math.max(done, end);
    }
    return { found: [...new Set(spans.map(({ rule }) => rule))], shown: shown + bytes.toString('utf8', done) };
  };
}

function createTally() {
  const byPlace = new Map<string, { path: string | null; rule: string; count: number; lines: number[] }>();
  const inNames = new Set<string>();
  return {
    add(path: string | null, { rule, line }: Sighting): void {
      const key = JSON.stringify([path, rule]);
      const own = byPlace.get(key) ?? { path, rule, count: 0, lines: [] };
      byPlace.set(key, own);
      own.count++;
      if (line === null) inNames.add(rule);
      else if (own.lines.length < mostLines && own.lines.at(-1) !== line) own.lines.push(line);
    },
    isInName: (rule: string) => inNames.has(rule),
    all: (): readonly Seen[] => [...byPlace.values()].sort((a, b) => ((a.path ?? '') < (b.path ?? '') ? -1 : 1)),
  };
}

const largestFile = 4 * 1024 * 1024;

/** A line each, whatever it holds; empty ones aside. */
async function readCanaries(file: string): Promise<readonly { readonly secret: string; readonly number: number }[]> {
  const refuse = (why: string) => refusal('wrong-canary', `--canary ${file}: ${why}`);
  const text = await readSmallFile(file, { named: `--canary ${file}`, mostBytes: largestFile });
  const secrets = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((secret, index) => ({ secret, number: index + 1 }))
    .filter(({ secret }) => secret !== '');
  if (secrets.length === 0) throw refuse('there is no secret in it; write one a line');
  const short = secrets.find(({ secret }) => secret.length < leastCharacters);
  if (short !== undefined) {
    throw refuse(`line ${short.number} has less than ${leastCharacters} characters, which stand in any text`);
  }
  return secrets;
}
