import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleFinder } from './rule.ts';
import { rules } from './rules/rules.ts';
import { createScrub } from './scrub.ts';
import { mask } from './span.ts';

const finder = ruleFinder(rules, () => performance.now(), 60_000);
const small = { windowBytes: 3072, aheadBytes: 1024, behindBytes: 512 };

function scrubbed(pieces: readonly Uint8Array[], sizes = small): string {
  const scrub = createScrub({ finders: [finder], onSpan() {}, sizes });
  const given = pieces.map((piece) => {
    const lent = Buffer.from(piece);
    const out = Buffer.concat(scrub.write(lent));
    lent.fill(0);
    return out;
  });
  return Buffer.concat([...given, ...scrub.end()]).toString('latin1');
}

/** Text of the kind in which secrets are found, with many that are nearly one. */
const word = fc.constantFrom(
  'password',
  'token',
  ': ',
  '=',
  '"',
  "'",
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  '\n',
  '\r\n',
  ' ',
  '  ',
  '- ',
  'user',
  'https://a:b@c/',
  'x1Y2z3',
  '-----BEGIN PRIVATE KEY-----',
  '-----END PRIVATE KEY-----',
  '\\n',
  '\\"',
  'name',
  'value',
  '|',
  '&',
  ';',
  '\0',
  '\t',
  '$6$ab$cdefghijkl',
  'kind: Secret',
  'data:',
  '--password ',
  'Authorization: Basic ',
  'eyJhbGciOiJI.abcdefghi.x',
  'é',
  '<password>',
  '</',
  'A',
);
const text = fc
  .array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: fc.string({ maxLength: 30 }) }), {
    maxLength: 120,
  })
  .map((parts) => parts.join(''));
const longText = fc.tuple(text, fc.integer({ min: 1, max: 60 })).map(([part, times]) => part.repeat(times));

/** Lines in which secrets are, and lines in which none is, in any order. */
const lines = fc
  .array(
    fc.constantFrom(
      ...rules.flatMap(({ hits, misses }) => [...hits, ...misses]).map((example) => example.replace(/[«»‹›]/g, '')),
    ),
    { maxLength: 12 },
  )
  .map((examples) => examples.join('\n'));

describe('P6', () => {
  test('how a file comes in changes nothing', () => {
    fc.assert(
      fc.property(
        longText,
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }),
        (whole, sizes) => {
          const bytes = Buffer.from(whole);
          const pieces: Buffer[] = [];
          for (let at = 0, index = 0; at < bytes.length; index++) {
            const size = sizes[index % sizes.length] ?? 1;
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(told(() => scrubbed(pieces))).toEqual(told(() => scrubbed([bytes])));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('lines keep their number, and what was masked once stays as it is', () => {
    fc.assert(
      fc.property(lines, (whole) => {
        const once = told(() => scrubbed([Buffer.from(whole)]));
        if ('failed' in once) return;
        expect(once.text.split('\n').length).toBe(whole.split('\n').length);
        expect(told(() => scrubbed([Buffer.from(once.text, 'latin1')]))).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  test('JSON stays JSON', () => {
    const key = fc.oneof(
      fc.constantFrom('password', 'token', 'user', 'name', 'value', 'key', 'env', 'kind', 'data'),
      fc.string(),
    );
    const leaf = fc.oneof(
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('DB_PASSWORD', 'PASSWORD=a b', 'Secret', '{"token":"x"}'),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
        const output = scrubbed([Buffer.from(JSON.stringify(value, null, indent))]);
        expect(() => JSON.parse(output)).not.toThrow();
      }),
      { numRuns: 700 },
    );
  });
});

function told(work: () => string): { readonly text: string } | { readonly failed: string } {
  try {
    return { text: work() };
  } catch (error) {
    return { failed: (error as Error).constructor.name };
  }
}

describe('what is longer than a window', () => {
  const long = 'x7Qp'.repeat(2000);

  test.each([
    ['a value', `password=${long}\nnext`, `password=${mask}\nnext`],
    ['a value in quotes', `{"password":"${long}","b":1}`, `{"password":"${mask}","b":1}`],
    [
      'a private key',
      `-----BEGIN PRIVATE KEY-----\n${`${'QUJD'.repeat(16)}\n`.repeat(200)}-----END PRIVATE KEY-----\nnext`,
      undefined,
    ],
  ])('%s is masked to its end', (_name, input, expected) => {
    const output = scrubbed([Buffer.from(input)]);
    if (expected !== undefined) expect(output).toBe(expected);
    expect(output).not.toMatch(/x7Qp|QUJD/);
    expect(output.split('\n').length).toBe(input.split('\n').length);
  });

  test('a secret in the middle of one long line, wherever windows end', () => {
    for (let before = 1800; before < 3200; before += 7) {
      const output = scrubbed([Buffer.from(`${'a '.repeat(before)}password=s3cretvalue b ${'c '.repeat(2000)}`)]);
      expect(output).not.toContain('s3cret');
      expect(output.length).toBe(before * 2 + 9 + mask.length + 3 + 4000);
    }
  });
});

test.each([['before'], ['behind']])('of a long list of Secrets the data of each, with its kind %s it', (where) => {
  const items = Array.from({ length: 2000 }, (_, number) => {
    const data = `  data:\n    some.file: c2VjcmV0LW51bWJlci0${number}x\n`;
    return where === 'before' ? `- kind: Secret\n${data}` : `- apiVersion: v1\n${data}  kind: Secret\n`;
  });
  const scrub = createScrub({ finders: [finder], onSpan() {} });
  const output = Buffer.concat(scrub.whole(Buffer.from(`items:\n${items.join('')}`))).toString();
  expect(output).not.toContain('c2VjcmV0');
  expect(output.split('some.file: ***HIDDEN***')).toHaveLength(2001);
});

test('X1: no rule takes long over text made to be slow', () => {
  const starts = [
    'password=',
    'password: ',
    '"password":"',
    'https://',
    'https://a:',
    'mysql -',
    'curl -',
    '"name":"password',
    'eyJaaaaaaaa.',
    '$6$',
    '\\"name\\":\\"',
    'password: {',
    'kind: Secret\n',
    'kind: Secret\ndata:\n  a: b\n',
    'login a password ',
    'snmpwalk -',
    '-----BEGIN ',
    'user:',
  ];
  const slow: string[] = [];
  for (const start of starts) {
    for (const fill of [start, `${start} `, `${start}a`, `${start}"`, `${start}\\`, `${start}\n`]) {
      const bytes = Buffer.from(fill.repeat(Math.ceil(100_000 / fill.length)));
      const began = process.cpuUsage();
      told(() => scrubbed([bytes], { windowBytes: 262_144, aheadBytes: 65_536, behindBytes: 8192 }));
      const took = process.cpuUsage(began).user / 1000;
      if (took > 1500) slow.push(`${JSON.stringify(fill)} took ${Math.round(took)} ms`);
    }
  }
  expect(slow).toEqual([]);
}, 120_000);
