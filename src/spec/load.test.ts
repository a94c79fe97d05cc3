import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defineAnalyzer } from '../contract/analyzer.ts';
import { defineCollector } from '../contract/collector.ts';
import { limits } from '../contract/limits.ts';
import { statusCondition } from '../contract/when.ts';
import { struct } from '../go/template/value.ts';
import { loadSpec } from './load.ts';
import { mergedSpec } from './merged.ts';

const probe = defineCollector({
  type: 'probe',
  title: 'Probe',
  summary: 'Made for this test',
  example: '',
  params: {
    type: 'object',
    description: 'Parameters',
    required: ['target'],
    properties: {
      target: { type: 'string', description: 'What to probe' },
      wait: { type: 'string', format: 'go-duration', default: '10s', description: 'How long' },
      port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Which port' },
    },
  },
  result: {
    type: 'object',
    description: 'Result',
    required: ['status'],
    properties: { status: { type: 'string', enum: ['up', 'down'], description: 'How it ended' } },
  },
  defaultName: 'probe',
  output: (name) => `host-collectors/probe/${name}.json`,
  prepare(params) {
    if (params.target === 'bad') return { mistakes: [{ path: 'target', message: 'is bad; write good' }] };
    return { params, doubts: params.target === 'odd' ? [{ path: 'target', message: 'is odd; write even' }] : [] };
  },
  deadlineMs: () => 1000,
  load: 'network',
}).collect(async () => ({ result: { status: 'up' } }));

const judge = defineAnalyzer({
  type: 'probe',
  title: 'Probe',
  summary: 'Made for this test',
  params: { type: 'object', description: 'None', properties: {} },
  reads: probe,
  when: 'a status',
  evidence: ['status'],
  condition: (when) => statusCondition(when, probe.result),
});

const options = {
  checks: { collectors: [probe], analyzers: [judge], formats: [] },
  limits,
  template: struct({ IsJoin: false, Name: 'x' }),
  strict: false,
} as const;

function load(text: string, more: Partial<Parameters<typeof loadSpec>[1]> = {}) {
  return loadSpec([{ file: 'a.yaml', text }], { ...options, ...more });
}

/** Each problem as `LINE:COLUMN severity code message`. */
function told(text: string, more: Partial<Parameters<typeof loadSpec>[1]> = {}): readonly string[] {
  return load(text, more).problems.map(
    ({ line, column, severity, code, message }) => `${line}:${column} ${severity} ${code} ${message}`,
  );
}

const head = 'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: { name: mine }\nspec:\n';
const collectors = (items: string) => `${head}  hostCollectors:\n${items}`;

