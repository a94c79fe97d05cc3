import { expect, test } from '@jest/globals';
import type { Manifest } from '../contract/manifest.ts';
import { facts } from './facts.fixture.ts';
import { manifestFor, renderManifest } from './manifest.ts';

function manifest(count: number): Manifest {
  const entries = Array.from({ length: count }, (_, number) => ({
    path: `host-collectors/connect/ü "${number}".json`,
    bytes: Buffer.from(String(number)),
  }));
  return manifestFor({ ...facts, host: { ...facts.host, hostname: 'line\nbreak' } }, entries);
}

test.each([0, 1, 3, 5000])('with %i files: JSON that says the same, and a line for each file', (count) => {
  const one = manifest(count);
  const text = String(renderManifest(one));
  expect(JSON.parse(text)).toEqual(one);
  expect(text.endsWith('}\n')).toBe(true);
  expect(text.split('\n').filter((line) => line.startsWith('    {"path":'))).toHaveLength(count);
});
