// Go's strconv.FormatFloat: the shortest digits, or a number of them with halves rounded to even.

/** The most digits that JavaScript gives. */
export const maxPrecision = 100;

/** Go's `%g` with as many digits as the number needs. */
export function shortestFloat(number: number): string {
  if (!Number.isFinite(number)) {
    return Number.isNaN(number) ? 'NaN' : number > 0 ? '+Inf' : '-Inf';
  }
  const exponent = exponentOf(number);
  if (exponent < -4 || exponent >= 6) {
    return goExponent(number.toExponential());
  }
  return Object.is(number, -0) ? '-0' : String(number);
}

function exponentOf(number: number): number {
  return Number(number.toExponential().split('e')[1]);
}

/** Go writes at least two digits of an exponent. */
export function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

export function fixedText(size: number, precision: number): string {
  // toFixed turns to exponents at 1e21; every double that large is an integer.
  if (size >= 1e21) {
    return BigInt(size).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
  }
  return evenAtTie(size.toFixed(precision), size.toFixed(maxPrecision), precision);
}

export function roundedExponential(size: number, precision: number): string {
  const [rounded = '', power = ''] = size.toExponential(precision).split('e');
  const [exact = '', exactPower] = size.toExponential(maxPrecision).split('e');
  return `${power === exactPower ? evenAtTie(rounded, exact, precision) : rounded}e${power}`;
}

/** JavaScript rounds a half up, Go to the even digit. */
function evenAtTie(rounded: string, exact: string, precision: number): string {
  const point = exact.indexOf('.') + 1;
  const isTie = /^50*$/.test(exact.slice(point + precision));
  const kept = exact.slice(0, precision === 0 ? point - 1 : point + precision);
  return isTie && '02468'.includes(kept.at(-1) ?? '') ? kept : rounded;
}

export function generalText(size: number, precision: number): string {
  const digits = Math.max(1, precision);
  const [mantissa = '', power = ''] = roundedExponential(size, digits - 1).split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    return goExponent(`${withoutTrailingZeros(mantissa)}e${power}`);
  }
  return withoutTrailingZeros(fixedText(size, Math.max(0, digits - 1 - exponent)));
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
