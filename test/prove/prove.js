/** `npm run prove -- NAME…`: the proofs that take long or need other programs. Without a name: which there are. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const harnesses = readdirSync(folder)
  .filter((file) => file.endsWith('.js') && file !== 'prove.js' && !file.includes('.cases.'))
  .map((file) => file.slice(0, -'.js'.length))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !harnesses.includes(name));

if (wanted.length === 0 || unknown.length > 0) {
  for (const name of unknown) process.stderr.write(`there is no proof "${name}"\n`);
  process.stdout.write('npm run prove -- NAME…\n');
  for (const name of harnesses) process.stdout.write(`  ${name.padEnd(16)} ${purpose(name)}\n`);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  const failed = wanted.filter((name) => {
    process.stdout.write(`\n== ${name}: ${purpose(name)}\n`);
    return spawnSync(process.execPath, [join(folder, `${name}.js`)], { stdio: 'inherit' }).status !== 0;
  });
  if (failed.length > 0) process.stdout.write(`\nnot proved: ${failed.join(', ')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

/** The first sentence of the harness's head comment. */
function purpose(name) {
  const head = /^\/\*\*\s*([\s\S]*?)\*\//.exec(readFileSync(join(folder, `${name}.js`), 'utf8'))?.[1] ?? '';
  return (
    head
      .replace(/\s*\n \* ?/g, ' ')
      .replace(/^\* /, '')
      .split(/\.\s/)[0] ?? ''
  ).trim();
}
