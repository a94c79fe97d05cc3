import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from './lab.ts';

const folder = resolve(import.meta.dirname, 'prove');

interface Harness {
  readonly tiers: { readonly ci?: number };
  readonly faults: readonly string[];
}

const names = readdirSync(folder)
  .filter((file) => /^\w+\.js$/.test(file) && !['prove.js', 'random.js', 'bundled.js'].includes(file))
  .map((file) => file.slice(0, -'.js'.length));
const harnesses: (Harness & { readonly name: string })[] = [];
// One after the other: the loader of ES modules beneath the tests mixes up what is imported at once.
for (const name of names) harnesses.push({ name, ...((await import(join(folder, `${name}.js`))) as Harness) });
const inCi = harnesses.filter(({ tiers }) => tiers.ci !== undefined);

/** The small tier of each proof runs at every landing, and its planted faults are found. The seed is in the output. */
describe.each(inCi)('npm run prove -- $name', ({ name, faults }) => {
  const prove = (fault: string) =>
    run(process.execPath, [join(folder, 'prove.js'), name, '--tier', 'ci'], {
      env: { ...process.env, PROVE_BREAK: fault },
    });

  test('holds', async () => {
    const { code, stdout, stderr } = await prove('');
    expect({ code, stderr, ...(code !== 0 && { stdout: stdout.toString() }) }).toEqual({ code: 0, stderr: '' });
  }, 300_000);

  test.each(faults)(
    'turns red when its fault is planted: %s',
    async (fault) => {
      const { code, stdout } = await prove(fault);
      expect(stdout.toString()).toMatch(/^✘ /m);
      expect(code).toBe(1);
    },
    300_000,
  );
});
