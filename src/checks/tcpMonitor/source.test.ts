import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readFunction } from './source.ts';

const folder = new URL('../../../fixtures/kener/', import.meta.url);

describe('E5: a function as people have it', () => {
  test.each(readdirSync(folder))('the document: %s', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text).toMatch(/^;\(async function/);
    const read = readFunction(text);
    expect('source' in read ? read.source : read).toMatch(/^\(async function[\s\S]*\}\)$/);
  });

  test.each([
    ['() => 1', '() => 1'],
    ['  async (x) => x ;; ', 'async (x) => x'],
    [';;\n;(function (x) { return x })', '(function (x) { return x })'],
    ['// first\n/* then */ ; (x) => x // last', '(x) => x'],
    ['/* ; */;x => x /* ; */ ;', 'x => x'],
    ['(x) => ({ a: ";", b: /;/ })', '(x) => ({ a: ";", b: /;/ })'],
    ['makeOne(2)', 'makeOne(2)'],
    ['(1, x => x)', '(1, x => x)'],
  ])('%j', (text, source) => {
    expect(readFunction(text)).toEqual({ source });
  });
});

describe('what is refused, with the place', () => {
  test.each([
    ['', 'holds no function; write one, or leave it out'],
    [' ; // nothing', 'holds no function; write one, or leave it out'],
    ['() => {', 'does not parse: Unexpected token, in its line 1, column 8'],
    ['() => 1\n() => 2', 'has more after its function, in its line 2, column 4; write one function'],
    // The break-out of a wrapper: harmless, and still no expression.
    ['}) ; while(true){} (async()=>{', 'does not parse: Unexpected token, in its line 1, column 1'],
    ['x => x) ; (y => y', 'has more after its function, in its line 1, column 7; write one function'],
    ['"UP"', 'is no function; write one such as (pings) => ({ status: "UP", latency: 0 })'],
    ['({ status: "UP" })', 'is no function; write one such as (pings) => ({ status: "UP", latency: 0 })'],
    ['const f = () => 1', 'does not parse: Unexpected token, in its line 1, column 1'],
    [`${'('.repeat(20_000)}`, expect.stringMatching(/^does not parse: (Not enough stack space|it is nested too deep)/)],
    [`() => "${'a'.repeat(70_000)}"`, 'has 70008 bytes; at most 65536 are taken'],
  ])('%.40j', (text, mistake) => {
    expect(readFunction(text)).toEqual({ mistake });
  });
});
