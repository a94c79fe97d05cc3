/** Text from outside on its way to a person (rules O1, O5): what could steer a terminal is shown, not sent. */

// C0 but newline and tab, DEL, C1, zero-width and bidi controls (U+061C is one), line separators, BOM, tags, lone surrogates.
const steering =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** Several lines stay several lines; everything else that steers is made visible. */
export function printable(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  return cut(text.replace(steering, visible), maxCharacters);
}

/** For a place where a new line would be taken for one of ours. */
export function printableLine(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  return cut(text.replace(steering, visible).replace(/[\n\t]/g, visible), maxCharacters);
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const characters = [...text];
  if (characters.length <= maxCharacters) return text;
  return `${characters.slice(0, maxCharacters).join('')}… (${characters.length - maxCharacters} characters more)`;
}
