import { type GoMatch, type GoPattern, parsePattern } from '../../go/regexp.ts';
import { mask } from '../span.ts';

/** Told of what a rule masked, and on which line, from 1. */
export type OnMasked = (rule: string, found: string, line: number) => void;

/** Literal texts, wherever they stand; one of several lines too. An empty one is in every place, and so in none. */
export function maskValues(text: string, values: readonly string[], name: string, onMasked: OnMasked): string {
  return values.reduce((result, value, index) => {
    if (value === '') return result;
    const pieces = result.split(value);
    let line = 1;
    for (const piece of pieces.slice(0, -1)) {
      line += piece.split('\n').length - 1;
      onMasked(`${name}.literal.${index}`, value, line);
    }
    return pieces.join(mask);
  }, text);
}

export interface LineRule {
  readonly rule: string;
  readonly selector: GoPattern | undefined;
  readonly redactor: GoPattern;
}

export function lineRules(
  regex: readonly { selector?: string | undefined; redactor: string }[],
  name: string,
): readonly LineRule[] {
  return regex.map(({ selector, redactor }, index) => ({
    rule: `${name}.${selector === undefined ? 'regex' : 'multiLine'}.${index}`,
    selector: selector === undefined ? undefined : parsePattern(selector),
    redactor: parsePattern(redactor),
  }));
}

/**
 * One rule over all lines. A carriage return and a byte-order mark are not part of a line, so that anchored patterns match; a file
 * without line feeds has lines that end with carriage returns (rule S9).
 */
export function maskLines(text: string, { rule, selector, redactor }: LineRule, onMasked: OnMasked): string {
  const separator = text.includes('\n') ? '\n' : '\r';
  const lines = text.split(separator);
  let isChanged = false;
  const change = (index: number): boolean => {
    const line = lines[index] as string;
    const lead = index === 0 && line.startsWith('\ufeff') ? 1 : 0;
    const tail = line.endsWith('\r') ? 1 : 0;
    const body = line.slice(lead, line.length - tail);
    const matches = redactor.matches(body);
    if (matches.length === 0) return false;
    const masked = rebuilt(body, matches, (found) => onMasked(rule, found, index + 1));
    if (masked !== body) {
      lines[index] = line.slice(0, lead) + masked + line.slice(line.length - tail);
      isChanged = true;
    }
    return true;
  };
  for (let index = 0; index < lines.length; index++) {
    if (selector === undefined) change(index);
    else if (
      index + 1 < lines.length &&
      selector.test((lines[index] as string).replace(/\r$/, '')) &&
      change(index + 1)
    )
      index++;
  }
  return isChanged ? lines.join(separator) : text;
}

/**
 * Of each match its groups remain: what is called `mask` masked, what is called `drop` left out; so is what is in no group. Unlike in
 * the Go tool, a group within a group comes out once, and a secret in it not at all.
 */
function rebuilt(line: string, matches: readonly GoMatch[], onMasked: (found: string) => void): string {
  let out = '';
  let end = 0;
  for (const match of matches) {
    out += line.slice(end, match.start) + rebuiltMatch(line, match, onMasked);
    end = match.end;
  }
  return out + line.slice(end);
}

const fate = { gone: 0, kept: 1, masked: 2 } as const;

function rebuiltMatch(line: string, { start, end, groups }: GoMatch, onMasked: (found: string) => void): string {
  const fates = new Uint8Array(end - start);
  const paint = (name: (group: string) => boolean, value: number) => {
    for (const group of groups) if (name(group.name)) fates.fill(value, group.start - start, group.end - start);
  };
  paint((name) => name !== 'mask' && name !== 'drop', fate.kept);
  paint((name) => name === 'drop', fate.gone);
  paint((name) => name === 'mask', fate.masked);
  const empty = new Set(
    groups.filter((group) => group.name === 'mask' && group.start === group.end).map((group) => group.start),
  );
  let out = '';
  for (let at = start; at <= end; at++) {
    if (empty.has(at)) out += mask;
    if (at === end) break;
    const own = fates[at - start];
    if (own === fate.kept) out += line[at];
    if (own !== fate.masked) continue;
    let stop = at;
    while (stop < end && fates[stop - start] === fate.masked) stop++;
    const found = line.slice(at, stop);
    if (found !== mask) onMasked(found);
    out += mask;
    at = stop - 1;
  }
  return out;
}
