import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { limits } from '../../contract/limits.ts';
import { TemplateError } from './error.ts';
import { type Rendered, renderTemplate } from './render.ts';
import { struct, type TemplateData } from './value.ts';

const kurl = { left: '{{kurl', right: '}}', limits };
const plain = { left: '{{', right: '}}', limits };

function fixture(name: string): string {
  return readFileSync(new URL(`../../../fixtures/go/${name}`, import.meta.url), 'utf8');
}

function render(template: string, data: TemplateData = {}, changed: Partial<typeof limits> = {}): Rendered {
  return renderTemplate(template, data, { ...kurl, limits: { ...limits, ...changed } });
}

function errorOf(template: string, data: TemplateData = {}, changed: Partial<typeof limits> = {}): TemplateError {
  try {
    render(template, data, changed);
  } catch (error) {
    if (error instanceof TemplateError) {
      return error;
    }
    throw error;
  }
  throw new Error(`no error: ${template}`);
}

describe('what Go makes of the same templates', () => {
  type Marked = TemplateData | { readonly $struct: readonly (readonly [string, Marked])[] };
  type Row = readonly [template: string, text?: string];
  const { data, cases } = JSON.parse(fixture('template-cases.json')) as { data: Marked; cases: readonly Row[] };

  function unmarked(value: Marked): TemplateData {
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map(unmarked);
    }
    const { $struct } = value as { $struct?: readonly (readonly [string, Marked])[] };
    const entries = ($struct ?? Object.entries(value)).map(([key, inner]) => [key, unmarked(inner)] as const);
    return $struct === undefined ? Object.fromEntries(entries) : struct(Object.fromEntries(entries));
  }

  const goData = unmarked(data);

  test.each(cases.filter(([, text]) => text !== undefined))('%j gives %j', (template, text) => {
    const { text: ours, lines } = render(template, goData);
    expect(ours).toBe(text);
    expect(lines).toHaveLength(ours.split('\n').length);
  });

  test.each(cases.filter(([, text]) => text === undefined))('%j is an error', (template) => {
    expect(errorOf(template, goData).line).toBeGreaterThan(0);
  });
});

describe('the semantics that shipped specs rely on', () => {
  const primary = { IsPrimary: true, IsJoin: false, IsUpgrade: false, V: '', M: '' };

  test.each<readonly [string, Record<string, TemplateData>, string]>([
    ['{{kurl and .IsPrimary (not .IsUpgrade) | not }}', {}, 'false'],
    ['{{kurl and .IsPrimary (not .IsUpgrade) | not }}', { IsUpgrade: true }, 'true'],
    ['{{kurl and .V .M .IsJoin | not }}', {}, 'true'],
    ['{{kurl and .V .M .IsJoin | not }}', { V: '1.2', M: '10.0.0.1:6443', IsJoin: true }, 'false'],
    ['{{kurl and .V .IsJoin }}', {}, ''],
    ['{{kurl or .V .IsJoin }}', { V: '1.2' }, '1.2'],
    ['{{kurl and false .Unknown }}', {}, 'false'],
    ['{{kurl.IsPrimary}}', {}, 'true'],
    ['a\n  {{kurl- if .IsPrimary}}\n  b\n  {{kurl- end}}\nc', {}, 'a\n  b\nc'],
    ['{{kurl .Missing }}|{{ .P99 }}', { M: { a: 1 } }, 'error'],
    ['{{kurl .M.Missing }}', { M: { a: 1 } }, '<no value>'],
    ['Latency {{ .P99 }} and {{kurl .V }}', { V: 'x' }, 'Latency {{ .P99 }} and x'],
    ['{{kurl if (and .V .M) }}{{kurl .M }}{{kurl else }}.*{{kurl end }} == 1', {}, '.* == 1'],
    ['{{kurl or (.IsUpgrade) (gt .N 2) }}', { N: 3 }, 'true'],
    ['{{kurl or (not .V) (semverCompare ">= 20.10.17" .V) }}', {}, 'true'],
    ['{{kurl .M | trimSuffix "/" }}', { M: 'https://lb/' }, 'https://lb'],
  ])('%s with %j gives %j', (template, changed, text) => {
    const data = struct({ ...primary, ...changed });
    if (text === 'error') {
      expect(() => render(template, data)).toThrow(TemplateError);
    } else {
      expect(render(template, data).text).toBe(text);
    }
  });

  test.each([
    ['{{kurl .Unknown }}', "can't evaluate field Unknown"],
    ['{{kurl if false }}{{kurl nothing }}{{kurl end }}', 'function "nothing" not defined'],
    ['{{kurl gt .V 2 }}', 'incompatible types for comparison: string and int'],
    ['{{kurl not }}', 'wrong number of args for not: want 1 got 0'],
    ['{{kurl and }}', 'wrong number of args for and: want at least 1 got 0'],
    ['{{kurlIsPrimary}}', 'function "IsPrimary" not defined'],
    ['{{kurl}}', 'missing value for command'],
    ['{{kurl /* x */}}', 'unexpected "/" in command'],
    ['{{kurl/* x */ }}', 'comment ends before closing delimiter'],
    ['{{kurl .V', 'unclosed action'],
    ['{{kurl if .V }}', 'unexpected EOF: this block has no end'],
    ['{{kurl define "a" }}{{kurl end }}', '{{define}} is not supported'],
    ['{{kurl template "a" }}', '{{template}} is not supported'],
    ['{{kurl call .V }}', 'call: no value of a template is a function'],
  ])('%s is refused', (template, reason) => {
    expect(errorOf(template, struct(primary)).reason).toContain(reason);
  });

  test('a nearly right name is suggested', () => {
    expect(errorOf('{{kurl .IsPrimry }}', struct(primary)).reason).toContain('did you mean IsPrimary?');
    expect(errorOf('{{kurl semverCompar "1" "1" }}').reason).toContain('did you mean semverCompare?');
  });

  test('two constraints may be apart by a blank, as in later semver', () => {
    expect(render('{{kurl semverCompare ">= 1.2 < 2" "1.5.0" }}').text).toBe('true');
  });

  test('other delimiters serve the messages of outcomes', () => {
    expect(renderTemplate('took {{ .ms }} ms, {{ .none }}', { ms: 3 }, plain).text).toBe('took 3 ms, <no value>');
  });
});

