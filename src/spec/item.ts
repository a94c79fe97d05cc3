import type { ErrorObject } from 'ajv';
import type { KeyPath } from '../contract/format.ts';
import { suggestion } from '../contract/nearest.ts';
import type { ObjectSchema, Schema } from '../contract/schema.ts';
import { validatorOf } from '../contract/validator.ts';
import { parseBool, yaml11Boolean } from '../go/bool.ts';
import { parseDuration } from '../go/duration.ts';

export type Path = KeyPath;

/** A mistake inside one item; `path` leads from the item's own keys. */
export interface ItemMistake {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly path: Path;
  readonly message: string;
}

/**
 * Validates one item against its declaration and fills in defaults. Unknown keys are warnings and dropped from `value`;
 * what was written stays in the caller's hands. `isPlain` tells a YAML scalar without quotes.
 */
export function validateItem(
  written: unknown,
  schema: ObjectSchema,
  isPlain: (path: Path) => boolean,
): { value: Record<string, unknown>; mistakes: readonly ItemMistake[] } {
  const value = normalized(written, schema, [], isPlain);
  if (!isRecord(value)) {
    const message = `must be a set of keys such as ${Object.keys(schema.properties)[0]}, not ${told(value)}`;
    return { value: {}, mistakes: [{ severity: 'error', code: 'wrong-type', path: [], message }] };
  }
  const validate = validatorOf(schema, 'spec');
  const mistakes: ItemMistake[] = [];
  if (!validate(value)) {
    const seen = new Set<string>();
    for (const error of validate.errors ?? []) {
      const mistake = explain(error, schema, value);
      const key = `${mistake.path.join('/')} ${mistake.code}`;
      if (!seen.has(key)) mistakes.push(mistake);
      seen.add(key);
      if (mistake.code === 'unknown-key') drop(value, mistake.path);
    }
  }
  return { value, mistakes };
}

/** A copy in which texts that stand for booleans are booleans, as Go's YAML and ParseBool read them, and empty durations are absent. */
function normalized(written: unknown, schema: Schema, path: Path, isPlain: (path: Path) => boolean): unknown {
  if (schema.type === 'boolean' && typeof written === 'string') {
    const plain = isPlain(path) ? yaml11Boolean(written) : undefined;
    const text = schema.parseBool === true ? (written === '' ? false : parseBool(written)) : undefined;
    return plain ?? text ?? written;
  }
  if (schema.type === 'array' && Array.isArray(written)) {
    return written.map((item, index) => normalized(item, schema.items, [...path, index], isPlain));
  }
  if (schema.type === 'object' && isRecord(written)) {
    const copy: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(written)) {
      if (child === null) continue;
      const below = (Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined) ?? schema.values;
      if (child === '' && below?.type === 'string' && below.format === 'go-duration') continue;
      copy[key] = below === undefined ? child : normalized(child, below, [...path, key], isPlain);
    }
    return copy;
  }
  return written;
}

function explain(error: ErrorObject, root: ObjectSchema, value: unknown): ItemMistake {
  const path = toPath(error.instancePath, value);
  const { schema, key } = schemaAt(root, path);
  const found = valueAt(value, path);
  const quoted = key === undefined ? 'it' : `"${key}"`;
  const mistake = (code: string, message: string, at: Path = path, severity: 'error' | 'warning' = 'error') => ({
    severity,
    code,
    path: at,
    message,
  });

  if (error.keyword === 'additionalProperties') {
    const unknown = String(error.params['additionalProperty']);
    const known = schema?.type === 'object' ? Object.keys(schema.properties) : [];
    return mistake(
      'unknown-key',
      `unknown key "${unknown}"${suggestion(unknown, known)}`,
      [...path, unknown],
      'warning',
    );
  }
  if (error.keyword === 'required') {
    const missing = String(error.params['missingProperty']);
    const below = schema?.type === 'object' ? schema.properties[missing] : undefined;
    return mistake('missing-key', `"${missing}" is missing: ${lowerFirst(below?.description ?? '')}`);
  }
  return mistake('wrong-value', `${quoted} ${wanted(schema, found)}`);
}

/** What the value must be, what it is, and what to write instead. */
function wanted(schema: Schema | undefined, found: unknown): string {
  switch (schema?.type) {
    case 'string': {
      if (schema.format === 'go-duration') {
        if (typeof found === 'number') return `is ${found} without a unit; write "${found}s" for ${found} seconds`;
        return `is no duration: ${durationFault(found)}; write one like "10s", "500ms" or "1m30s"`;
      }
      if (schema.enum !== undefined) {
        const near = typeof found === 'string' ? suggestion(found, schema.enum) : '';
        return `must be one of ${schema.enum.join(', ')}, not ${told(found)}${near.startsWith('; did') ? near : ''}`;
      }
      if (found === '') return 'must not be empty';
      const scalar = typeof found === 'number' || typeof found === 'boolean';
      return `must be text, not ${told(found)}${scalar ? `; write it in quotes: "${String(found)}"` : ''}`;
    }
    case 'integer':
    case 'number': {
      const kind = schema.type === 'integer' ? 'a whole number' : 'a number';
      const range =
        schema.minimum !== undefined && schema.maximum !== undefined
          ? ` from ${schema.minimum} to ${schema.maximum}`
          : schema.minimum !== undefined
            ? ` of at least ${schema.minimum}`
            : '';
      const unquote = typeof found === 'string' && /^\d+$/.test(found) ? `; write it without quotes: ${found}` : '';
      return `must be ${kind}${range}, not ${told(found)}${unquote}`;
    }
    case 'boolean':
      return `must be true or false, not ${told(found)}${schema.parseBool === true ? ' (as text, only 1 t T true True TRUE 0 f F false False FALSE)' : ''}`;
    case 'array':
      if (Array.isArray(found)) {
        if (found.length === 0) return 'is an empty list; it needs at least one entry';
        return `has ${found.length} entries; at most ${schema.maxItems} are taken`;
      }
      return `must be a list, not ${told(found)}; begin each line with "- "`;
    default:
      return `must be a set of keys, not ${told(found)}`;
  }
}

function durationFault(found: unknown): string {
  if (typeof found !== 'string') return told(found);
  try {
    parseDuration(found);
    return told(found);
  } catch (error) {
    return (error as Error).message.replace(/^time: /, '');
  }
}

/** A value as it may stand in a message: short, and without the content of lists and maps. */
function told(found: unknown): string {
  if (found === null || found === undefined) return 'nothing';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') return 'a set of keys';
  return typeof found === 'string'
    ? JSON.stringify(found.length > 60 ? `${found.slice(0, 60)}…` : found)
    : String(found);
}

function toPath(pointer: string, value: unknown): Path {
  const path: (string | number)[] = [];
  let at = value;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = isRecord(at) || Array.isArray(at) ? (at as Record<string, unknown>)[key] : undefined;
  }
  return path;
}

function schemaAt(root: ObjectSchema, path: Path): { schema: Schema | undefined; key: string | undefined } {
  let schema: Schema | undefined = root;
  let key: string | undefined;
  for (const step of path) {
    if (typeof step === 'number') {
      schema = schema?.type === 'array' ? schema.items : undefined;
    } else {
      schema = schema?.type === 'object' ? (schema.properties[step] ?? schema.values) : undefined;
      key = step;
    }
  }
  return { schema, key };
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) at = (at as Record<string | number, unknown> | undefined)?.[step];
  return at;
}

function drop(value: Record<string, unknown>, path: Path): void {
  const parent = valueAt(value, path.slice(0, -1));
  if (isRecord(parent)) delete parent[String(path.at(-1))];
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
