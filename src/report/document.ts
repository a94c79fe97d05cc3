import { dump } from 'js-yaml';

/** One machine-readable document for stdout, with everything escaped that could steer a terminal (rule O1). */
export function renderDocument(value: unknown, format: 'json' | 'yaml'): string {
  if (format === 'json') return `${escaped(value, escapeUnits)}\n`;
  const yaml = dump(value, { noRefs: true, lineWidth: -1 });
  // YAML has escapes only between quotes, and a dump does without; JSON is YAML as well, and all quotes.
  return yaml.search(steering) === -1 ? yaml : `${escaped(value, escapeCodePoint)}\n`;
}

// JSON and YAML both escape C0 by themselves; this is C1, bidi and the like.
const steering =
  /[\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|[\u{e0000}-\u{e007f}]/gu;

function escaped(value: unknown, asEscape: (character: string) => string): string {
  return JSON.stringify(value, null, 2).replace(steering, asEscape);
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** YAML knows no surrogate pairs. */
function escapeCodePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