test('a value whose check will say that it is wrong is a warning, and an error in strict mode', () => {
  const text = collectors('    - probe: { target: odd }\n');
  const told = load(text).problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`);
  expect(told).toEqual(['warning doubtful-value probe: "target" is odd; write even']);
  expect(load(text).spec?.collectors[0]?.params).toMatchObject({ target: 'odd' });
  expect(load(text, { strict: true }).problems).toMatchObject([{ severity: 'error', code: 'doubtful-value' }]);
  expect(load(text, { strict: true }).spec).toBeUndefined();
});

describe('a value that cannot be used', () => {
  const cases: readonly (readonly [item: string, problem: string])[] = [
    ['    - probe: {}\n', '6:7 error missing-key probe: "target" is missing: what to probe'],
    ['    - probe: { target: bad }\n', '6:16 error wrong-value probe: "target" is bad; write good'],
    [
      '    - probe: { target: a, wait: 10 }\n',
      '6:27 error wrong-value probe: "wait" is 10 without a unit; write "10s" for 10 seconds',
    ],
    [
      '    - probe: { target: a, wait: 1d }\n',
      '6:27 error wrong-value probe: "wait" is no duration: unknown unit "d" in duration "1d"; write one like "10s", "500ms" or "1m30s"',
    ],
    [
      '    - probe: { target: a, port: 0 }\n',
      '6:27 error wrong-value probe: "port" must be a whole number from 1 to 65535, not 0',
    ],
    [
      '    - probe: { target: a, port: 70000 }\n',
      '6:27 error wrong-value probe: "port" must be a whole number from 1 to 65535, not 70000',
    ],
    [
      '    - probe: { target: a, port: "abc" }\n',
      '6:27 error wrong-value probe: "port" must be a whole number from 1 to 65535, not "abc"',
    ],
    [
      '    - probe: { target: a, port: "80" }\n',
      '6:27 error wrong-value probe: "port" must be a whole number from 1 to 65535, not "80"; write it without quotes: 80',
    ],
    [
      '    - probe: { target: 5 }\n',
      '6:16 error wrong-value probe: "target" must be text, not 5; write it in quotes: "5"',
    ],
    [
      '    - probe: { target: a, exclude: maybe }\n',
      '6:27 error wrong-value probe: "exclude" must be true or false, not "maybe" (as text, only 1 t T true True TRUE 0 f F false False FALSE)',
    ],
    [
      '    - probe: { target: a, exclude: "yes" }\n',
      '6:27 error wrong-value probe: "exclude" must be true or false, not "yes" (as text, only 1 t T true True TRUE 0 f F false False FALSE)',
    ],
    [
      '    - probe: just text\n',
      '6:7 error wrong-type probe: must be a set of keys such as collectorName, not "just text"',
    ],
    ['    - just text\n', '6:7 error no-type each collector is one key, its type; known: probe'],
  ];
  test.each(cases)('%s', (item, problem) => {
    const { spec, problems } = load(collectors(item));
    expect(spec).toBeUndefined();
    const place = (text: string) => text.replace(/^\d+:\d+ /, '');
    expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([place(problem)]);
    expect(problems[0]?.line).toBe(6);
  });

  test('all mistakes of all documents and files are told at once, each in its line', () => {
    const { problems } = loadSpec(
      [
        {
          file: 'one.yaml',
          text: `${collectors('    - probe: {}\n')}---\n${collectors('    - probe: { target: a, port: 0 }\n')}`,
        },
        { file: 'two.yaml', text: collectors('    - probe: { target: bad }\n') },
      ],
      options,
    );
    const errors = problems.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ file, line }) => `${file}:${line}`)).toEqual(['one.yaml:6', 'one.yaml:13', 'two.yaml:6']);
  });

  test('what is excluded is never used, so its values may be anything', () => {
    const { spec, problems } = load(collectors("    - probe: { target: bad, port: 0, exclude: 'true' }\n"));
    expect(problems).toEqual([]);
    expect(spec?.collectors[0]?.excluded).toBe(true);
  });
});

describe('what can be run is run', () => {
  const cases: readonly (readonly [spec: string, warning: string])[] = [
    [
      collectors('    - probe: { target: a, tagret: b }\n'),
      'unknown-key probe: unknown key "tagret"; did you mean target?',
    ],
    [collectors('    - prob: { target: a }\n'), 'unknown-type unknown collector type "prob"; did you mean probe?'],
    [
      collectors('    - probe: { target: a }\n    - probe: { target: b }\n'),
      'duplicate-name probe: another one without a collectorName is at a.yaml:7; both are kept, but analyzers of that name read the other',
    ],
    [
      `${head}  hostAnalyzers:\n    - probe: { outcomes: [{ pass: { when: upp } }] }\n`,
      'never-true probe: this "when" can never be true: "upp" is no status of this check; did you mean up?',
    ],
    [
      `${head}  hostAnalyzers:\n    - probe: { outcomes: [{ pass: { when: up }, warn: { when: down } }] }\n`,
      'several-outcomes probe: only warn counts of an outcome with warn and pass; begin each with "- "',
    ],
    [
      `${head}  hostAnalyzers:\n    - probe: { outcomes: [{ pass: {} }, { warn: { when: down } }] }\n`,
      'unreachable-outcome probe: this outcome is never reached: one above it has no "when" and always matches',
    ],
    [
      `${collectors('    - probe: { target: a, collectorName: one }\n')}  hostAnalyzers:\n    - probe: { collectorName: oen }\n`,
      'no-such-collector probe: no probe collector named "oen" in this spec; known: one',
    ],
    [
      `${head}  hostColectors: []\n  hostCollectors: [{ probe: { target: a } }]\n`,
      'unknown-key unknown key "hostColectors"; did you mean hostCollectors?',
    ],
  ];
  test.each(cases)('%s', (text, warning) => {
    const { spec, problems } = load(text);
    expect(spec).toBeDefined();
    expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual([
      `warning ${warning}`,
    ]);
    const strict = load(text, { strict: true });
    expect(strict.spec).toBeUndefined();
    expect(strict.problems.map(({ severity }) => severity)).toEqual(['error']);
  });
});

describe('exclude is judged as Go does', () => {
  const cases: readonly (readonly [written: string, excluded: boolean])[] = [
    ['true', true],
    ['yes', true],
    ['On', true],
    ['y', true],
    ['off', false],
    ['n', false],
    ['"true"', true],
    ['"1"', true],
    ['"T"', true],
    ['"FALSE"', false],
    ['""', false],
    ['null', false],
  ];
  test.each(cases)('exclude: %s', (written, excluded) => {
    const { spec, problems } = load(collectors(`    - probe: { target: a, exclude: ${written} }\n`));
    expect(problems).toEqual([]);
    expect(spec?.collectors[0]?.excluded).toBe(excluded);
  });
});

describe('forms of a document', () => {
  const one = collectors('    - probe: { target: a }\n');
  const indented = one.replace(/^/gm, '    ');
  const cases: readonly (readonly [name: string, text: string, items: number])[] = [
    [
      'JSON',
      JSON.stringify({
        apiVersion: 'troubleshoot.sh/v1beta2',
        kind: 'HostPreflight',
        spec: { collectors: [{ probe: { target: 'a' } }] },
      }),
      1,
    ],
    ['CRLF and a comment after the separator', `${one}--- # next\n${one}`.replaceAll('\n', '\r\n'), 2],
    ['a separator first, an empty document last', `---\n${one}---\n# nothing\n`, 1],
    ['a byte order mark', `\ufeff${one}`, 1],
    ['kind: List', `kind: List\nitems:\n  - ${one.replaceAll('\n', '\n    ').trimEnd()}\n`, 1],
    ['a ConfigMap', `apiVersion: v1\nkind: ConfigMap\ndata:\n  support-bundle-spec: |\n${indented}`, 1],
    ['a Secret', `apiVersion: v1\nkind: Secret\ndata:\n  preflight.yaml: ${Buffer.from(one).toString('base64')}\n`, 1],
    ['a Secret in plain text', `apiVersion: v1\nkind: Secret\nstringData:\n  preflight-spec: |\n${indented}`, 1],
    ['merge keys', collectors('    - probe: &base { target: a }\n    - probe: { <<: *base, collectorName: b }\n'), 2],
    ['the older group', one.replace('troubleshoot.sh/v1beta2', 'troubleshoot.replicated.com/v1beta1'), 1],
  ];
  test.each(cases)('%s', (_, text, items) => {
    const { spec, problems } = load(text);
    expect(problems.filter(({ code }) => code !== 'duplicate-name')).toEqual([]);
    expect(spec?.collectors.map(({ params }) => params)).toEqual(Array(items).fill({ target: 'a', wait: '10s' }));
  });

  test('a document of another system beside a spec is left alone with a warning', () => {
    expect(told(`apiVersion: v1\nkind: Service\n---\n${one}`)).toEqual([
      '2:7 warning foreign-document kind Service is no spec; left alone',
    ]);
  });

  test('parts for a cluster are reported as skipped', () => {
    const { spec } = load(`${one}  collectors:\n    - clusterInfo: {}\n  afterCollection: []\n`);
    expect(spec?.skipped).toMatchObject([{ path: 'spec/collectors', line: 7 }]);
  });

  test('T5: aliases that multiply are refused, and quickly', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `a${level}: &a${level} [${level === 0 ? 'x' : `*a${level - 1}, `.repeat(9)}]`,
    );
    expect(told(levels.join('\n'))).toEqual([
      '1:1 error not-yaml this is not YAML: its aliases multiply into too many values',
    ]);
  });

  test('T4: prototype keys pollute nothing', () => {
    load(
      `${head}  __proto__: { polluted: true }\n  hostCollectors: [{ probe: { __proto__: { polluted: true }, target: a } }]\n`,
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('T5: nesting has a limit', () => {
    expect(told(`a: ${'['.repeat(200)}${']'.repeat(200)}`)[0]).toMatch(/not-yaml/);
  });
});

describe('templates', () => {
  test('lines of messages are those of the file, also below a block that was left out', () => {
    const text = `${head}  hostCollectors:\n{{kurl- if .IsJoin }}\n    - probe: { target: a }\n{{kurl- end }}\n    - probe: { target: '{{kurl .Name }}', port: 0 }\n`;
    expect(load(text).problems).toMatchObject([{ line: 9, code: 'wrong-value' }]);
  });

  test('K4: a value that changes the structure is refused and named', () => {
    const text = collectors("    - probe: { target: '{{kurl .Name }}' }\n");
    const { spec, problems } = load(text, { template: struct({ Name: "a', port: '1" }) });
    expect(spec).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'template-value', line: 6 }]);
    expect(problems[0]?.message).toContain("a', port: '1");
  });

  test('K5: a template that fails is told with line, column and the expression', () => {
    const text = collectors("    - probe: { target: '{{kurl .Unknown }}' }\n");
    expect(load(text).problems).toMatchObject([{ code: 'template', line: 6, column: 25 + 7 }]);
    expect(load(text).problems[0]?.message).toContain('{{kurl .Unknown }}');
  });

  test('other braces survive', () => {
    const { spec } = load(collectors("    - probe: { target: '{{ .P99 }} {{repl X }}' }\n"));
    expect(spec?.collectors[0]?.params).toMatchObject({ target: '{{ .P99 }} {{repl X }}' });
  });
});

