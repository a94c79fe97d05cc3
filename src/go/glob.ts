/**
 * Globs of redactors, as gobwas/glob reads them with `/` as separator: `*` within a part of a path, `**` across, `?`, `[a-z]`,
 * `[!a]`, `{a,b}`, `\` before what is meant as it is; always of a whole path. A set of states is walked along the path, so that no
 * pattern takes longer than its length times the path's (rule X6).
 */
export interface Glob {
  matches(path: string): boolean;
}

type Step =
  | { readonly kind: 'one'; readonly accepts: (character: string) => boolean }
  | { readonly kind: 'either'; readonly to: readonly number[] }
  | { readonly kind: 'end' };

export class GlobError extends Error {}

const longest = 1024;

export function parseGlob(pattern: string): Glob {
  if (pattern === '') throw new GlobError('it is empty');
  if (pattern.length > longest) throw new GlobError(`it is longer than ${longest} characters`);
  const steps: Step[] = [];
  const characters = [...pattern];
  const end = parse(characters, 0, steps, 0);
  if (end < characters.length) throw new GlobError(`"${characters[end]}" closes nothing`);
  steps.push({ kind: 'end' });
  return { matches: (path) => walk(steps, path) };
}

/** Appends the steps of what stands until the end, or until `,` or `}` in braces. */
function parse(pattern: readonly string[], from: number, steps: Step[], depth: number): number {
  let at = from;
  for (; at < pattern.length; at++) {
    const character = pattern[at] as string;
    if (character === '}' || (depth > 0 && character === ',')) return at;
    if (character === '{') {
      at = alternatives(pattern, at, steps, depth + 1);
    } else if (character === '[') {
      at = characterClass(pattern, at, steps);
    } else if (character === '*') {
      const isDeep = pattern[at + 1] === '*';
      while (pattern[at + 1] === '*') at++;
      const start = steps.length;
      steps.push({ kind: 'either', to: [start + 1, start + 3] });
      steps.push({ kind: 'one', accepts: isDeep ? () => true : isNoSlash });
      steps.push({ kind: 'either', to: [start] });
    } else if (character === '?') {
      steps.push({ kind: 'one', accepts: isNoSlash });
    } else {
      const literal = character === '\\' ? pattern[++at] : character;
      if (literal === undefined) throw new GlobError('it ends with a backslash');
      steps.push({ kind: 'one', accepts: (other) => other === literal });
    }
  }
  return at;
}

function alternatives(pattern: readonly string[], open: number, steps: Step[], depth: number): number {
  if (depth > 8) throw new GlobError('its braces are nested too deep');
  const fork = steps.length;
  steps.push({ kind: 'either', to: [] });
  const starts: number[] = [];
  const ends: number[] = [];
  let at = open;
  do {
    starts.push(steps.length);
    at = parse(pattern, at + 1, steps, depth);
    if (at >= pattern.length) throw new GlobError('a brace is not closed');
    ends.push(steps.length);
    steps.push({ kind: 'either', to: [] });
  } while (pattern[at] === ',');
  steps[fork] = { kind: 'either', to: starts };
  for (const end of ends) steps[end] = { kind: 'either', to: [steps.length] };
  return at;
}

function characterClass(pattern: readonly string[], open: number, steps: Step[]): number {
  const close = pattern.indexOf(']', open + 2);
  if (close === -1) throw new GlobError('a bracket is not closed');
  const inside = pattern.slice(open + 1, close);
  const isNegated = inside[0] === '!' || inside[0] === '^';
  const members = isNegated ? inside.slice(1) : inside;
  const isRange = members.length === 3 && members[1] === '-';
  const isMember = (character: string) =>
    isRange ? character >= (members[0] as string) && character <= (members[2] as string) : members.includes(character);
  steps.push({ kind: 'one', accepts: (character) => isMember(character) !== isNegated });
  return close;
}

function isNoSlash(character: string): boolean {
  return character !== '/';
}

function walk(steps: readonly Step[], path: string): boolean {
  let states = closure(steps, [0]);
  for (const character of path) {
    const next: number[] = [];
    for (const state of states) {
      const step = steps[state] as Step;
      if (step.kind === 'one' && step.accepts(character)) next.push(state + 1);
    }
    if (next.length === 0) return false;
    states = closure(steps, next);
  }
  return [...states].some((state) => steps[state]?.kind === 'end');
}

function closure(steps: readonly Step[], from: readonly number[]): ReadonlySet<number> {
  const found = new Set(from);
  for (const state of found) {
    const step = steps[state] as Step;
    if (step.kind === 'either') for (const to of step.to) found.add(to);
  }
  return found;
}
