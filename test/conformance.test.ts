import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import * as all from '../src/checks/checks.ts';
import { checks } from '../src/cli/checks.ts';
import type { Collector } from '../src/contract/collector.ts';
import { limits } from '../src/contract/limits.ts';
import { resultPath } from '../src/contract/path.ts';
import type { Schema } from '../src/contract/schema.ts';
import type { Spec } from '../src/contract/spec.ts';
import { kurlData } from '../src/go/kurl.ts';
import { cleanUp, misfits, temporaryFolder } from '../src/net/lab.fixture.ts';
import { loadSpec } from '../src/spec/load.ts';
import { hostbundle, opened } from './lab.ts';

afterAll(cleanUp);

const folder = resolve(import.meta.dirname, '../src/checks');
const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('the list of checks', () => {
  test('has a line for every folder', () => {
    expect(missingLines(folders.map(({ name }) => name))).toEqual([]);
  });

  test('whoever forgets the line is told it', () => {
    expect(missingLines(['tcpConnect', 'cpu'])).toEqual([
      "add to src/checks/checks.ts: export * as cpu from './cpu/index.ts';",
    ]);
  });
});

function missingLines(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => !(name in all))
    .map((name) => `add to src/checks/checks.ts: export * as ${name} from './${name}/index.ts';`);
}

describe.each(Object.entries(all))('check %s', (type, check) => {
  const all: Readonly<Record<string, unknown>> = check;
  const { format: _, ...parts } = all;

  test('its folder, its type and its export have one name', () => {
    expect(folders.map(({ name }) => name)).toContain(type);
    expect(Object.keys(all).filter((part) => !['collector', 'analyzer', 'format'].includes(part))).toEqual([]);
    expect([...new Set(Object.values(parts).map((part) => (part as { type: string }).type))]).toEqual([type]);
  });

  test('its titles and summaries are one line each, without a full stop', () => {
    for (const part of Object.values(parts) as readonly { title: string; summary: string }[]) {
      for (const line of [part.title, part.summary]) expect(line).toMatch(/^\S[^\n]*[^\s.]$/);
    }
  });

  test('every parameter and every property of its result says more than its name', () => {
    const schemas = Object.values(parts).flatMap((part) => Object.entries(part as object));
    const wordless = schemas
      .filter(([key]) => key === 'params' || key === 'result')
      .flatMap(([key, schema]) => undescribed(key, schema as Schema));
    expect(wordless).toEqual([]);
  });
});

/** Where a description is missing, or holds no word that is not in the name. */
function undescribed(path: string, schema: Schema): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1).replace('[]', '');
  const known = new Set(['a', 'an', 'the', 'its', 'of', ...wordsOf(name), name.toLowerCase()]);
  const says = wordsOf(schema.description ?? '').some((word) => !known.has(word));
  const own = says ? [] : [`${path}: "${schema.description}"`];
  if (schema.type === 'array') return [...own, ...undescribed(`${path}[]`, schema.items)];
  if (schema.type !== 'object') return own;
  return [...own, ...Object.entries(schema.properties).flatMap(([key, value]) => undescribed(`${path}/${key}`, value))];
}