test('documents that use one name keep their own collectors and analyzers together, also in the merged spec', () => {
  const one = (target: string) =>
    `${collectors(`    - probe: { target: ${target} }\n`)}  hostAnalyzers:\n    - probe: { checkName: ${target} }\n`;
  const { spec, problems } = load(`${one('a')}---\n${one('b')}---\n${one('c')}`);
  expect(problems.map(({ code, line }) => `${code} ${line}`)).toEqual(['duplicate-name 15', 'duplicate-name 24']);
  const names = (loaded: typeof spec) => ({
    collectors: loaded?.collectors.map(({ name, params }) => [name, (params as { target: string }).target]),
    analyzers: loaded?.analyzers.map(({ title, collectorName }) => [collectorName, title]),
  });
  const expected = [
    ['', 'a'],
    ['probe-2', 'b'],
    ['probe-3', 'c'],
  ];
  expect(names(spec)).toEqual({ collectors: expected, analyzers: expected });
  if (spec === undefined) throw new Error('it loads');
  expect(names(load(mergedSpec(spec, (raw) => raw)).spec)).toEqual({ collectors: expected, analyzers: expected });
});

test('C4: a name as long as a path part can be gets its number too, and the loading ends', () => {
  const long = 'n'.repeat(400);
  const one = collectors(`    - probe: { collectorName: ${long}, target: a }\n`);
  const { spec } = load(`${one}---\n${one}`);
  expect(spec?.collectors.map(({ name }) => name)).toEqual([long, `${'n'.repeat(200)}-2`]);
});

