import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeText, parseHostileJson } from './hostile-json.ts';

const options = { maxDepth: 100, refuseDuplicates: true };

describe('parseHostileJson', () => {
  test.each([
    ['T2: too deep', `${'['.repeat(101)}${']'.repeat(101)}`, 'nested deeper than 100 levels in line 1'],
    ['T2: 5,000,000 arrays', '['.repeat(5_000_000), 'nested deeper than 100 levels in line 1'],
    ['T2: objects and arrays together', '{"a":['.repeat(51), 'nested deeper than 100 levels in line 1'],
    ['T3: a key twice', '{"a":1,\n"b":{"a":1},\n"a":2}', 'the key "a" stands twice, again in line 3'],
    ['T3: a key twice, escaped once', '{"a":1,"\\u0061":2}', 'the key "a" stands twice, again in line 1'],
    ['T4: __proto__', '{"a":[{"__proto__":{}}]}', 'the key "__proto__" in line 1 is not allowed'],
    ['T4: __proto__ in disguise', '{"\\u005f\\u005fproto__":{}}', 'the key "__proto__" in line 1 is not allowed'],
    ['T4: constructor', '\n\n{"constructor":{}}', 'the key "constructor" in line 3 is not allowed'],
    ['T4: prototype', '{"prototype":1}', 'the key "prototype" in line 1 is not allowed'],
  ])('%s', (_, text, message) => {
    expect(() => parseHostileJson(text, options)).toThrow(message);
  });

  test.each(['', '{', '"', '{"a', '{"a\\', '{"\\x":1}', '[1,]', '{"a":1}}', 'NaN', '"\\ud800', ',', ':', '{:}', '}{'])(
    'what is no JSON is an error: %j',
    (text) => {
      expect(() => parseHostileJson(text, options)).toThrow();
    },
  );

  test('T2: brackets and quotes in strings do not count', () => {
    const value = { text: '[{"'.repeat(200), 'key[{"\\': ['\\', '\\"', ']'] };
    expect(parseHostileJson(JSON.stringify(value), options)).toEqual(value);
  });

  test('T4: those words are fine as values, and keys are counted in each object alone', () => {
    const text = '{"a":"__proto__","b":[{"a":"constructor"},{"a":["prototype","prototype"]}]}';
    expect(parseHostileJson(text, options)).toEqual(JSON.parse(text));
  });

  test('T3: a key twice is the last unless refused', () => {
    expect(parseHostileJson('{"a":1,"a":2}', { maxDepth: 2 })).toEqual({ a: 2 });
  });

  test('T1: what JSON.stringify writes is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.boolean(), (value, isIndented) => {
        const text = JSON.stringify(value, null, isIndented ? 2 : 0);
        const hasForbiddenKey = /"(?:__proto__|constructor|prototype)"\s*:/.test(text);
        if (!hasForbiddenKey) expect(parseHostileJson(text, options)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('T2: 16 MiB are read in little more than the time of JSON.parse', () => {
    const text = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => ({ index, text: 'x'.repeat(50) })));
    const start = performance.now();
    parseHostileJson(text, options);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('decodeText', () => {
  test.each([
    ['UTF-8', [0xc3, 0xa9], 'é'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], 'a'],
    ['what is no UTF-8', [0x61, 0xff, 0x62], 'a\ufffdb'],
    ['CRLF', [0x61, 13, 10], 'a\r\n'],
    ['nothing', [], ''],
  ])('T6: %s', (_, bytes, text) => {
    expect(decodeText(Uint8Array.from(bytes))).toBe(text);
  });
});