describe('where lines of the result come from', () => {
  test.each<readonly [string, readonly number[]]>([
    ['a\nb\n', [1, 2, 3]],
    ['', [1]],
    ['a\n{{kurl "x" }}\nb', [1, 2, 3]],
    ['a\n{{kurl- if true }}\nb\n{{kurl- end }}\nc', [1, 3, 5]],
    ['{{kurl range .L }}\n- {{kurl . }}{{kurl end }}\nend', [1, 2, 2, 3]],
    ['{{kurl/* a\nb */ -}}\n\nc', [4]],
    ['a {{kurl print "1\n2" }} b'.replace('\n', '\\n'), [1, 1]],
  ])('%j', (template, lines) => {
    expect(render(template, { L: [1, 2] }).lines).toEqual(lines);
  });
});

describe('K1: functions that read the host, the network, the clock or chance do not exist', () => {
  test.each(
    (
      'env expandenv getHostByName genPrivateKey genCA htpasswd bcrypt derivePassword encryptAES randAlphaNum uuidv4 ' +
      'now date ago repeat until untilStep seq regexMatch typeOf kindOf toJson fromJson tpl include lookup sha256sum'
    ).split(' '),
  )('K1: %s', (name) => {
    expect(errorOf(`{{kurl ${name} "HOME" }}`).reason).toContain(`function "${name}" not defined`);
  });

  test('K1: toString of a whole structure', () => {
    expect(errorOf('{{kurl toString .M }}', { M: { a: 1 } }).reason).toBe('toString of a map');
  });
});

describe('K2: only own fields of plain data exist', () => {
  const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'length', '__defineGetter__'];

  test.each(names)('K2: .%s of a map is absent', (name) => {
    expect(render(`{{kurl .${name} }}{{kurl index . "${name}" }}`).text).toBe('<no value><no value>');
    expect(render(`{{kurl hasKey . "${name}" }}`).text).toBe('false');
  });

  test.each(names)('K2: .%s of a struct, a list, text and a number is an error', (name) => {
    const data = { S: struct({ A: 1 }), L: ['a'], T: 'a', N: 1 };
    for (const root of ['S', 'L', 'T', 'N']) {
      expect(errorOf(`{{kurl .${root}.${name} }}`, data).reason).toContain("can't evaluate field");
    }
  });

  test('K2: a key called __proto__ in the data is a key like others', () => {
    const data = JSON.parse('{"__proto__": {"a": "own"}}') as TemplateData;
    expect(render('{{kurl .__proto__.a }}', data).text).toBe('own');
    expect(render('{{kurl dict "__proto__" 1 }}').text).toBe('map[__proto__:1]');
  });

  test('K2: fields take no arguments', () => {
    expect(errorOf('{{kurl .a 1 }}', { a: 'x' }).reason).toBe('a is not a method but has arguments');
  });
});

