import { fail } from './error.ts';

// The rules of Masterminds/semver 1.5, which kURL's sprig uses, and blanks between two constraints as later versions
// take them: https://github.com/Masterminds/semver/tree/v1.5.0

const maxLength = 512;
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const versionPattern = new RegExp(`^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:-(${identifiers}))?(?:\\+${identifiers})?$`);
const partialPattern = new RegExp(
  `^v?([\\dxX*]+)(?:\\.([\\dxX*]+))?(?:\\.([\\dxX*]+))?((?:-${identifiers})?(?:\\+${identifiers})?)$`,
);
const operatorPattern = /^(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?/;

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly prerelease: string;
}

interface Constraint {
  readonly operator: string;
  readonly version: Version;
  /** Which part was left open: `*`, `1.x` or `1`, `1.2.x`. */
  readonly open: 'none' | 'all' | 'minor' | 'patch';
}

export function semverCompare(constraint: string, version: string): boolean {
  if (constraint.length > maxLength || version.length > maxLength) {
    return fail(`semverCompare: text of more than ${maxLength} characters`);
  }
  const alternatives = constraint.split('||').map((part) => part.split(',').flatMap(parseConstraints));
  const wanted = parseVersion(version) ?? fail(`invalid semantic version: "${version}"`);
  return alternatives.some((group) => group.every((one) => holds(one, wanted)));
}

function parseConstraints(text: string): readonly Constraint[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const constraints: Constraint[] = [];
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    const operator = operatorPattern.exec(word)?.[0] ?? '';
    const apart = operator === word;
    const subject = apart ? (words[at + 1] ?? '') : word.slice(operator.length);
    at += apart ? 2 : 1;
    if (operator === '' && words[at] === '-') {
      constraints.push(parseConstraint('>=', subject, text), parseConstraint('<=', words[at + 1] ?? '', text));
      at += 2;
    } else {
      constraints.push(parseConstraint(operator, subject, text));
    }
  }
  return constraints.length > 0 ? constraints : fail(`improper constraint: "${text}"`);
}

function parseConstraint(operator: string, subject: string, text: string): Constraint {
  const match = partialPattern.exec(subject);
  if (match === null) {
    return fail(`improper constraint: "${text}"`);
  }
  const [, major = '', minor = '', patch = '', suffix = ''] = match;
  const build = (version: string, open: Constraint['open']): Constraint => {
    return { operator, version: parseVersion(version) ?? fail(`improper constraint: "${text}"`), open };
  };
  if (isAny(major)) {
    return build('0.0.0', 'all');
  }
  if (minor === '' || isAny(minor)) {
    return build(`${major}.0.0${suffix}`, 'minor');
  }
  return isAny(patch) ? build(`${major}.${minor}.0${suffix}`, 'patch') : build(subject, 'none');
}

function isAny(part: string): boolean {
  return part === 'x' || part === 'X' || part === '*';
}

function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, major = '0', minor = '0', patch = '0', prerelease = ''] = match;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  return numbers.every((number) => number < 2n ** 63n) ? { numbers, prerelease } : undefined;
}

/** A prerelease fits only a constraint that names one; `!=` of a whole version is the exception. */
function holds({ operator, version: limit, open }: Constraint, version: Version): boolean {
  const unwantedPrerelease = version.prerelease !== '' && limit.prerelease === '';
  if (operator === '!=' && open === 'none') {
    return compareVersions(version, limit) !== 0;
  }
  if (unwantedPrerelease) {
    return false;
  }
  switch (operator) {
    case '!=':
      return version.numbers[0] !== limit.numbers[0] || (open !== 'minor' && version.numbers[1] !== limit.numbers[1]);
    case '>':
      return compareVersions(version, limit) > 0;
    case '>=':
    case '=>':
      return compareVersions(version, limit) >= 0;
    case '<':
      return open === 'none' ? compareVersions(version, limit) < 0 : isWithin(version, limit, open);
    case '<=':
    case '=<':
      return open === 'none' ? compareVersions(version, limit) <= 0 : isWithin(version, limit, open);
    case '^':
      return compareVersions(version, limit) >= 0 && version.numbers[0] === limit.numbers[0];
    case '~':
    case '~>':
      return isAbout(version, limit, open);
    default:
      return open === 'none' ? compareVersions(version, limit) === 0 : isAbout(version, limit, open);
  }
}

/** Compares major and minor apart, as semver 1.5 does: 1.5.0 is not `< 2.3.x` there. */
function isWithin(version: Version, limit: Version, open: Constraint['open']): boolean {
  return version.numbers[0] <= limit.numbers[0] && (open === 'minor' || version.numbers[1] <= limit.numbers[1]);
}

function isAbout(version: Version, limit: Version, open: Constraint['open']): boolean {
  if (compareVersions(version, limit) < 0) {
    return false;
  }
  const anything = limit.numbers.every((number) => number === 0n) && (open === 'none' || open === 'all');
  return (
    anything ||
    (version.numbers[0] === limit.numbers[0] && (open === 'minor' || version.numbers[1] === limit.numbers[1]))
  );
}

function compareVersions(a: Version, b: Version): number {
  for (const index of [0, 1, 2] as const) {
    if (a.numbers[index] !== b.numbers[index]) {
      return a.numbers[index] < b.numbers[index] ? -1 : 1;
    }
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** A release comes after its prereleases. */
function comparePrereleases(a: string, b: string): number {
  if (a === b || a === '' || b === '') {
    return a === b ? 0 : a === '' ? 1 : -1;
  }
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = comparePart(left[at], right[at]);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** Numbers by size and before words; a part that is absent comes first. */
function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === b || a === undefined || b === undefined) {
    return a === b ? 0 : a === undefined ? -1 : 1;
  }
  const leftNumber = /^\d+$/.test(a);
  const rightNumber = /^\d+$/.test(b);
  if (leftNumber && rightNumber) {
    return BigInt(a) === BigInt(b) ? 0 : BigInt(a) < BigInt(b) ? -1 : 1;
  }
  if (leftNumber !== rightNumber) {
    return leftNumber ? -1 : 1;
  }
  return a < b ? -1 : 1;
}
