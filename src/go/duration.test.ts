import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['+0', 0],
    ['0s', 0],
    ['10s', 10_000],
    ['-10s', -10_000],
    ['+5s', 5000],
    ['.5s', 500],
    ['5.s', 5000],
    ['-.5s', -500],
    ['1m30s', 90_000],
    ['1h1m1s1ms', 3_661_001],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['1500μs', 1.5],
    ['250ns', 0.000_25],
    ['0.3333333333333333333h', 1_200_000],
    ['0.100000000000000000000h', 360_000],
    ['9223372036854775807ns', 9_223_372_036_854.775],
    ['-9223372036854775808ns', -9_223_372_036_854.775],
    ['00000000000000000000000000001s', 1000],
    ['2562047h', 9_223_369_200_000],
    ['1s1h', 3_601_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['s', 'time: invalid duration "s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['+-5s', 'time: invalid duration "+-5s"'],
    [' 5s', 'time: invalid duration " 5s"'],
    ['10', 'time: missing unit in duration "10"'],
    ['00', 'time: missing unit in duration "00"'],
    ['1s5', 'time: missing unit in duration "1s5"'],
    ['5 s', 'time: unknown unit " s" in duration "5 s"'],
    ['5s ', 'time: unknown unit "s " in duration "5s "'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['5S', 'time: unknown unit "S" in duration "5S"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
    ['1é"\n', 'time: unknown unit "\\xc3\\xa9\\"\\x0a" in duration "1\\xc3\\xa9\\"\\x0a"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
    ['9223372036854775.808us', 'time: invalid duration "9223372036854775.808us"'],
    ['2562048h', 'time: invalid duration "2562048h"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['-9223372036854775809ns', 'time: invalid duration "-9223372036854775809ns"'],
    ['99999999999999999999999s', 'time: invalid duration "99999999999999999999999s"'],
  ])('%j is refused', (text, message) => {
    expect(() => parseDuration(text)).toThrow(new Error(message));
  });

  test('a long run of digits takes no time', () => {
    expect(() => parseDuration(`${'9'.repeat(1_000_000)}s`)).toThrow('time: invalid duration');
    expect(parseDuration(`0.${'9'.repeat(1_000_000)}s`)).toBeCloseTo(1000);
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [10_000, '10s'],
    [90_000, '1m30s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [500, '500ms'],
    [2500, '2.5s'],
    [1.5, '1.5ms'],
    [0.0015, '1.5µs'],
    [0.000_001, '1ns'],
    [-90_000, '-1m30s'],
    [61_001.5, '1m1.0015s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('parseDuration reads it back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
