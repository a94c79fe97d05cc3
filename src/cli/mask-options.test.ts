import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openMask } from './mask-options.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostbundle-mask-options-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a bundle that cannot be written leaves no map', async () => {
  const maskMap = join(folder, 'own.map');
  const mask = await openMask({ mask: 'all', maskMap, redact: true }, { collectors: [], analyzers: [] });
  const written = mask?.withMap(async () => {
    expect(existsSync(maskMap)).toBe(true);
    throw new Error('the disk is full');
  });
  await expect(written).rejects.toThrow('the disk is full');
  expect(existsSync(maskMap)).toBe(false);
});

test('off by default', async () => {
  expect(await openMask({ mask: 'off', redact: true }, { collectors: [], analyzers: [] })).toBeUndefined();
});
