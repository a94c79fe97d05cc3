/** Where words begin in text that may be escaped. */

/**
 * The first character of a word that is none of an escape: `\n` of JSON, `%2F` of a URL, `ESC[32m` of a terminal. They would make
 * `n10.0.0.5` and `2Fhost` of what follows.
 */
export function wordStart(text: string, start: number): number {
  const before = text[start - 1];
  if (before === '\\') {
    if ('bfnrt'.includes(text[start] ?? '-')) return start + 1;
    if (text[start] === 'u' && /^[0-9a-f]{4}$/i.test(text.slice(start + 1, start + 5))) return start + 5;
  }
  if (before === '%' && /^[0-9a-f]{2}$/i.test(text.slice(start, start + 2))) return start + 2;
  if (text[start - 2] === '%' && /^[0-9a-f]{2}$/i.test(text.slice(start - 1, start + 1))) return start + 1;
  const color = /\[(?:\d{1,3};){0,8}$/.exec(text.slice(Math.max(0, start - 40), start));
  const rest = color === null ? null : /^\d{0,3}m/.exec(text.slice(start, start + 4));
  return rest === null ? start : start + rest[0].length;
}

/** Whether a word may begin at `start`: nothing stands before it that would be part of it. */
export function isWordStart(text: string, start: number): boolean {
  if (start === 0 || !isWordByte(text.charCodeAt(start - 1))) return true;
  for (let length = 1; length <= 5; length++) if (wordStart(text, start - length) === start) return true;
  return false;
}

export function isWordEnd(text: string, end: number): boolean {
  return end >= text.length || !isWordByte(text.charCodeAt(end));
}

/** Letters and digits, and whatever is none of ASCII. */
export function isWordByte(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code >= 128;
}

/** Hyphens are within labels of names. */
export function isLabelByte(code: number): boolean {
  return isWordByte(code) || code === 45;
}

/** In lower case as names of hosts know it: bytes beyond ASCII are left alone. */
export function lowered(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
