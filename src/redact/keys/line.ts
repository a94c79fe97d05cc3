import { isLineEnd } from './value.ts';

/** The line that a key stands in. */
export interface Line {
  /** Where the key would have to begin to be first on its line: behind blanks, `export`, a dash of a list. */
  readonly beginsAt: number;
  readonly indent: number;
  /** Whether the line is JSON, as far as can be seen: then a key without quotes stands in a string. */
  readonly inJson: boolean;
}

const lead = /([ \t]*(?:- +)?)((?:export|set|setenv|declare -x|Environment=)[ \t]+|Environment=|[#;*]+ ?)?/y;

export function lineOf(text: string, start: number): Line {
  let begin = start;
  while (begin > 0 && start - begin < 4096 && !isLineEnd(text.charCodeAt(begin - 1))) begin--;
  if (start - begin >= 4096) return { beginsAt: -1, indent: 0, inJson: true };
  if (text.startsWith('\u00ef\u00bb\u00bf', begin)) begin += 3;
  lead.lastIndex = begin;
  const match = lead.exec(text);
  const indent = match?.[1]?.length ?? 0;
  return { beginsAt: lead.lastIndex, indent, inJson: /[{["]/.test(text[begin + indent] ?? '') };
}

/** Whether an odd number of quotes stands before it on its line. */
export function isInString(text: string, at: number): boolean {
  let quotes = 0;
  for (let before = at - 1; before >= 0 && at - before < 4096 && !isLineEnd(text.charCodeAt(before)); before--) {
    if (text[before] === '"' && backslashesBefore(text, before) % 2 === 0) quotes++;
  }
  return quotes % 2 === 1;
}

function backslashesBefore(text: string, at: number): number {
  let count = 0;
  while (text.charCodeAt(at - 1 - count) === 92) count++;
  return count;
}
