import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** A module of `src` for a harness: bundled, because it is TypeScript. */
export async function bundled(entry, folder) {
  const outfile = join(folder, `${entry.replace(/\W/g, '-')}.mjs`);
  await build({
    entryPoints: [resolve(import.meta.dirname, '../..', entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.yaml': 'text' },
    outfile,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  return import(pathToFileURL(outfile).href);
}
