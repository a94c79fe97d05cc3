import { test } from '@jest/globals';
import fc from 'fast-check';
import { properties } from './properties.ts';

test.each(properties.map(({ name, make }) => [name, make] as const))(
  '%s',
  async (_, make) => {
    await fc.assert(make(fc), { numRuns: 1000 });
  },
  300_000,
);
