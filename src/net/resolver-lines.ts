import { isIP } from 'node:net';
import type { Address } from '../contract/collector.ts';

/** What the resolver and its child say to each other: one JSON object a line. */
export interface Question {
  readonly id: number;
  readonly name: string;
}

export type Answer =
  | { readonly id: number; readonly addresses: readonly Address[] }
  | { readonly id: number; readonly code: string };

/** A name server may send thousands of addresses for one name. */
export const mostAddresses = 64;
const longestLine = 16 * 1024;

/** Splits what comes in into lines; undefined once a line is longer than any honest one. */
export function lineSplitter(): (chunk: string) => readonly string[] | undefined {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    return rest.length > longestLine || lines.some((line) => line.length > longestLine) ? undefined : lines;
  };
}

/** Undefined for a line that is no answer. */
export function parseAnswer(line: string): Answer | undefined {
  const value = parsed(line);
  if (!isRecord(value) || !Number.isSafeInteger(value['id'])) return undefined;
  const id = Number(value['id']);
  const { code, addresses } = value;
  if (typeof code === 'string') return /^[A-Z][A-Z0-9_]{0,40}$/.test(code) ? { id, code } : undefined;
  if (!Array.isArray(addresses) || addresses.length > mostAddresses) return undefined;
  const valid = addresses.flatMap(addressOf);
  return valid.length === addresses.length ? { id, addresses: valid } : undefined;
}

export function parseQuestion(line: string): Question | undefined {
  const value = parsed(line);
  if (!isRecord(value) || !Number.isSafeInteger(value['id']) || typeof value['name'] !== 'string') return undefined;
  return { id: Number(value['id']), name: value['name'] };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function addressOf(value: unknown): readonly Address[] {
  if (!isRecord(value) || typeof value['address'] !== 'string') return [];
  const { address, family } = value;
  return (family === 4 || family === 6) && isIP(address) === family ? [{ address, family }] : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
