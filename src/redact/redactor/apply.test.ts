import { describe, expect, test } from '@jest/globals';
import type { SpecRedactor } from '../../contract/spec.ts';
import { createRedactors } from './apply.ts';

const redactor = (own: Partial<SpecRedactor>): SpecRedactor => ({
  name: 'r',
  files: [],
  values: [],
  regex: [],
  yamlPath: [],
  ...own,
});

function applied(own: Partial<SpecRedactor>, text: string, path = 'a.txt') {
  const masked: string[] = [];
  const bytes = createRedactors([redactor(own)]).apply(path, Buffer.from(text), (rule, found, line) =>
    masked.push(`${rule} ${line} ${found}`),
  );
  return { text: Buffer.from(bytes).toString(), masked };
}

const H = '***HIDDEN***';

describe('X2, X3: values and patterns', () => {
  test.each<[string, Partial<SpecRedactor>, string, string]>([
    ['a literal', { values: ['abc'] }, 'x abc y abc\n', `x ${H} y ${H}\n`],
    ['an empty literal masks nothing', { values: [''] }, 'ab', 'ab'],
    ['a literal of two lines', { values: ['a\nb'] }, 'xa\nby', `x${H}y`],
    [
      'groups: kept, masked, dropped, and what is in none',
      { regex: [{ redactor: '(a=)(?P<mask>\\w+)(?P<drop> b) (c)' }] },
      'a=1 b c d',
      `a=${H}c d`,
    ],
    ['a name used twice', { regex: [{ redactor: '(?P<mask>\\d+)(-)(?P<mask>\\d+)' }] }, '12-34', `${H}-${H}`],
    [
      'a group around the masked one does not show it',
      { regex: [{ redactor: '(key=(?P<mask>\\w+))' }] },
      'key=abc',
      `key=${H}`,
    ],
    ['no group: the match goes', { regex: [{ redactor: 'secret' }] }, 'a secret b', 'a  b'],
    ['an empty mask shows', { regex: [{ redactor: '("p": ")(?P<mask>[^"]*)(")' }] }, '"p": ""', `"p": "${H}"`],
    [
      'anchors, CRLF and a byte-order mark',
      { regex: [{ redactor: '^(p=)(?P<mask>.*)$' }] },
      '\ufeffp=1\r\np=2\r\n',
      `\ufeffp=${H}\r\np=${H}\r\n`,
    ],
    ['lines that end with CR alone', { regex: [{ redactor: '^(p=)(?P<mask>.*)$' }] }, 'a\rp=1\rb', `a\rp=${H}\rb`],
    [
      'a selector: the next line alone',
      { regex: [{ selector: 'name', redactor: '(v: )(?P<mask>.*)' }] },
      'v: 0\nname\nv: 1\nv: 2',
      `v: 0\nname\nv: ${H}\nv: 2`,
    ],
    ['inline flags', { regex: [{ redactor: '(?i)(pw )(?P<mask>\\S+)' }] }, 'PW x', `PW ${H}`],
  ])('%s', (_name, own, before, after) => {
    expect(applied(own, before).text).toBe(after);
  });

  test('bytes that are no UTF-8 survive', () => {
    const bytes = createRedactors([redactor({ values: ['abc'] })]).apply(
      'x',
      Buffer.from([0xff, 0x61, 0x62, 0x63, 0xfe]),
      () => undefined,
    );
    expect(Buffer.from(bytes)).toEqual(Buffer.concat([Buffer.from([0xff]), Buffer.from(H), Buffer.from([0xfe])]));
  });

  test('JSON stays JSON where a number is masked', () => {
    expect(
      JSON.parse(applied({ regex: [{ redactor: '("port": ?)(?P<mask>\\d+)' }] }, '{"port": 80}', 'a.json').text),
    ).toEqual({ port: H });
  });

  test('only selected files, by any of the globs', () => {
    const { selects } = createRedactors([redactor({ files: ['a/*.log', 'b/**'] })]);
    expect(['a/x.log', 'a/b/x.log', 'b/c/d'].map(selects)).toEqual([true, false, true]);
  });
});

describe('yamlPath', () => {
  test.each<[string, string, string, string]>([
    ['a key', 'a.b', 'a:\n  b: x # why\n  c: y\n', `a:\n  b: "${H}" # why\n  c: y\n`],
    ['every key, and JSON', '*.p', '{"z":{"p":1,"q":2},"y":{"p":"s"}}', `{"z":{"p":"${H}","q":2},"y":{"p":"${H}"}}`],
    ['an index', 'l.1', 'l: [a, b, c]\n', `l: [a, "${H}", c]\n`],
    ['all documents', 'p', 'p: 1\n---\np: 2\n', `p: "${H}"\n---\np: "${H}"\n`],
    ['a subtree: its values', 'a', 'a:\n  b: x\n  c: [y]\n', `a:\n  b: "${H}"\n  c: ["${H}"]\n`],
    ['a block of text', 'a', 'a: |\n  x\n  y\nb: 1\n', `a: |\n  ${H}\n  ${H}\nb: 1\n`],
    ['through an alias', 'q.p', 'b: &b {p: x}\nq: *b\n', `b: &b {p: "${H}"}\nq: *b\n`],
    ['through a merge', 'q.p', 'b: &b {p: x}\nq:\n  <<: *b\n', `b: &b {p: "${H}"}\nq:\n  <<: *b\n`],
    ['nothing there', 'x.y', 'a: 1\n', 'a: 1\n'],
  ])('%s', (_name, path, before, after) => {
    expect(applied({ yamlPath: [path] }, before, 'a.yaml').text).toBe(after);
  });

  test('S9: what is no YAML cannot be shown where a file was selected; a redactor for all files passes it over', () => {
    expect(() => applied({ yamlPath: ['a'], files: ['a.txt'] }, 'a: [')).toThrow();
    expect(() => applied({ yamlPath: ['a'] }, 'a: [', 'a.yaml')).toThrow();
    expect(applied({ yamlPath: ['a'] }, 'a: [').text).toBe('a: [');
  });
});

test('what was masked is told with its rule and line', () => {
  expect(applied({ name: 'n', values: ['x'], regex: [{ redactor: '(?P<mask>\\d+)' }] }, 'x\n1').masked).toEqual([
    'n.literal.0 1 x',
    'n.regex.0 2 1',
  ]);
});
