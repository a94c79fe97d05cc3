import { createNeedles, headBytes } from './needles.ts';
import type { Canaries } from './scan.ts';
import { base64Forms, formsOf } from './values.ts';

/** Each a secret with its number. What is shorter than the search for many can tell is looked for one by one. */
export function createCanaries(secrets: readonly { readonly secret: string; readonly number: number }[]): Canaries {
  const needles = createNeedles<number>({ budgetMs: Number.POSITIVE_INFINITY });
  const short = new Map<string, number>();
  let longest = 0;
  for (const { secret, number } of secrets) {
    for (const form of writtenForms(secret)) {
      longest = Math.max(longest, form.length);
      if (form.length >= headBytes) needles.add(form, number);
      else if (form.length >= leastCharacters && !short.has(form)) short.set(form, number);
    }
  }
  return {
    longest,
    find(bytes, from, to, hit) {
      const hits: [number, number, number][] = [];
      needles.find(bytes, from, to, (...found) => hits.push(found));
      for (const [form, number] of short) {
        for (let at = bytes.indexOf(form, from, 'latin1'); at !== -1 && at < to; ) {
          hits.push([at, at + form.length, number]);
          at = bytes.indexOf(form, at + 1, 'latin1');
        }
      }
      for (const found of hits.sort(([a], [b]) => a - b)) hit(...found);
    },
  };
}

/** Less is in any text. */
export const leastCharacters = 4;

/** One character a byte: as it is, in UTF-16, escaped for JSON, XML and URLs, in base64 wherever it begins, in hexadecimal. */
function writtenForms(secret: string): ReadonlySet<string> {
  const bytes = Buffer.from(secret).toString('latin1');
  const wide = Buffer.from(secret, 'utf16le');
  const forms = new Set(formsOf(bytes));
  forms.add(wide.toString('latin1'));
  forms.add(Buffer.from(wide).swap16().toString('latin1'));
  const url = encodeURIComponent(secret);
  forms.add(url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  forms.add(url.replaceAll('%20', '+'));
  forms.add(JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'));
  forms.add(asciiJson(secret));
  forms.add(JSON.stringify(JSON.stringify(bytes)).slice(3, -3));
  for (const form of base64Forms(Buffer.from(secret))) if (form.length >= 6) forms.add(form);
  forms.add(bytes.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'));
  forms.add(Buffer.from(secret).toString('hex').toUpperCase());
  return forms;
}

function asciiJson(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
