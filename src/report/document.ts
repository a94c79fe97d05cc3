import { dump } from 'js-yaml';

/** One machine-readable document for stdout. JSON escapes C0 by itself; C1, bidi and the like are escaped here. */
export function renderDocument(value: unknown, format: 'json' | 'yaml'): string {
  if (format === 'yaml') return dump(value, { noRefs: true, lineWidth: -1 });
  const escaped = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|[\u{e0000}-\u{e007f}]/gu,
    (character) => character.split('').map(escapeUnit).join(''),
  );
  return `${escaped}\n`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