describe('K3: steps, size and depth are bounded', () => {
  test('K3: steps', () => {
    expect(errorOf('{{kurl range 1000000000000 }}{{kurl end }}').reason).toContain('more than 10000 steps');
    expect(errorOf('{{kurl range .L }}x{{kurl end }}', { L: [1, 2, 3] }, { templateSteps: 5 }).reason).toContain(
      '5 steps',
    );
  });

  test('K3: the size of the result', () => {
    const much = '{{kurl range 5000 }}{{kurl $.T }}{{kurl end }}';
    expect(errorOf(much, { T: 'x'.repeat(1000) }).reason).toContain('larger than 1048576 bytes');
    expect(errorOf('{{kurl "é" }}{{kurl "é" }}', {}, { templateOutputBytes: 3 }).reason).toContain(
      'larger than 3 bytes',
    );
  });

  test.each([
    ['text that doubles', '{{kurl $x := "x" }}{{kurl range 100 }}{{kurl $x = print $x $x }}{{kurl end }}'],
    [
      'a list that doubles',
      '{{kurl $x := list 1 }}{{kurl range 100 }}{{kurl $x = list $x $x }}{{kurl end }}{{kurl $x }}',
    ],
    ['a wide margin', '{{kurl indent 1000000000 "x" }}'],
    ['a wide number', '{{kurl printf "%1000000000d" 1 }}'],
    ['a multiplying replacement', `{{kurl replace "" "${'y'.repeat(4000)}" "${'x'.repeat(4000)}" }}`],
    ['a multiplying join', `{{kurl join "${'y'.repeat(4000)}" (splitList "" "${'x'.repeat(4000)}") }}`],
    ['a slow search', '{{kurl range 5000 }}{{kurl if contains $.Part $.Text }}{{kurl end }}{{kurl end }}'],
    ['a deep list', '{{kurl $x := list 1 }}{{kurl range 2000 }}{{kurl $x = list $x }}{{kurl end }}{{kurl $x }}'],
  ])('K3: %s', (_, template) => {
    const data = { Part: `${'a'.repeat(1000)}b`, Text: 'a'.repeat(100_000) };
    const start = performance.now();
    expect(errorOf(template, data).line).toBe(1);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('K3: depth', () => {
    const parens = (depth: number): string => `{{kurl ${'('.repeat(depth)}1${')'.repeat(depth)} }}`;
    expect(render(parens(50)).text).toBe('1');
    expect(errorOf(parens(51)).reason).toContain('nested more than 50 levels deep');
    expect(errorOf(parens(1_000_00)).reason).toContain('nested more than 50 levels deep');
    expect(errorOf('{{kurl if 1 }}'.repeat(60) + '{{kurl end }}'.repeat(60)).reason).toContain('50 levels');
  });

  test('K3: a chain of else if is no depth', () => {
    const chain = `{{kurl if 0 }}${'{{kurl else if 0 }}'.repeat(200)}{{kurl else }}x{{kurl end }}`;
    expect(render(chain).text).toBe('x');
  });

  test.each([
    ['digits', (n: number) => `{{kurl ${'1'.repeat(n)} }}`],
    ['a fraction', (n: number) => `{{kurl ${'1'.repeat(n)}.x }}`],
    ['text that is no number', (n: number) => `{{kurl float64 "${'1'.repeat(n)}x" }}{{kurl int "${'0'.repeat(n)}x" }}`],
    ['blanks', (n: number) => `{{kurl trim "${' '.repeat(n)}x${' '.repeat(n)}" }}`],
    ['left delimiters', (n: number) => '{{kurl'.repeat(n)],
    ['open braces', (n: number) => `{{kurl 1 }}${'{'.repeat(n)}`],
    ['blanks before a trim', (n: number) => `${' '.repeat(n)}{{kurl- 1 -}}${' '.repeat(n)}`],
    ['a constraint', (n: number) => `{{kurl semverCompare "${'1.'.repeat(n)}" "1" }}`],
    ['base64', (n: number) => `{{kurl b64dec "${'A'.repeat(n)}=x" }}`],
    ['a format', (n: number) => `{{kurl printf "${'%'.repeat(n)}" }}{{kurl printf "%${'0'.repeat(n)}" 1 }}`],
  ])('K3: %s in great number take linear time', (_, template) => {
    const start = performance.now();
    try {
      render(template(300_000));
    } catch (error) {
      expect(error).toBeInstanceOf(TemplateError);
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('K4: the shadow holds a word in place of each value', () => {
  test.each<readonly [string, string]>([
    ['a: {{kurl .V }}', 'a: value1'],
    ['a: {{kurl .Empty }}.', 'a: .'],
    ['{{kurl .V }}{{kurl .W }}{{kurl .V }}', 'value1value2value1'],
    ['{{kurl if .V }}x: {{ .P99 }}{{kurl end }}', 'x: {{ .P99 }}'],
    ['{{kurl .Evil }}', 'value1'],
  ])('K4: %s', (template, shadow) => {
    const data = { V: '1.2', W: 'w', Empty: '', Evil: 'x\n    - run: {command: rm}' };
    expect(render(template, data).shadow).toBe(shadow);
  });

  test('K4: each value is named with its tag', () => {
    expect(render('a\n  b: {{kurl .V }}', { V: 'x\ny' }).substitutions).toEqual([
      { text: 'x\ny', line: 2, column: 6, expression: '{{kurl .V }}' },
    ]);
  });
});

describe('K5: an error names line, column and expression', () => {
  test.each<readonly [string, number, number, string]>([
    ['a\nb: "{{kurl .V.x }}"\nc', 2, 12, '{{kurl .V.x }}'],
    ['{{kurl .V }} {{kurl nothing }}', 1, 21, '{{kurl nothing }}'],
    ['a\n\n  {{kurl if .V }}\nb', 3, 3, '{{kurl if .V }}'],
    ['a {{kurl .V\nb', 1, 3, '{{kurl .V'],
    ['{{kurl gt .V\n   2 }}', 1, 8, '{{kurl gt .V 2 }}'],
    ['{{kurl range .V }}{{kurl end }}', 1, 1, '{{kurl range .V }}'],
    ['{{kurl print (index .V 99) }}', 1, 15, '{{kurl print (index .V 99) }}'],
    ['{{kurl .V | upper | len | upper }}', 1, 27, '{{kurl .V | upper | len | upper }}'],
    ['{{kurl 08 }}', 1, 8, '{{kurl 08 }}'],
    ['\n{{kurl end }}', 2, 8, '{{kurl end }}'],
  ])('K5: %j', (template, line, column, expression) => {
    const error = errorOf(template, { V: 'x' });
    expect({ line: error.line, column: error.column, expression: error.expression }).toEqual({
      line,
      column,
      expression,
    });
    expect(error.message).toContain(expression);
  });

  test('K5: a long expression is cut', () => {
    expect(errorOf(`{{kurl nothing "${'x'.repeat(1000)}" }}`).expression).toHaveLength(121);
  });
});

describe('any text', () => {
  const piece = fc.constantFrom(
    ...'{{kurl |}}|{{kurl- | -}}|/*|*/|(|)|"|`|\'|.|.V|$|$x|:=|=|,|if|else|end|range|with|break|print|and|1|-1|0x|1.5|\n| |é|😀'.split(
      '|',
    ),
    '|',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
  );
  const data = { V: 'x', L: [1, 'a'], M: { a: null } };

  test('only a TemplateError is ever thrown, and it has a place', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (template, asPlain) => {
        try {
          const { text: result, shadow, lines } = renderTemplate(template, data, asPlain ? plain : kurl);
          expect(typeof shadow).toBe('string');
          expect(lines).toHaveLength(result.split('\n').length);
          expect(Math.max(...lines)).toBeLessThanOrEqual(template.split('\n').length);
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
          expect((error as TemplateError).line).toBeGreaterThan(0);
          expect((error as TemplateError).column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('text without the delimiter is unchanged, however large', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (template) => {
        fc.pre(!template.includes('{{kurl'));
        expect(render(template).text).toBe(template);
      }),
    );
    const large = 'key: {{ .value }}\n'.repeat(100_000);
    expect(render(large)).toMatchObject({ text: large, shadow: large });
  });

  test('no result is larger than its limit', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 200 }),
        (value, times, most) => {
          try {
            const template = `{{kurl range ${times} }}{{kurl $.V }}-{{kurl end }}`;
            const result = render(template, { V: value }, { templateOutputBytes: most });
            expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(most);
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateError);
          }
        },
      ),
    );
  });

  test('a value comes through as it is, and its shadow never shows it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { text: result, shadow } = render('a: {{kurl .V }}', { V: value });
        expect(result).toBe(`a: ${value}`);
        expect(shadow).toBe(value === '' ? 'a: ' : 'a: value1');
      }),
    );
  });
});
