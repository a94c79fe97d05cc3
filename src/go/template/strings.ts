import { fail } from './error.ts';
import { define, type GoFunctions, type Room } from './function.ts';
import { byteLength, isSpace, sliceBytes, trimWhere } from './text.ts';

/** sprig's functions on strings alone. What is looked for comes first, so that the text may come from a pipeline. */
export const strings: GoFunctions = {
  upper: define(['text'], (text) => mapCharacters(text, (character) => single(character, character.toUpperCase()))),
  lower: define(['text'], (text) => mapCharacters(text, (character) => single(character, character.toLowerCase()))),
  title: define(['text'], title),
  trim: define(['text'], (text) => trimWhere(text, isSpace)),
  trimAll: define(['text', 'text'], (cutset, text) => {
    const characters = new Set(cutset);
    return trimWhere(text, (character) => characters.has(character));
  }),
  trimPrefix: define(['text', 'text'], (prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: define(['text', 'text'], (suffix, text) => {
    return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
  }),
  hasPrefix: define(['text', 'text'], (prefix, text) => text.startsWith(prefix)),
  hasSuffix: define(['text', 'text'], (suffix, text) => text.endsWith(suffix)),
  contains: define(['text', 'text'], (part, text) => text.includes(part)),
  replace: define(['text', 'text', 'text'], replace),
  nospace: define(['text'], (text) => mapCharacters(text, (character) => (isSpace(character) ? '' : character))),
  indent: define(['count', 'text'], indent),
  nindent: define(['count', 'text'], (spaces, text, room) => `\n${indent(spaces, text, room)}`),
  trunc: define(['count', 'text'], (count, text) => {
    const length = byteLength(text);
    if (count < 0) {
      return length + count > 0 ? sliceBytes(text, length + count, length) : text;
    }
    return length > count ? sliceBytes(text, 0, count) : text;
  }),
  substr: define(['count', 'count', 'text'], (start, end, text) => {
    const length = byteLength(text);
    const from = Math.max(0, start);
    const to = start >= 0 && (end < 0 || end > length) ? length : end;
    return from > to || to > length ? fail('substr: slice bounds out of range') : sliceBytes(text, from, to);
  }),
  b64enc: define(['text'], (text, room) => {
    room(2 * text.length);
    return btoa(binaryOf(text));
  }),
  b64dec: define(['text'], (text) => {
    const packed = text.replace(/[\r\n]/g, '');
    if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
      return fail('b64dec: illegal base64 data');
    }
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }),
};

function mapCharacters(text: string, change: (character: string) => string): string {
  let changed = '';
  for (const character of text) {
    changed += change(character);
  }
  return changed;
}

/** Go changes the case of one character into one character: `ß` stays. */
function single(character: string, changed: string): string {
  return [...changed].length === 1 ? changed : character;
}

function title(text: string): string {
  let before = ' ';
  return mapCharacters(text, (character) => {
    const starts = !/[\p{L}\p{Nd}_]/u.test(before) && (before < '\x80' || isSpace(before));
    before = character;
    return starts ? single(character, character.toUpperCase()) : character;
  });
}

function replace(old: string, substitute: string, text: string, room: Room): string {
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  room(text.length + substitute.length * (parts.length - 1));
  return parts.join(substitute);
}

function indent(spaces: number, text: string, room: Room): string {
  if (spaces < 0) {
    return fail('indent: negative number of spaces');
  }
  const lines = text.split('\n');
  room(text.length + spaces * lines.length);
  const margin = ' '.repeat(spaces);
  return lines.map((line) => margin + line).join('\n');
}

function binaryOf(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) {
    binary += String.fromCharCode(byte);
  }
  return binary;
}