test('C4: documents with a check whose file has one name on every machine share it', () => {
  const one = collectors('    - probe: { target: a }\n');
  const fixed = { ...probe, output: () => 'host-collectors/system/probe.json' };
  const { spec } = load(`${one}---\n${one}`, { checks: { ...options.checks, collectors: [fixed] } });
  expect(spec?.collectors.map(({ name }) => name)).toEqual(['', '']);
});

test('the merged spec loads to the same spec', () => {
  const text = `${collectors("    - probe: { target: a, exclude: yes }\n    - prob: { x: 'on' }\n")}  hostAnalyzers:\n    - probe: { checkName: 'y', outcomes: [{ pass: { when: up, message: 'a: b' } }] }\n`;
  const first = load(text).spec;
  if (first === undefined) throw new Error('it loads');
  const merged = mergedSpec(first, (raw) => raw);
  const second = load(merged).spec;
  if (second === undefined) throw new Error('it loads again');
  expect(mergedSpec(second, (raw) => raw)).toBe(merged);
  const facts = ({ collectors: items, analyzers, name }: typeof first) => ({
    name,
    collectors: items.map(({ type, params, excluded, name: own }) => ({ type, params, excluded, own })),
    analyzers: analyzers.map(({ type, title, outcomes }) => ({
      type,
      title,
      whens: outcomes.map(({ when, message }) => [when, message]),
    })),
  });
  expect(facts(second)).toEqual(facts(first));
});

test('any text gives a spec or problems, never an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const { spec, problems } = load(text);
      return spec !== undefined || problems.some(({ severity }) => severity === 'error');
    }),
  );
});

test('any YAML value in the place of an item gives a spec or problems, never an exception', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (collector, analyzer) => {
      const document = {
        apiVersion: 'troubleshoot.sh/v1beta2',
        kind: 'HostPreflight',
        spec: { collectors: [{ probe: collector }], analyzers: [{ probe: analyzer }] },
      };
      const { spec, problems } = load(JSON.stringify(document));
      return spec !== undefined || problems.some(({ severity }) => severity === 'error');
    }),
  );
});
