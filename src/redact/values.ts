import { createNeedles, headBytes } from './needles.ts';
import type { Finder, Span, Window } from './span.ts';

/**
 * Secrets that were found, kept in memory alone, so that each is masked wherever else it appears: a log may print bare what a
 * configuration names.
 */
export interface Values extends Finder {
  /** A secret as it was found; what could be any word is not remembered. */
  remember(value: string): void;
  /** How many texts are searched for. */
  readonly count: number;
  test(text: string): boolean;
}

/** A secret that is longer is known by this much of it. */
const longest = 4096;
/** A hostile file is full of what looks like secrets. */
const mostNeedles = 1_000_000;

export function createValues(budgetMs = 2000): Values {
  const known = new Set<string>();
  const needles = createNeedles<undefined>({ most: mostNeedles, budgetMs });

  function find({ bytes }: Pick<Window, 'bytes'>, from: number, to: number): Span[] {
    const spans: Span[] = [];
    needles.find(bytes, from, to, (start, end) => {
      spans.push({ start, end, rule: 'known-secret', isSecret: true });
    });
    return spans;
  }

  return {
    remember(value) {
      if (known.has(value) || known.size >= mostNeedles) return;
      known.add(value);
      for (const line of [...linesOf(value), ...partsOf(value)])
        if (isTelling(line)) for (const form of formsOf(line.slice(0, longest))) needles.add(form, undefined);
    },
    get count() {
      return needles.count;
    },
    test: (text) => needles.count > 0 && find({ bytes: Buffer.from(text, 'utf8') }, 0, text.length * 4).length > 0,
    find,
  };
}

/** Of a key in many lines, each that is long enough to be known by. */
function linesOf(value: string): readonly string[] {
  if (value.length < 64 || !/\n|\\n/.test(value)) return [value];
  return value.split(/(?:\r?\n|\\r|\\n)[ \t]*/).filter((line) => line.length >= 20);
}

/** Of a cookie each value, of what is in base64 what it says, of user and password the password. */
function partsOf(value: string): readonly string[] {
  const parts =
    value.length < longest && value.includes('=')
      ? value.split(/[;,&\s]+/).map((part) => part.replace(/^[^=]*=/, ''))
      : [];
  const plain = /^[\w+/-]{8,4096}={0,2}$/.test(value) ? Buffer.from(value, 'base64').toString('latin1') : '';
  if (!/^[\x20-\x7e]{8,}$/.test(plain)) return parts;
  return [...parts, plain, plain.slice(plain.indexOf(':') + 1)];
}

/** Whether a value is unlike what stands in any text: a common word, a number that may be a port or a date, a path, a mask. */
export function isTelling(value: string): boolean {
  if (value.length < headBytes || /^\s|\s$/.test(value) || value.includes('***HIDDEN***')) return false;
  if (/^\d+$/.test(value)) return value.length >= 12;
  if (/^[a-z_. -]+$|^[A-Z][a-z_. -]+$|^[A-Z_. -]+$/.test(value)) return value.length >= 20 && !/ /.test(value);
  if (/^\/[\w./-]*$|^[\d.:]+$/.test(value)) return false;
  return true;
}

/** How it may be written elsewhere: escaped for JSON and for URLs, in base64 wherever it begins, in hexadecimal. */
export function formsOf(value: string): readonly string[] {
  const forms = new Set([value]);
  const plains = new Set([value, unescaped(value), decoded(value)]);
  for (const plain of plains) {
    forms.add(plain);
    forms.add(JSON.stringify(plain).slice(1, -1));
    forms.add(encodeURIComponent(Buffer.from(plain, 'latin1').toString('utf8')));
    const bytes = Buffer.from(plain, 'latin1');
    forms.add(bytes.toString('hex'));
    for (const form of base64Forms(bytes)) if (form.length >= 12) forms.add(form);
  }
  return [...forms];
}

/** In both alphabets, wherever it begins in what is encoded. */
export function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The characters that its neighbours have a share in are left out.
    const whole = shifted.slice(offset === 0 ? 0 : offset + 1, (bytes.length + offset) % 3 === 0 ? undefined : -1);
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

function unescaped(value: string): string {
  if (!value.includes('\\')) return value;
  try {
    return String(JSON.parse(`"${value}"`));
  } catch {
    return value;
  }
}

function decoded(value: string): string {
  if (!/%[0-9A-Fa-f]{2}/.test(value)) return value;
  try {
    return Buffer.from(decodeURIComponent(value), 'utf8').toString('latin1');
  } catch {
    return value;
  }
}
