import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { harness } from './in-ci.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder);
const isHarness = (file: string) =>
  file.endsWith('.js') && /^export const tiers\b/m.test(readFileSync(join(folder, file), 'utf8'));

test('every proof that has a small tier has a test of its name, so that the proofs run side by side', async () => {
  const expected: string[] = [];
  // One after the other: the loader of ES modules beneath the tests mixes up what is imported at once.
  for (const file of files.filter(isHarness)) {
    const name = file.slice(0, -'.js'.length);
    if ((await harness(name)).tiers.ci !== undefined) expected.push(`${name}.test.ts`);
  }
  expect(expected.length).toBeGreaterThan(5);
  expect(files.filter((file) => file.endsWith('.test.ts') && file !== 'every.test.ts').sort()).toEqual(expected.sort());
});
