/**
 * Words that are made to be unguessable and not to be read. Digests and ids are so too: this alone is never a reason to mask, something
 * in front of a word must say what it is.
 */
export function isOpaque(word: string): boolean {
  return (
    hex.test(word) ||
    uuid.test(word) ||
    (long.test(word) && /(?:\d.*){4}/.test(word)) ||
    (word.length >= 20 && isWithoutOrder(word.replace(/[_+/=~-]/g, '')))
  );
}

const hex = /^(?:[0-9a-f]{32,}|[0-9A-F]{32,})$/;
/** In one piece, which names of anything seldom are. */
const long = /^[A-Za-z0-9]{24,}$/;
const uuid = /^[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}$/i;

/** Whether letters and digits stand in it in no order, as in no name that people or programs make of words. */
export function isWithoutOrder(word: string): boolean {
  if (!/\d.*\d/.test(word) || !/[A-Za-z].*[A-Za-z]/.test(word)) return false;
  const isMixed = /[A-Z]/.test(word) && /[a-z]/.test(word);
  return (word.match(changes)?.length ?? 0) >= (isMixed ? 0.42 : 0.3) * word.length;
}

/** From one kind of character to another. */
const changes = /[a-z](?![a-z])|[A-Z](?![A-Z])|\d(?!\d)/g;

/** The same of the value of a key, of which less is asked: sixteen characters, twelve of them in one piece, letters and digits. */
export function isOpaqueValue(word: string): boolean {
  return (
    isOpaque(word) ||
    (word.length >= 16 &&
      word
        .split(/[_/=~.-]/)
        .some((part) => part.length >= 12 && /\d.*\d/.test(part) && /[A-Za-z].*[A-Za-z]/.test(part)))
  );
}

/** What may stand between a name and its value. */
const assignment =
  /^[\w.-]{0,48}(?: {1,2}[\w-]{2,16}){0,2}\\?["'`\])}]{0,3}\s{0,8}(?:=>|:=|[=:,(]|\bis\b)\s{0,8}\\?["'`({[]{0,3}$/;

/** Whether nothing but a sign of assignment stands between a word and its value. */
export function isAssigned(gap: string): boolean {
  return assignment.test(gap);
}
