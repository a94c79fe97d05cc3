import { fail } from './error.ts';
import { fixedText, generalText, goExponent, maxPrecision, roundedExponential, shortestFloat } from './float.ts';
import type { Room } from './function.ts';
import { formatWith, quoteText, scalarText } from './print.ts';
import { floatOf, isFloat, isList, isStruct, kindOf, mapOf, typeName, type Value } from './value.ts';

const maxWidth = 1000;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

const plain: Directive = { flags: '', width: 0, precision: undefined, verb: 'v' };

/** Go's fmt.Sprintf without `*`, `[n]`, `%T`, `%p` and `%#v`. */
export function formatText(format: string, values: readonly Value[], room: Room): string {
  const directive = /%([-+# 0]*)(\d*)(?:\.(\d*))?([\s\S])?/gu;
  const parts: string[] = [];
  let from = 0;
  let next = 0;
  for (const match of format.matchAll(directive)) {
    parts.push(format.slice(from, match.index));
    from = match.index + match[0].length;
    const [, flags = '', width = '', precision, verb] = match;
    if (verb === undefined || verb === '%') {
      parts.push(verb ?? '%!(NOVERB)');
      continue;
    }
    if ('Tp*['.includes(verb) || flags.includes('#')) {
      fail(`printf: ${match[0]} is not supported`);
    }
    if (next >= values.length) {
      parts.push(`%!${verb}(MISSING)`);
      continue;
    }
    const text = formatOne(
      values[next++],
      {
        // For Go, the plus of `%+v` asks for the names of fields.
        flags: verb === 'v' ? flags.replaceAll('+', '') : flags,
        width: bounded(width, maxWidth),
        precision: precision === undefined ? undefined : bounded(precision, maxPrecision),
        verb,
      },
      room,
    );
    parts.push(text);
  }
  parts.push(format.slice(from));
  if (next < values.length) {
    const extra = values.slice(next).map((value) => typed(value, plain, room));
    parts.push(`%!(EXTRA ${extra.join(', ')})`);
  }
  room(parts.reduce((length, part) => length + part.length, 0));
  return parts.join('');
}

function bounded(digits: string, most: number): number {
  const number = Number(digits);
  return number > most ? fail(`printf: ${number} is too wide; at most ${most}`) : number;
}

/** How Go shows a value that does not fit its verb. */
function typed(value: Value, directive: Directive, room: Room): string {
  return kindOf(value) === 'nil' ? '<nil>' : `${goType(value)}=${formatOne(value, directive, room)}`;
}

function goType(value: Value): string {
  if (isList(value)) {
    return '[]interface {}';
  }
  return mapOf(value) === undefined ? typeName(value) : 'map[string]interface {}';
}

function formatOne(value: Value, directive: Directive, room: Room): string {
  if (isList(value) || mapOf(value) !== undefined || isStruct(value)) {
    return formatWith(
      value,
      (leaf) => (kindOf(leaf) === 'nil' ? '<nil>' : formatScalar(leaf, directive, room)),
      room,
      0,
    );
  }
  return formatScalar(value, directive, room);
}

function formatScalar(value: Value, directive: Directive, room: Room): string {
  const { verb } = directive;
  const text = textOf(value, directive);
  if (text === undefined) {
    return `%!${verb}(${typed(value, { ...directive, verb: 'v' }, room)})`;
  }
  return pad(text, directive, typeof value === 'bigint' || isFloat(value));
}

/** Undefined when the verb does not fit the value. */
function textOf(value: Value, directive: Directive): string | undefined {
  const { verb } = directive;
  switch (kindOf(value)) {
    case 'bool':
      return verb === 'v' || verb === 't' ? String(value) : undefined;
    case 'int':
      return integerText(typeof value === 'bigint' ? value : 0n, directive);
    case 'float':
      return isFloat(value) ? floatText(floatOf(value), directive) : undefined;
    case 'string':
      return stringText(scalarText(value), directive);
    case 'zero':
      return zeroText(directive);
    default:
      return verb === 'v' ? '<nil>' : undefined;
  }
}

/** The zero value takes the type that the verb asks for. */
function zeroText(directive: Directive): string | undefined {
  if (directive.verb === 't') {
    return 'false';
  }
  if ('vsqx'.includes(directive.verb)) {
    return stringText('', directive);
  }
  return integerText(0n, directive) ?? floatText(0, directive);
}

const radixes: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, x: 16, X: 16 };

function integerText(number: bigint, { verb, flags, precision = 0 }: Directive): string | undefined {
  if (verb === 'c' || verb === 'q' || verb === 'U') {
    return characterText(number, verb);
  }
  const radix = radixes[verb];
  if (radix === undefined) {
    return undefined;
  }
  const digits = (number < 0n ? -number : number).toString(radix).padStart(precision, '0');
  return signOf(number < 0n, flags) + (verb === 'X' ? digits.toUpperCase() : digits);
}

function characterText(number: bigint, verb: string): string {
  if (verb === 'U') {
    return `U+${number.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  const known = number >= 0n && number <= 0x10_ff_ffn && !(number >= 0xd8_00n && number <= 0xdf_ffn);
  const character = known ? String.fromCodePoint(Number(number)) : '\ufffd';
  if (verb === 'c') {
    return character;
  }
  return character === "'" ? "'\\''" : character === '"' ? `'"'` : `'${quoteText(character).slice(1, -1)}'`;
}

function floatText(number: number, { verb, flags, precision }: Directive): string | undefined {
  const sign = signOf(number < 0 || Object.is(number, -0), flags);
  const size = Math.abs(number);
  switch (verb) {
    case 'v':
    case 'g':
    case 'G': {
      const text = precision === undefined ? shortestFloat(size) : generalText(size, precision);
      return sign + (verb === 'G' ? text.toUpperCase() : text);
    }
    case 'e':
    case 'E': {
      const text = goExponent(roundedExponential(size, precision ?? 6));
      return sign + (verb === 'E' ? text.toUpperCase() : text);
    }
    case 'f':
    case 'F':
      return sign + fixedText(size, precision ?? 6);
    case 'b':
    case 'x':
    case 'X':
      return fail(`printf: %${verb} of a float64 is not supported`);
    default:
      return undefined;
  }
}

function stringText(text: string, { verb, precision }: Directive): string | undefined {
  const kept = precision === undefined ? text : [...text].slice(0, precision).join('');
  switch (verb) {
    case 'v':
    case 's':
      return kept;
    case 'q':
      return quoteText(kept);
    case 'x':
    case 'X': {
      const bytes = [...new TextEncoder().encode(text)].slice(0, precision);
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      return undefined;
  }
}

function signOf(negative: boolean, flags: string): string {
  if (negative) {
    return '-';
  }
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function pad(text: string, { flags, width, precision }: Directive, isNumber: boolean): string {
  const missing = width - (width === 0 ? 0 : [...text].length);
  if (missing <= 0) {
    return text;
  }
  if (flags.includes('-')) {
    return text + ' '.repeat(missing);
  }
  if (!flags.includes('0') || (isNumber && precision !== undefined && !text.includes('.'))) {
    return ' '.repeat(missing) + text;
  }
  const sign = isNumber ? (/^[+\- ]/.exec(text)?.[0] ?? '') : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
