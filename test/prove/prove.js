/**
 * `npm run prove -- NAME… [--count N] [--seed S] [--tier ci]`: the proofs that take long or need other programs. Without a
 * name: which there are. Each is a module here that exports
 *
 *   tiers    how many cases a landing (`ci`) and a full run (`full`, the default) try; absent where it does not count cases
 *   faults   mistakes that can be planted with PROVE_BREAK=NAME, each of which must turn it red
 *   prove    async ({ count, random, seed, fault, folder, log }) => failures, one line each; none: it holds
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from './random.js';

const harnesses = readdirSync(import.meta.dirname)
  .filter((file) => /^\w+\.js$/.test(file) && !['prove.js', 'random.js', 'bundled.js'].includes(file))
  .map((file) => file.slice(0, -'.js'.length))
  .sort();
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seed: { type: 'string' }, tier: { type: 'string', default: 'full' } },
});
const unknown = wanted.filter((name) => !harnesses.includes(name));

if (wanted.length === 0 || unknown.length > 0) {
  for (const name of unknown) process.stderr.write(`there is no proof "${name}"\n`);
  process.stdout.write('npm run prove -- NAME… [--count N] [--seed S]\n');
  for (const name of harnesses) process.stdout.write(`  ${name.padEnd(16)} ${purpose(name)}\n`);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  const failed = [];
  for (const name of wanted) if (!(await holds(name))) failed.push(name);
  if (failed.length > 0) process.stdout.write(`\nnot proved: ${failed.join(', ')}\n`);
  // Whatever a harness left open does not keep us.
  process.exit(failed.length > 0 ? 1 : 0);
}

async function holds(name) {
  const { tiers, faults, prove } = await import(`./${name}.js`);
  const fault = process.env.PROVE_BREAK ?? '';
  if (fault !== '' && !faults.includes(fault)) throw new Error(`${name} knows no fault "${fault}"; it has ${faults}`);
  const count = Number(values.count ?? tiers[values.tier] ?? 0);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  const log = (text) => process.stdout.write(`${text}\n`);
  log(`\n== ${name}: ${purpose(name)}`);
  log(`seed ${seed}${count > 0 ? `, ${count} cases` : ''}${fault === '' ? '' : `, planted: ${fault}`}`);
  const folder = mkdtempSync(join(tmpdir(), `hostbundle-${name}-`));
  const start = performance.now();
  try {
    const failures = await prove({ count, seed, random: randomFrom(seed), fault, folder, log });
    for (const failure of failures.slice(0, 20)) log(`✘ ${failure}`);
    const took = ((performance.now() - start) / 1000).toFixed(1);
    log(`${failures.length === 0 ? 'holds' : `${failures.length} failures`} after ${took} s`);
    return failures.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first sentence of the harness's head comment. */
function purpose(name) {
  const head =
    /^\/\*\*\s*([\s\S]*?)\*\//.exec(readFileSync(join(import.meta.dirname, `${name}.js`), 'utf8'))?.[1] ?? '';
  return (
    head
      .replace(/\s*\n \* ?/g, ' ')
      .replace(/^\* /, '')
      .split(/\.\s/)[0] ?? ''
  ).trim();
}
