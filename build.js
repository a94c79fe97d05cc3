/**
 * Builds dist/: the program in one file, the loader that bin/ starts, the sandbox of eval functions, V8's code cache of the
 * program after a real run, and the licences of the packages that are in those files.
 * `node build.js` does it all; `node build.js warm` is the run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const dist = resolve(import.meta.dirname, 'dist');
const common = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifyWhitespace: true,
  minifySyntax: true,
  // Their licences stand in a file of their own.
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};
/** In CommonJS a package that asks for its own place must be told. */
const ownUrl = {
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href;" },
};

/** Modules of Node that few runs need, loaded when something of them is first used: ten milliseconds of every other start. */
const lazyModules = {
  name: 'lazy-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(dgram|http|https|stream\/web|tls|worker_threads)$/ }, ({ path, namespace }) =>
      namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' },
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      return {
        contents: `for (const name of ${JSON.stringify(names)})
          Object.defineProperty(exports, name, { enumerable: true, get: () => require(${JSON.stringify(path)})[name] });`,
      };
    });
  },
};

if (process.argv[2] === 'warm') await warm();
else await all();

async function all() {
  rmSync(dist, { recursive: true, force: true });
  const boot = await build({ ...common, entryPoints: ['src/cli/boot.ts'], format: 'esm', outfile: 'dist/boot.js' });
  const program = await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    format: 'cjs',
    outfile: 'dist/hostbundle.cjs',
    loader: { '.yaml': 'text' },
    plugins: [lazyModules],
    // See the files for why.
    alias: {
      'string-width': './src/cli/string-width.ts',
      'escalade/sync': './src/cli/no-search.ts',
      y18n: './src/cli/no-locales.ts',
    },
    ...ownUrl,
  });
  // What runs functions from specs (rule E3). The engine is in it, because the child may read nothing else.
  const sandbox = await build({
    ...common,
    entryPoints: ['src/sandbox/child.ts'],
    format: 'cjs',
    outfile: 'dist/sandbox.cjs',
    loader: { '.wasm': 'binary' },
    ...ownUrl,
  });
  if (/[^\0-\u00ff]/.test(readFileSync(join(dist, 'hostbundle.cjs'), 'utf8')))
    throw new Error(
      'dist/hostbundle.cjs holds a character beyond Latin-1: V8 would hold all of it with two bytes each',
    );
  writeFileSync(join(dist, 'LICENSES.txt'), licences([boot, program, sandbox]));
  // What runs patterns from specs (rule X4), in a thread that can be ended.
  await build({
    ...common,
    entryPoints: ['src/redact/redactor/worker.ts'],
    format: 'cjs',
    outfile: 'dist/redactor.cjs',
  });
  const { status } = spawnSync(process.execPath, [import.meta.filename, 'warm'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error('the program that was built does not run');
}

/** What the authors of the packages in these files ask to be told. */
function licences(builds) {
  const inputs = builds.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
      const by = typeof author === 'object' ? author.name : author;
      const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
      return [`${name} ${version}: ${license}${by === undefined ? '' : `, by ${by}`}`, ...texts].join('\n\n');
    })
    .join(`\n\n${'='.repeat(80)}\n\n`)
    .concat('\n');
}

/** Collects from a loopback port that nobody is on, and judges it, so that the cache holds what a start needs. */
async function warm() {
  const { cacheFile, loadProgram } = await import('./dist/boot.js');
  const folder = mkdtempSync(join(tmpdir(), 'hostbundle-build-'));
  const spec = join(folder, 'spec.yaml');
  writeFileSync(
    spec,
    `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
spec:
  hostCollectors: [{ tcpConnect: { address: "127.0.0.1:1", timeout: 1s } }]
  hostAnalyzers: [{ tcpConnect: { outcomes: [{ fail: { when: connection-refused, message: refused } }] } }]
`,
  );
  const { main, script } = loadProgram();
  try {
    await main(['--help']);
    await main(['collect', spec, '-q', '-o', join(folder, 'bundle.tar.gz')]);
    await main(['analyze', join(folder, 'bundle.tar.gz'), '--exit-zero']);
    if (process.exitCode === 0) writeFileSync(join(dist, cacheFile), script.createCachedData());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
