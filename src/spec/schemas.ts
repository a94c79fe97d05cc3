import { toJsonSchema } from '../contract/json-schema.ts';
import { manifestSchema } from '../contract/manifest.ts';
import type { ObjectSchema } from '../contract/schema.ts';
import type { Checks } from '../contract/spec.ts';
import { kinds } from './documents.ts';
import { analyzerSchema, collectorSchema } from './items.ts';
import { redactorSchema } from './redactor.ts';

/** Every schema that `hostbundle schema` knows, by file name: a kind of spec, the manifest, each collector's result. */
export function allSchemas(checks: Checks): ReadonlyMap<string, object> {
  const schemas = new Map<string, object>();
  for (const kind of Object.keys(kinds)) schemas.set(kind, kindSchema(kind, checks));
  schemas.set('spec', {
    ...head('spec', 'Any spec', 'A spec of any kind that hostbundle takes'),
    anyOf: [...Object.keys(kinds).map((kind) => kindSchema(kind, checks)), ...formatSchemas(checks)],
  });
  schemas.set('manifest', {
    ...head('manifest', 'manifest.json', manifestSchema.description),
    ...toJsonSchema(manifestSchema),
  });
  for (const { type, result, summary } of checks.collectors) {
    schemas.set(`${type}.result`, {
      ...head(`${type}.result`, `Result of ${type}`, summary),
      ...toJsonSchema(result, { open: true }),
    });
  }
  return schemas;
}

function head(name: string, title: string, description: string): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:hostbundle:schema:${name}`,
    title,
    description,
  };
}

const titles: Readonly<Record<string, string>> = {
  SupportBundle: 'What to collect into a bundle, and how to judge it',
  HostPreflight: 'What must hold on a host before something is installed',
  HostCollector: 'What to collect, without rules',
  Analyzer: 'Rules to judge bundles by, without collectors',
  Redactor: 'What to mask in what was collected',
};

function kindSchema(kind: string, checks: Checks): object {
  const declared = kinds[kind];
  const description = titles[kind] ?? kind;
  const collectors = checks.collectors.map(({ type, title, summary, params }) =>
    item(type, title, summary, collectorSchema(params)),
  );
  const analyzers = checks.analyzers.map(({ type, title, summary, params }) =>
    item(type, title, summary, analyzerSchema(params)),
  );
  const lists = [
    ...(declared?.collectors ?? []).map((key) => [key, list('Collectors, run side by side', collectors)] as const),
    ...(declared?.analyzers ?? []).map(
      (key) => [key, list('Analyzers, each of which yields a finding', analyzers)] as const,
    ),
    ...(declared?.redactors ?? []).map(
      (key) =>
        [key, { type: 'array', description: redactorSchema.description, items: toJsonSchema(redactorSchema) }] as const,
    ),
    ...Object.entries(declared?.skips ?? {}).map(
      ([key, reason]) => [key, { description: `Left alone: ${reason}` }] as const,
    ),
  ];
  return {
    ...head(kind, kind, description),
    type: 'object',
    required: ['apiVersion', 'kind', 'spec'],
    properties: {
      apiVersion: {
        type: 'string',
        enum: ['troubleshoot.sh/v1beta2', 'troubleshoot.sh/v1beta3', 'troubleshoot.replicated.com/v1beta1'],
        description: 'Version of the spec language',
      },
      kind: { type: 'string', const: kind, description },
      metadata: {
        type: 'object',
        description: 'Name and labels; the name of the first document names the spec',
        properties: { name: { type: 'string', description: 'Name of the spec' } },
      },
      spec: {
        type: 'object',
        description: 'What is asked for',
        properties: Object.fromEntries(lists),
        additionalProperties: false,
      },
    },
  };
}

/** An item of another system by itself, and a list of them. */
function formatSchemas({ formats }: Checks): readonly object[] {
  const items = formats.map(({ name, schema }) => ({ ...toJsonSchema(schema, { open: true }), title: name }));
  return [...items, list('Items of other systems', items)];
}

function list(description: string, choices: readonly object[]): object {
  return { type: 'array', description, items: { anyOf: choices } };
}

function item(type: string, title: string, summary: string, schema: ObjectSchema): object {
  return {
    type: 'object',
    title: type,
    description: `${title}: ${summary}`,
    required: [type],
    properties: { [type]: toJsonSchema(schema) },
    additionalProperties: false,
  };
}
