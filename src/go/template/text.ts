/** The length in bytes as UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) {
      bytes += 1;
    } else if (code < 0x8_00) {
      bytes += 2;
    } else if (code >= 0xd8_00 && code <= 0xdb_ff && isLowSurrogate(text.charCodeAt(at + 1))) {
      bytes += 4;
      at++;
    } else {
      bytes += 3;
    }
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc_00 && code <= 0xdf_ff;
}

/** As Go slices a string: by bytes. A character that is cut becomes the replacement character. */
export function sliceBytes(text: string, from: number, to: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === text.length) {
    return text.slice(from, to);
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from, to));
}

/** Go's unicode.IsSpace. */
export function isSpace(character: string | undefined): boolean {
  return (
    character !== undefined &&
    /^[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/.test(character)
  );
}

/** Without the leading and trailing characters that `drop` picks; linear where a pattern might not be. */
export function trimWhere(text: string, drop: (character: string) => boolean): string {
  const characters = [...text];
  let from = 0;
  let to = characters.length;
  while (from < to && drop(characters[from] ?? '')) {
    from++;
  }
  while (to > from && drop(characters[to - 1] ?? '')) {
    to--;
  }
  return characters.slice(from, to).join('');
}
