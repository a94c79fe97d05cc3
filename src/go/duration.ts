// Go's time.ParseDuration and Duration.String: https://pkg.go.dev/time#ParseDuration

const nanosecondsOf: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  // U+00B5, micro sign
  µs: 1_000n,
  // U+03BC, Greek letter mu
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const maxNanoseconds = 2n ** 63n;
/** No 64-bit number of nanoseconds has more digits than this, so longer runs of digits need not become numbers. */
const maxDigits = 20;

/** The milliseconds of a Go duration such as `1m30s`; throws an Error with Go's text. */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-');
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') {
    return 0;
  }
  if (unsigned === '') {
    throw invalid(text);
  }

  let total = 0n;
  let at = 0;
  while (at < unsigned.length) {
    const whole = digitsAt(unsigned, at);
    at += whole.length;
    if (isTooLarge(whole)) {
      throw invalid(text);
    }
    let fraction = '';
    if (unsigned[at] === '.') {
      fraction = digitsAt(unsigned, at + 1);
      at += 1 + fraction.length;
    }
    if (whole === '' && fraction === '') {
      throw invalid(text);
    }
    const unit = unitAt(unsigned, at);
    at += unit.length;
    if (unit === '') {
      throw new Error(`time: missing unit in duration ${quote(text)}`);
    }
    if (!Object.hasOwn(nanosecondsOf, unit)) {
      throw new Error(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    }
    total += nanoseconds(whole, fraction, nanosecondsOf[unit] ?? 0n, text);
    if (total > maxNanoseconds) {
      throw invalid(text);
    }
  }

  if (total === maxNanoseconds && !negative) {
    throw invalid(text);
  }
  const milliseconds = Number(total / 1_000_000n) + Number(total % 1_000_000n) / 1e6;
  return negative && milliseconds !== 0 ? -milliseconds : milliseconds;
}

/** Milliseconds as Go prints them: `10s`, `1m30s`, `500ms`, `2.5s`. */
export function formatDuration(ms: number): string {
  const whole = Math.trunc(Math.abs(ms));
  const total = BigInt(whole) * 1_000_000n + BigInt(Math.round((Math.abs(ms) - whole) * 1e6));
  const sign = ms < 0 && total > 0n ? '-' : '';
  if (total === 0n) {
    return '0s';
  }
  if (total < 1_000_000_000n) {
    const unit = total < 1_000n ? 'ns' : total < 1_000_000n ? 'µs' : 'ms';
    return sign + decimal(total, nanosecondsOf[unit] ?? 1n) + unit;
  }
  const minutes = total / 60_000_000_000n;
  const seconds = `${decimal(total % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) {
    return sign + seconds;
  }
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function nanoseconds(whole: string, fraction: string, unit: bigint, text: string): bigint {
  const total = BigInt(whole) * unit + fractionOf(fraction, unit);
  if (total > maxNanoseconds) {
    throw invalid(text);
  }
  return total;
}

function isTooLarge(digits: string): boolean {
  const significant = digits.replace(/^0+/, '');
  return significant.length > maxDigits || BigInt(significant) > maxNanoseconds;
}

/** In floating point, because Go does so: a third of an hour with 19 digits is 20 minutes, not a nanosecond less. */
function fractionOf(digits: string, unit: bigint): bigint {
  let numerator = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = numerator * 10n + BigInt(digit);
    if (next > maxNanoseconds) {
      break;
    }
    numerator = next;
    scale *= 10;
  }
  return BigInt(Math.trunc(Number(numerator) * (Number(unit) / scale)));
}

function digitsAt(text: string, at: number): string {
  let end = at;
  while (end < text.length && isDigit(text[end])) {
    end++;
  }
  return text.slice(at, end);
}

function unitAt(text: string, at: number): string {
  let end = at;
  while (end < text.length && text[end] !== '.' && !isDigit(text[end])) {
    end++;
  }
  return text.slice(at, end);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function decimal(amount: bigint, unit: bigint): string {
  const width = unit.toString().length - 1;
  const fraction = (amount % unit).toString().padStart(width, '0').replace(/0+$/, '');
  const whole = (amount / unit).toString();
  return fraction === '' || width === 0 ? whole : `${whole}.${fraction}`;
}

function invalid(text: string): Error {
  return new Error(`time: invalid duration ${quote(text)}`);
}

/** As package time quotes: every byte outside printable ASCII is escaped, so no control character gets through. */
function quote(text: string): string {
  let quoted = '';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x80) {
      quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
    } else {
      quoted += character === '"' || character === '\\' ? `\\${character}` : character;
    }
  }
  return `"${quoted}"`;
}

/** A time limit or a pause, in milliseconds: a duration that is not negative. With a mistake, `ms` means nothing. */
export function parseTime(text: string): { readonly ms: number; readonly mistake?: string } {
  try {
    const ms = parseDuration(text);
    return ms < 0 ? { ms: 0, mistake: `"${text}" is negative; write a time such as 10s` } : { ms };
  } catch (error) {
    return { ms: 0, mistake: `${error instanceof Error ? error.message : String(error)}; write a time such as 10s` };
  }
}