function wordsOf(text: string): readonly string[] {
  return text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

const hostileNames = ['.', '..', '../../x', '/etc/passwd', 'a\\..\\b', 'a\u0000b', 'x\n', '\u202e', 'ü'.repeat(400)];

describe.each(checks.collectors.map((collector) => [collector.type, collector] as const))(
  'collector %s',
  (_type, collector) => {
    test('S1: no name takes its file out of its folder', () => {
      const template = collector.output('NAME');
      expect(template).toMatch(/^host-collectors(\/[^/]+){2,3}$/);
      for (const name of [...hostileNames, '']) {
        const path = resultPath(collector, name);
        expect(posix.normalize(path)).toBe(path);
        const parts = path.split('/');
        expect(parts.map((part, index) => (fixed(template)[index] === '' ? '' : part))).toEqual(fixed(template));
        for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(limits.segmentBytes);
      }
    });

    test('its example loads without a problem and has a collector and an analyzer of its type, where there is one', () => {
      const spec = exampleOf(collector);
      expect(spec.collectors.map(({ type }) => type)).toContain(collector.type);
      if (hasAnalyzer(collector)) expect(spec.analyzers.map(({ type }) => type)).toContain(collector.type);
      const useless = spec.analyzers.flatMap(({ outcomes }) => outcomes.flatMap(({ neverTrue }) => neverTrue ?? []));
      expect(useless).toEqual([]);
    });

    test('C4: it has a deadline', () => {
      for (const { collector: own, params } of exampleOf(collector).collectors) {
        const deadlineMs = own?.deadlineMs(params as never) ?? 0;
        expect(deadlineMs).toBeGreaterThan(0);
        expect(Number.isFinite(deadlineMs)).toBe(true);
      }
    });

    test('its example runs: files where they are declared, all keys of the result, a finding for each analyzer', async () => {
      const own = await temporaryFolder();
      await writeFile(join(own, 'example.yaml'), collector.example);
      const { code, stdout, stderr } = await hostbundle(
        ['collect', 'example.yaml', '-q', '-o', 'example.tar.gz', '--format', 'json'],
        { cwd: own },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const spec = exampleOf(collector);
      const bundle = await opened(join(own, 'example.tar.gz'));
      for (const { collector: run = collector, name } of spec.collectors) {
        const text = Buffer.from(bundle.read(resultPath(run, name)) ?? []).toString();
        expect(misfits(run.result, run.parse?.(text, JSON.parse) ?? JSON.parse(text))).toEqual([]);
      }
      const { analysis } = JSON.parse(stdout.toString()) as {
        analysis: { findings: { title: string; verdict: string }[] } | null;
      };
      const findings = analysis?.findings ?? [];
      // Some analyzers make several findings each: one for each certificate, say.
      const titles = [...new Set(findings.map(({ title }) => title))];
      expect(titles).toEqual(spec.analyzers.map(({ title }) => title));
      expect(findings.map(({ verdict }) => verdict)).not.toContain('unknown');
    }, 30_000);
  },
);

/** The parts of a path, those that hold a name emptied. */
function fixed(template: string): readonly string[] {
  return template.split('/').map((part) => (part.includes('NAME') ? '' : part));
}

function hasAnalyzer({ type }: Collector): boolean {
  return checks.analyzers.some((analyzer) => analyzer.type === type);
}

const readingNothing = checks.analyzers.flatMap(({ type, example, reads }) =>
  reads === undefined ? [{ type, example: example ?? '' }] : [],
);

describe.each(readingNothing)('analyzer $type, which reads no file', ({ type, example }) => {
  test('its example loads without a problem and is judged without anything collected', async () => {
    expect(exampleOf({ type, example }).analyzers.map((analyzer) => analyzer.type)).toContain(type);
    const own = await temporaryFolder();
    await writeFile(join(own, 'example.yaml'), example);
    const { code, stdout, stderr } = await hostbundle(['preflight', 'example.yaml', '-q', '--format', 'json'], {
      cwd: own,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { findings } = JSON.parse(stdout.toString()).bundles[0] as { findings: { verdict: string }[] };
    expect(findings.map(({ verdict }) => verdict)).toEqual(exampleOf({ type, example }).analyzers.map(() => 'pass'));
  }, 30_000);
});

function exampleOf({ type, example }: { readonly type: string; readonly example: string }): Spec {
  const { spec, problems } = loadSpec([{ file: `${type}/example.yaml`, text: example }], {
    checks,
    limits,
    template: kurlData({ installer: undefined, set: {} }),
    strict: true,
  });
  expect(problems).toEqual([]);
  if (spec === undefined) throw new Error('it does not load');
  return spec;
}
