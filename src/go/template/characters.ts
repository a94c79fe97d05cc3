const letterOrDigit = /^[\p{L}\p{Nd}_]$/u;

export function wordEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (!isLetterOrDigit(character)) {
      break;
    }
    end += character.length;
  }
  return end;
}

export function afterSpaces(text: string, at: number): number {
  let end = at;
  while (isSpace(text[end])) {
    end++;
  }
  return end;
}

export function beforeSpaces(text: string, from: number, at: number): number {
  let end = at;
  while (end > from && isSpace(text[end - 1])) {
    end--;
  }
  return end;
}

export function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

export function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

export function isLetterOrDigit(character: string): boolean {
  return letterOrDigit.test(character);
}
