import { lineOf } from './line.ts';
import { backslashes, closing, isBlank, isLineEnd } from './value.ts';

/** A word of a command line, without the quotes around it, and where it begins: `a`, `--b=c`; of `d:'e f'` it is `d:'e f`. */
export interface Argument {
  readonly text: string;
  readonly start: number;
}

const most = 64;
const longest = 4096;

/**
 * The arguments behind the name of a program, as a shell, a table of processes, a list of JSON or a NUL-separated file has them;
 * to the end of that command.
 */
export function argumentsBehind(text: string, from: number): readonly Argument[] {
  const { inJson } = lineOf(text, from);
  const all: Argument[] = [];
  let at = from;
  while (all.length < most && at - from < longest && at < text.length) {
    at = behindBlanks(text, at, inJson);
    if (isEnd(text, at, inJson)) break;
    const one = argumentAt(text, at, inJson);
    all.push(one);
    at = Math.max(one.end, at + 1);
  }
  return all;
}

function behindBlanks(text: string, from: number, inJson: boolean): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at);
    if (isBlank(code) || code === 0) continue;
    // The end of one string of a list and the begin of the next are told apart by what stands between.
    if (inJson && text[at] === '"' && /^"\s{0,16},/.test(text.slice(at, at + 20))) continue;
    if (inJson && text[at] === ',' && text[at - 1] === '"') continue;
    if (code === 92 && (text[at + 1] === '\n' || (text[at + 1] === '\r' && text[at + 2] === '\n'))) {
      at += text[at + 1] === '\n' ? 1 : 2;
      continue;
    }
    return at;
  }
}

/** What divides commands, the end of the line; of a string of JSON its own, and the `\n` in it. */
function isEnd(text: string, at: number, inJson: boolean): boolean {
  return (
    /[|&;()<>\r\n]/.test(text[at] ?? '\n') || (inJson && (/[\]}]/.test(text[at] ?? '') || isEscapedLineEnd(text, at)))
  );
}

function isEscapedLineEnd(text: string, at: number): boolean {
  const count = backslashes(text, at);
  return count % 2 === 1 && /[nr]/.test(text[at + count] ?? '');
}

function argumentAt(text: string, start: number, inJson: boolean): Argument & { readonly end: number } {
  let end = start;
  // Whoever shows the arguments of a process leaves the quotes out: then a secret may hold anything but a blank.
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code <= 32) break;
    if (code !== 34 && code !== 39 && code !== 92) {
      end++;
      continue;
    }
    if (inJson && isEscapedLineEnd(text, end)) break;
    const escapes = backslashes(text, end);
    const quote = text[end + escapes] ?? '';
    if (inJson && escapes === 0 && quote === '"' && end > start) break;
    if (/["']/.test(quote) && (escapes === 0 || inJson)) {
      const close = closing(text, end + escapes + 1, quote, escapes);
      const from = end === start ? start + escapes + 1 : start;
      return { text: text.slice(from, close), start: from, end: close + escapes + 1 };
    }
    if (isLineEnd(text.charCodeAt(end + escapes))) break;
    end += escapes + 1;
  }
  end = Math.min(end, text.length);
  let last = end;
  while (last > start && /[;|&)]/.test(text[last - 1] as string)) last--;
  return { text: text.slice(start, last), start, end };
}
