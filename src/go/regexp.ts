import { RE2JS } from 're2js';

/** A pattern in Go's dialect, in which a group's name may be used more than once. */
export interface GoPattern {
  test(text: string): boolean;
  /** All matches, from left to right. */
  matches(text: string): readonly GoMatch[];
}

export interface GoMatch {
  readonly start: number;
  readonly end: number;
  /** Those that took part, in the order of the pattern. */
  readonly groups: readonly { readonly name: string; readonly start: number; readonly end: number }[];
}

/** What is wrong with a pattern, in words of its dialect. */
export class PatternError extends Error {}

const longest = 16 * 1024;

/** Linear in the text for one match (rules X2, X3); all of them together can still take long, so a deadline belongs around it. */
export function parsePattern(pattern: string): GoPattern {
  if (pattern.length > longest) throw new PatternError(`it is longer than ${longest} characters`);
  const names = new Map<number, string>();
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(numberedNames(pattern));
  } catch (error) {
    throw new PatternError(error instanceof Error ? error.message : String(error));
  }
  for (const [name, group] of Object.entries(compiled.namedGroups())) names.set(group, name.replace(/__\d+$/, ''));
  const count = compiled.groupCount();
  return {
    test: (text) => compiled.matcher(text).find(),
    matches(text) {
      const matches: GoMatch[] = [];
      const matcher = compiled.matcher(text);
      while (matcher.find()) {
        const groups: { name: string; start: number; end: number }[] = [];
        for (let group = 1; group <= count; group++) {
          const start = matcher.start(group);
          if (start >= 0) groups.push({ name: names.get(group) ?? '', start, end: matcher.end(group) });
        }
        matches.push({ start: matcher.start(), end: matcher.end(), groups });
      }
      return matches;
    },
  };
}

/** `(?P<mask>` for the third time becomes `(?P<mask__2>`. */
function numberedNames(pattern: string): string {
  let count = 0;
  return pattern.replace(/\\[\s\S]|\(\?P?<([A-Za-z_]\w*)>/g, (found, name: string | undefined) =>
    name === undefined ? found : `(?P<${name}__${count++}>`,
  );
}
