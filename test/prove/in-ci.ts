import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../lab.ts';

export interface Harness {
  readonly tiers: { readonly ci?: number };
  readonly faults: readonly string[];
}

const folder = import.meta.dirname;

export async function harness(name: string): Promise<Harness> {
  return (await import(join(folder, `${name}.js`))) as Harness;
}

/** The small tier of a proof runs at every landing, and its planted faults are found. The seed is in the output. */
export async function holdsInCi(name: string): Promise<void> {
  const { faults } = await harness(name);
  const prove = (fault: string) =>
    run(process.execPath, [join(folder, 'prove.js'), name, '--tier', 'ci'], {
      env: { ...process.env, PROVE_BREAK: fault },
    });

  describe(`npm run prove -- ${name}`, () => {
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
}
