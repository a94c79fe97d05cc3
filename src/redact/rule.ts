import { createAnchors } from './anchors.ts';
import { isInString, lineOf } from './keys/line.ts';
import { closing } from './keys/value.ts';
import { hasRun, scanRuns } from './runs.ts';
import type { Finder, Span, Window } from './span.ts';

/** One kind of secret, known by its syntax. */
export interface Rule {
  /** Stable, lower case with hyphens: what reports and `--redact-skip` call it. */
  readonly id: string;
  /** What it masks, in one line without a full stop. */
  readonly title: string;
  /** Lower case; it looks at text only where one of them begins, in any case of letters. */
  readonly anchors: readonly string[];
  /** It also looks where at least so many letters, digits, `-` and `_` stand in one piece, at the first of them. */
  readonly run?: number;
  /** What is to be masked when an anchor, or a run (then `anchor` is empty), begins at `at`. */
  find(window: Window, at: number, anchor: string): readonly Found[];
  /** Texts in which exactly what stands in « » must be masked, and texts that must stay as they are. */
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}

/** `isSecret` is true unless it says otherwise. */
export type Found = Omit<Span, 'rule' | 'isSecret'> & { readonly isSecret?: boolean };

/** Of a rule whose whole syntax is one pattern. */
interface PatternRule extends Omit<Rule, 'find'> {
  /**
   * Sticky, with indices: it must match where an anchor begins, and its groups called `secret…` are masked. It is matched by V8,
   * so it must not backtrack far: every repetition has a bound, or ends at a character that it cannot hold.
   */
  readonly pattern: RegExp;
  /** False for what a bundle should not show but other text may well hold, such as a name. */
  readonly isSecret?: boolean;
  /** See `Span`. */
  readonly until?: string;
  /** Where it may be that the match is none. */
  readonly accepts?: (secret: string) => boolean;
}

/** Where a word begins: also behind the `\n` of a string of JSON, whose letter is none of the word's. For patterns. */
export const wordStart = '(?:(?<![A-Za-z0-9])|(?<=\\\\[nrtbf]))';

export function patternRule({ pattern, isSecret = true, until, accepts = () => true, ...rest }: PatternRule): Rule {
  if (!pattern.sticky || !pattern.hasIndices) throw new Error(`the pattern of rule ${rest.id} needs the flags d and y`);
  return {
    ...rest,
    find({ text }, at) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null) return [];
      const found: Found[] = [];
      for (const [name, indices] of Object.entries(match.indices?.groups ?? {})) {
        if (indices === undefined || !name.startsWith('secret')) continue;
        const [start, end] = indices;
        if (!accepts(text.slice(start, end))) continue;
        found.push({ start, end, isSecret, ...(until !== undefined && { until }) });
      }
      return found;
    },
  };
}

/** Text that took too long: it is withheld. */
export class OutOfTime extends Error {}

/** All rules as one finder: one pass over the bytes tells which of them must look, and where. */
export function ruleFinder(rules: readonly Rule[], now: () => number, budgetMsPerWindow: number): RuleFinder {
  const users = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const anchor of rule.anchors) users.set(anchor, [...(users.get(anchor) ?? []), rule]);
  }
  const words = [...users.keys()];
  const numbers = new Map(rules.map((rule, number) => [rule, number]));
  const byWord = [...users.values()].map((own) => own.map((rule) => ({ rule, number: numbers.get(rule) ?? 0 })));
  const anchors = createAnchors(words);
  const runners = rules.flatMap((rule, number) => (rule.run === undefined ? [] : [{ rule, number, run: rule.run }]));
  return {
    test: (text) => anchors.test(text) || runners.some(({ run }) => hasRun(text, run)),
    find(window, from, to) {
      const spans: Span[] = [];
      /** How far each rule has masked: within that it need not look again, however often its anchors stand there. */
      const done = new Uint32Array(rules.length);
      let start = 0;
      let looks = 0;
      const look = ({ rule, number }: Looking, at: number, word: string) => {
        looks++;
        if (looks === 1) start = now();
        else if (looks % 256 === 0 && now() - start > budgetMsPerWindow) throw new OutOfTime();
        if (at < (done[number] ?? 0)) return;
        for (const found of rule.find(window, at, word)) {
          const end = endInString(window.text, found);
          spans.push({ isSecret: true, ...found, end, rule: rule.id });
          done[number] = Math.max(done[number] ?? 0, end);
        }
      };
      anchors.scan(window.bytes, from, to, (word, at) => {
        if (at < from) return;
        for (const looking of byWord[word] ?? []) look(looking, at, words[word] ?? '');
      });
      for (const one of runners) scanRuns(window.bytes, from, to, one.run, (at) => look(one, at, ''));
      return spans;
    },
  };
}

interface Looking {
  readonly rule: Rule;
  readonly number: number;
}

/** What begins in a string of JSON ends there at the latest, whatever quotes of other kinds stand in it. */
function endInString(text: string, { start, end }: Found): number {
  const quote = text.indexOf('"', start);
  return quote !== -1 && quote < end && lineOf(text, start).inJson && isInString(text, start)
    ? Math.min(end, closing(text, start, '"', 0))
    : end;
}

export interface RuleFinder extends Finder {
  /** Whether any rule would look at a text at all. */
  test(text: string): boolean;
}
