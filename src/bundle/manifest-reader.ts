import { decodeText, parseHostileJson } from '../contract/hostile-json.ts';
import type { Limits } from '../contract/limits.ts';
import { collectionStates, type Manifest, manifestSchema, manifestVersion } from '../contract/manifest.ts';
import type { ObjectSchema, Schema } from '../contract/schema.ts';
import { resultMismatch } from '../contract/validator.ts';
import { quoted, type Refuse } from './refusal.ts';
import { errorMessage } from './system-errors.ts';

export type ManifestReading = { readonly manifest: Manifest } | { readonly problem: string };

/** What manifest.json says, with every declared key there; or why it says nothing. */
export function readManifest(bytes: Uint8Array, limits: Limits, refuse: Refuse): ManifestReading {
  let value: unknown;
  try {
    value = parseHostileJson(decodeText(bytes), { maxDepth: limits.depth, refuseDuplicates: true });
  } catch (error) {
    return { problem: errorMessage(error) };
  }
  refuseNewerMajor(value, refuse);
  // Open: a later minor version may add keys.
  const mismatch = resultMismatch(manifestSchema, value);
  if (mismatch !== undefined) return { problem: mismatch };
  // `filled` follows the very schema from which the type is inferred; the words in it are looked at next.
  const manifest = filled(manifestSchema, value) as Manifest;
  const problem = unknownState(manifest);
  return problem === undefined ? { manifest } : { problem };
}

const versioned = /^(.*\/v)(\d+)(?:\.\d+)*$/;
const [, family, major] = versioned.exec(manifestVersion) ?? [];

function refuseNewerMajor(value: unknown, refuse: Refuse): void {
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value)) return;
  const version = value.schemaVersion;
  if (typeof version !== 'string' || isKnownVersion(version)) return;
  throw refuse(
    'unknown-version',
    `its manifest.json is of version ${quoted(version)}, and this program reads ${manifestVersion}: use a newer one`,
  );
}

function isKnownVersion(version: string): boolean {
  const match = versioned.exec(version);
  return match?.[1] === family && match?.[2] === major;
}

function unknownState({ collections }: Manifest): string | undefined {
  const index = collections.findIndex(({ state }) => !collectionStates.includes(state));
  const collection = collections[index];
  return collection && `/collections/${index}/state is ${quoted(collection.state)}, which is no state`;
}

/**
 * What is declared, and no more; what was left out as null or as nothing of its kind. In place: a manifest of ten thousand files is
 * held once.
 */
function filled(schema: Schema, value: unknown): unknown {
  switch (schema.type) {
    case 'array':
      return Array.isArray(value) ? fillItems(schema.items, value) : nothing;
    case 'object':
      return fillKeys(schema.properties, typeof value === 'object' && value !== null ? value : {});
    case 'string':
      return value ?? (schema.nullable ? null : '');
    case 'boolean':
      return value ?? (schema.nullable ? null : false);
    default:
      return value ?? (schema.nullable ? null : 0);
  }
}

const nothing: readonly unknown[] = [];

function fillItems(schema: Schema, items: unknown[]): readonly unknown[] {
  for (const [index, item] of items.entries()) items[index] = filled(schema, item);
  return items;
}

function fillKeys(properties: ObjectSchema['properties'], object: object): object {
  const record = object as Record<string, unknown>;
  for (const key of Object.keys(record)) if (!Object.hasOwn(properties, key)) delete record[key];
  for (const [key, property] of Object.entries(properties)) {
    record[key] = filled(property, Object.hasOwn(record, key) ? record[key] : undefined);
  }
  return record;
}
