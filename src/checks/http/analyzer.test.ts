import { describe, expect, test } from '@jest/globals';
import { parseHostileJson } from '../../contract/hostile-json.ts';
import { limits } from '../../contract/limits.ts';
import { resultMismatch } from '../../contract/validator.ts';
import { httpAnalyzer } from './analyzer.ts';
import { http } from './collector.ts';

/** Whether a condition holds for a file, read as the program reads it. */
async function holds(when: string, file: unknown): Promise<boolean> {
  const json = (text: string) => parseHostileJson(text, { maxDepth: limits.depth });
  const value = http.parse?.(JSON.stringify(file), json);
  expect(resultMismatch(http.result, value)).toBeUndefined();
  const refined = await httpAnalyzer.refine?.(value as never, {}, {} as never);
  if (refined === undefined || !('judged' in refined)) throw new Error('nothing to judge');
  return httpAnalyzer.condition(when, {})(refined.judged);
}

/** The verdict of the first outcome that matches, or what the spec is told of one that never does. */
async function judge(file: unknown, outcomes: readonly (readonly [string, string])[]): Promise<string | undefined> {
  for (const [verdict, when] of outcomes) if (when === '' || (await holds(when, file))) return verdict;
  return undefined;
}

const answered = (status: number) => ({ Error: null, Response: { status, body: '', headers: {} } });
const failed = { Error: { message: 'i/o timeout' }, Response: null };
const edges = 'statusCode >= 300 || statusCode < 200';

describe('as the Go tool judges', () => {
  test.each([
    [failed, [['fail', 'error']], 'fail'],
    [
      answered(200),
      [
        ['fail', 'error'],
        ['warn', 'statusCode == 204'],
        ['pass', 'statusCode == 200'],
      ],
      'pass',
    ],
    [
      answered(200),
      [
        ['pass', 'statusCode == 200'],
        ['warn', ''],
      ],
      'pass',
    ],
    [
      answered(201),
      [
        ['pass', 'statusCode != 200'],
        ['warn', ''],
      ],
      'pass',
    ],
    [
      answered(201),
      [
        ['fail', edges],
        ['pass', ''],
      ],
      'pass',
    ],
    [
      answered(300),
      [
        ['fail', edges],
        ['pass', ''],
      ],
      'fail',
    ],
    [
      failed,
      [
        ['fail', edges],
        ['warn', 'statusCode != 200'],
        ['pass', '!(statusCode == 200)'],
      ],
      undefined,
    ],
    [
      { error: { message: 'x' } },
      [
        ['pass', 'statusCode == 200'],
        ['warn', 'error'],
      ],
      'warn',
    ],
    [
      {},
      [
        ['pass', 'statusCode == 200'],
        ['warn', 'error'],
      ],
      undefined,
    ],
  ] as const)('%j by %j: %s', async (file, outcomes, verdict) => {
    expect(await judge(file, outcomes)).toBe(verdict);
  });

  test.each([
    'statusCode == 200',
    'statusCode === 200',
    'statusCode = 200',
    'statusCode != 201',
    'statusCode >= 200',
    'statusCode > 199',
    'statusCode <= 200',
    'statusCode <= 201',
    'statusCode < 201',
    'statusCode < 201 && statusCode > 199',
    'statusCode < 201 || statusCode > 199 && statusCode == 200',
    'statusCode==200',
    '200 == statusCode',
    'statusCode  ==  200',
    '[statusCode] == 200',
    'statusCode == 0xC8',
    'statusCode = 200 || statusCode = 204',
    'statusCode >= 200 && statusCode < 300',
    '(statusCode >= 200) || false',
    'statusCode in (200, 204)',
    'statusCode in (200)',
    'statusCode % 100 == 0',
    'statusCode / 100 == 2',
    'statusCode == 200 ? true : false',
    'true',
    "'a' < 'b'",
    'statusCode - 100 * 2 == 0',
    '2 ** 3 == 8',
    '!(statusCode in (404, 500))',
  ])('%s holds for 200', async (when) => {
    expect(await holds(when, answered(200))).toBe(true);
  });

  test.each([
    'statusCode != 200',
    '!(statusCode == 200)',
    "statusCode == '200'",
    'statusCode == -200',
    'statusCode == 201 ? true : false',
    'statusCode in (201, 204)',
    'false',
  ])('%s does not hold for 200', async (when) => {
    expect(await holds(when, answered(200))).toBe(false);
  });

  test('division is of floating point numbers', async () => {
    expect(await holds('statusCode / 100 == 2', answered(201))).toBe(false);
  });
});

test.each([
  ['statusCode=200', 'has a = too many or too few; write =='],
  ['statusCode===200', 'has a = too many or too few; write =='],
  ['statusCode', 'is no condition; compare, such as `statusCode == 200`'],
  ['200', 'is no condition'],
  ['statusCode <> 200', '">" where a value should stand'],
  ['statusCode #$ 200', 'cannot be read from `#$ 200` on'],
  ['statusCode >= 200 and statusCode < 300', '"and" where it should end'],
  ["statusCode =~ '2..'", 'a = too many'],
  ['statusCode == 2e2', 'cannot be read from `2e2` on'],
  ['status == 200', '"status" is no number of this check'],
  ['statuscode == 200', 'did you mean statusCode?'],
  ['error || statusCode == 200', '"error" is no number of this check'],
  ['statusCode == 201 && other == 1', '"other" is no number of this check'],
  ['statusCode < 300 && statusCode', 'has a number beside &&'],
  ['statusCode >', 'ends too early'],
  [' ', 'ends too early'],
  ['(statusCode == 200', 'lacks a closing parenthesis'],
  ['statusCode in 200', 'has "in" without a list'],
  ["statusCode < '300'", 'has a text beside <'],
  ['statusCode == 200 ? 1 : false', 'chooses between a number and a boolean'],
  ['statusCode == 200 ? true', 'has a ? without its :'],
  ['statusCode == 200 && !200', 'has a number beside !'],
  ['200)', 'has ")" where it should end'],
])('the condition %j can never be true, which is told: %s', (when, message) => {
  expect(() => httpAnalyzer.condition(when, {})).toThrow(message);
});

test.each([
  ['statusCode == 200 && totalMs > 500', { totalMs: 501 }, true],
  ['statusCode == 200 && totalMs > 500', { totalMs: 500 }, false],
  ['expiresInDays < 30', { expiresInDays: 12.5 }, true],
  ['expiresInDays < 30', { expiresInDays: null }, false],
  ['!(expiresInDays < 30)', { expiresInDays: null }, false],
  ['expiresInDays != 30', {}, false],
])('%s with %j: %s', async (when, more, expected) => {
  expect(await holds(when, { response: { status: 200 }, ...more })).toBe(expected);
});

test('what is nested without end is refused', () => {
  expect(() => httpAnalyzer.condition('('.repeat(1001), {})).toThrow('longer than 1000 characters');
  for (const nested of ['!'.repeat(1000), '('.repeat(1000), `${'1 ** '.repeat(199)}`]) {
    expect(() => httpAnalyzer.condition(nested, {})).toThrow('ends too early');
  }
});
