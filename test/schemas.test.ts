import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { checks } from '../src/cli/checks.ts';
import { limits } from '../src/contract/limits.ts';
import { allSchemas } from '../src/spec/schemas.ts';
import { parseYaml } from '../src/spec/yaml.ts';

const root = resolve(import.meta.dirname, '..');
const schemas = allSchemas(checks);

describe('schemas/', () => {
  test('holds what the checks declare, nothing stale and nothing else', () => {
    const written = new Map(
      readdirSync(join(root, 'schemas')).map((name) => [name, readFileSync(join(root, 'schemas', name), 'utf8')]),
    );
    const declared = new Map(
      [...schemas].map(([name, schema]) => [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`]),
    );
    const wrong = [...new Set([...written.keys(), ...declared.keys()])]
      .filter((name) => written.get(name) !== declared.get(name))
      .map((name) => `schemas/${name} ${complaint(written.get(name), declared.get(name))}`);
    expect(wrong).toEqual([]);
  });
});

function complaint(written: string | undefined, declared: string | undefined): string {
  if (declared === undefined) return 'is no schema of ours; remove it';
  return written === undefined ? 'is missing; run: npm run generate' : 'is stale; run: npm run generate';
}

/** Refuses what draft 7 does not allow and what no validator would look at. */
const compile = (schema: object) => new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);
const validators = new Map<string, ValidateFunction>();

function validatorOf(name: string): ValidateFunction {
  const known = validators.get(name) ?? compile(schemas.get(name) ?? { not: {} });
  validators.set(name, known);
  return known;
}

describe.each([...schemas])('schema %s', (name, schema) => {
  test('is draft 7 and says what it is', () => {
    expect(() => validatorOf(name)).not.toThrow();
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: expect.stringContaining(name),
      title: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\S/),
    });
  });

  test('every property of it is described, for editors', () => {
    expect(undescribed(schema, name)).toEqual([]);
  });
});

type Json = Readonly<Record<string, unknown>>;

function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((item, index) => undescribed(item, `${path}/${index}`));
  const { properties = {}, ...rest } = schema as Json & { properties?: Readonly<Record<string, Json>> };
  const own = Object.entries(properties).flatMap(([key, value]) => [
    ...(typeof value['description'] === 'string' ? [] : [`${path}/${key}`]),
    ...undescribed(value, `${path}/${key}`),
  ]);
  return [...own, ...Object.entries(rest).flatMap(([key, value]) => undescribed(value, `${path}/${key}`))];
}

interface Document extends Json {
  readonly kind: string;
}

function documentsOf(text: string): readonly Document[] {
  return parseYaml(text, limits).map((part) => {
    if ('fault' in part) throw new Error(part.fault.reason);
    return part.value as Document;
  });
}

const valid = join(root, 'fixtures/specs/valid');
const printed = readdirSync(valid)
  .map((file) => ({ file, text: readFileSync(join(valid, file), 'utf8') }))
  .filter(({ text }) => !text.includes('{{'));
const examples = checks.collectors.map(({ type, example }) => ({ file: `${type}/example.yaml`, text: example }));

describe('specs against their schemas', () => {
  test.each([...printed, ...examples])('$file fits its kind and "any spec"', ({ text }) => {
    for (const document of documentsOf(text)) {
      expect(mistakes(document.kind, document)).toEqual([]);
      expect(mistakes('spec', document)).toEqual([]);
    }
  });

  const adopted = join(root, 'fixtures/specs/adopted');
  test.each(readdirSync(adopted))('%s of another system fits "any spec"', (name) => {
    for (const document of documentsOf(readFileSync(join(adopted, name), 'utf8'))) {
      expect(mistakes('spec', document)).toEqual([]);
    }
  });

  const good = specOf({ tcpConnect: { address: 'a:1' } });
  test.each<[string, Json]>([
    ['no address', specOf({ tcpConnect: {} })],
    ['a number as timeout', specOf({ tcpConnect: { address: 'a:1', timeout: 10 } })],
    ['a timeout without a unit', specOf({ tcpConnect: { address: 'a:1', timeout: '10' } })],
    ['a misspelt key', specOf({ tcpConnect: { address: 'a:1', timout: '10s' } })],
    ['a misspelt type', specOf({ tcpConect: { address: 'a:1' } })],
    ['port 0', specOf({ tcpPortStatus: { port: 0 } })],
    ['port 70000', specOf({ tcpPortStatus: { port: 70000 } })],
    ['a port as text', specOf({ tcpPortStatus: { port: 'abc' } })],
    ['an exclude that ParseBool refuses', specOf({ tcpPortStatus: { port: 1, exclude: 'maybe' } })],
    ['two types in one item', specOf({ tcpConnect: { address: 'a:1' }, tcpPortStatus: { port: 1 } })],
    ['another apiVersion', { ...good, apiVersion: 'v1' }],
    ['no apiVersion', { kind: good['kind'], spec: good['spec'] }],
    ['no spec', { apiVersion: good['apiVersion'], kind: good['kind'] }],
    ['a list that its kind does not have', { ...good, spec: { hostcollectors: [] } }],
    ['a list that is none', { ...good, spec: { hostCollectors: { tcpConnect: { address: 'a:1' } } } }],
  ])('%s does not fit', (_what, document) => {
    expect(mistakes('SupportBundle', good)).toEqual([]);
    expect(mistakes('SupportBundle', document)).not.toEqual([]);
    expect(mistakes('spec', document)).not.toEqual([]);
  });
});

function specOf(item: Json): Json {
  return { apiVersion: 'troubleshoot.sh/v1beta2', kind: 'SupportBundle', spec: { hostCollectors: [item] } };
}

describe('results against their schemas', () => {
  const folder = join(root, 'fixtures/bundles');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // Those of which hand-written bundles hold results; a new check brings its own proof in its folder.
  const held = checks.collectors.filter(({ type }) => type === 'tcpConnect' || type === 'tcpPortStatus');
  const results = held.flatMap((collector) => {
    const place = collector.output('NAME').split('/').slice(0, 2).join('/');
    return files
      .filter((file) => file.includes(`/${place}/`) && file.endsWith('.json'))
      .map((file) => ({ file, collector }));
  });

  test('there are fixtures of every type', () => {
    expect(new Set(results.map(({ collector }) => collector))).toEqual(new Set(held));
  });

  test.each(results)('$file fits $collector.type.result', ({ file, collector }) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const value = collector.parse === undefined ? JSON.parse(text) : collector.parse(text, JSON.parse);
    expect(mistakes(`${collector.type}.result`, value)).toEqual([]);
  });

  test.each([
    ['no status', {}],
    ['a status that is no text', { status: 1 }],
    ['a port that is none', { status: 'connected', port: 'ssh' }],
  ])('%s does not fit', (_what, value) => {
    for (const { type } of held) expect(mistakes(`${type}.result`, value)).not.toEqual([]);
  });
});

function mistakes(name: string, value: unknown): readonly string[] {
  const validate = validatorOf(name);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
