import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** A module of `src` for a harness: bundled, because it is TypeScript. */
export async function bundled(entry, folder, fault) {
  return import(pathToFileURL(await bundleFile(entry, folder, fault)).href);
}

/** The file of such a module. `fault`: a mistake to plant, as a file of the product, a text in it, and what stands there instead. */
export async function bundleFile(entry, folder, fault) {
  const outfile = join(folder, `${entry.replace(/\W/g, '-')}.mjs`);
  await build({
    entryPoints: [resolve(root, entry)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.yaml': 'text' },
    outfile,
    banner: { js: "import{createRequire as requirer}from'node:module';const require=requirer(import.meta.url);" },
    plugins: fault ? [planting(fault)] : [],
  });
  return outfile;
}

/** The whole program with a mistake planted in it. */
export async function brokenProgram(folder, fault) {
  const main = await bundleFile('src/cli/main.ts', folder, fault);
  const program = join(folder, 'broken.mjs');
  writeFileSync(program, `import { main } from ${JSON.stringify(main)};\nawait main(process.argv.slice(2));\n`);
  // A program that does not even start would turn every proof red, and show nothing.
  execFileSync(process.execPath, [program, '--version'], { stdio: 'pipe' });
  return program;
}

function planting([file, text, instead]) {
  const path = resolve(root, file);
  return {
    name: 'fault',
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`${file.replace(/\W/g, '\\$&')}$`) }, () => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes(text))
          throw new Error(`${file} no longer holds ${JSON.stringify(text)}: plant the fault elsewhere`);
        return { contents: source.replace(text, () => instead), loader: 'ts' };
      });
    },
  };
}
