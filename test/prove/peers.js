/**
 * What others find: the same planted secrets, examples of scanners' rules, and clean text through upstream's `redact`, gitleaks and
 * secretlint beside our own. A secret counts as found where a redactor takes it out, or a scanner says anything at all of the file that holds
 * nothing else; of clean text the files count of which anything is said. TROUBLESHOOT_BIN, GITLEAKS_BIN and SECRETLINT_BIN name the programs;
 * PROVE_TOKENS and PROVE_CORPUS folders as for `tokens` and `clean`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundled } from './bundled.js';
import { formsOf, plant } from './redaction.js';
import { examplesIn } from './tokens.js';

export const tiers = { full: 2000 };
export const faults = [];

const { TROUBLESHOOT_BIN, GITLEAKS_BIN, SECRETLINT_BIN, PROVE_TOKENS, PROVE_CORPUS } = process.env;
/** Of files that hold a secret each: whether it came out. Of others: whether anything is said. */
const tools = { hostbundle: ours, 'support-bundle redact': upstream, gitleaks, secretlint };

export async function prove({ count, random, folder, log }) {
  const corpora = { planted: plantedIn(count, random) };
  if (PROVE_TOKENS) corpora.examples = examples();
  if (PROVE_CORPUS) corpora.clean = clean();
  const rows = [['', ...Object.keys(corpora).map((name) => `${name} (${corpora[name].length} files)`)]];
  for (const [tool, look] of Object.entries(tools)) {
    const row = [tool];
    for (const [name, files] of Object.entries(corpora)) {
      const place = join(folder, `${tool.replace(/\W/g, '-')}-${name}`);
      mkdirSync(place, { recursive: true });
      for (const { path, text } of files) writeFileSync(join(place, path), text);
      const found = await look(place, files, folder);
      row.push(found === undefined ? 'not run' : `${found} (${((found / files.length) * 100).toFixed(1)} %)`);
    }
    rows.push(row);
  }
  for (const row of rows) log(`| ${row.join(' | ')} |`);
  return [];
}

function plantedIn(count, random) {
  return Array.from({ length: count }, (_, number) => {
    const { text, secret } = plant(random);
    return { path: `${number}.log`, text: `started\n${text}\nended\n`, secret };
  });
}

function examples() {
  const all = [...examplesIn(PROVE_TOKENS)].filter(({ isSecret }) => isSecret);
  return all.map(({ text }, number) => ({ path: `${number}.txt`, text: `${text}\n` }));
}

function clean() {
  return readdirSync(PROVE_CORPUS).map((name) => ({ path: name, text: readFileSync(join(PROVE_CORPUS, name)) }));
}

/** Of a planted file its secret must be gone; of any other something. */
function isTaken({ text, secret }, after) {
  if (secret === undefined) return !Buffer.from(text).equals(after);
  const shown = after.toString('latin1');
  return !formsOf(secret).some((form) => shown.includes(form));
}

async function ours(_place, files, folder) {
  const { createRedaction } = await bundled('src/redact/redaction.ts', folder);
  let found = 0;
  for (const file of files) {
    const entry = await createRedaction().redact({ path: file.path, content: file.text });
    if (entry.withheld === undefined && isTaken(file, Buffer.from(entry.bytes))) found++;
  }
  return found;
}

/** As files of a bundle of its own. */
function upstream(place, files, folder) {
  if (!TROUBLESHOOT_BIN) return undefined;
  const root = `${place}-bundle`;
  mkdirSync(join(root, 'host-collectors'), { recursive: true });
  cpSync(place, join(root, 'host-collectors/run-host'), { recursive: true });
  writeFileSync(join(root, 'version.yaml'), 'apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n');
  execFileSync('tar', ['-czf', `${root}.tar.gz`, '-C', dirname(root), root.slice(dirname(root).length + 1)]);
  const spec = join(folder, 'none.yaml');
  writeFileSync(
    spec,
    'apiVersion: troubleshoot.sh/v1beta2\nkind: Redactor\nmetadata: { name: none }\nspec: { redactors: [] }\n',
  );
  const out = `${root}-redacted.tar.gz`;
  execFileSync(TROUBLESHOOT_BIN, ['redact', spec, '--bundle', `${root}.tar.gz`, '-o', out], {
    stdio: 'ignore',
    cwd: folder,
  });
  const opened = `${root}-redacted`;
  mkdirSync(opened);
  execFileSync('tar', ['-xzf', out, '-C', opened], { stdio: 'ignore' });
  const top = readdirSync(opened).find((name) => existsSync(join(opened, name, 'host-collectors'))) ?? '.';
  return files.filter((file) => {
    const after = readFileSync(join(opened, top, 'host-collectors/run-host', file.path));
    // It ends each file with a line feed.
    return isTaken(
      { ...file, text: Buffer.from(`${file.text}`.trimEnd()) },
      Buffer.from(after.toString('latin1').trimEnd(), 'latin1'),
    );
  }).length;
}

function gitleaks(place) {
  if (!GITLEAKS_BIN) return undefined;
  const report = `${place}.json`;
  spawnSync(GITLEAKS_BIN, [
    'dir',
    place,
    '--no-banner',
    '--exit-code',
    '0',
    '--report-format',
    'json',
    '--report-path',
    report,
  ]);
  return new Set(jsonOf(report).map(({ File }) => File)).size;
}

/** With the rules that it recommends. */
function secretlint(place) {
  if (!SECRETLINT_BIN) return undefined;
  const config = `${place}.secretlintrc.json`;
  writeFileSync(config, '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}');
  // Not through a pipe, which it leaves before all is written.
  const report = `${place}.json`;
  const args = ['--format', 'json', '--no-color', '--secretlintrc', config, '--secretlintignore', '/dev/null'];
  spawnSync(SECRETLINT_BIN, [...args, '--output', report, `${place}/**/*`], {
    cwd: dirname(dirname(dirname(SECRETLINT_BIN))),
    stdio: 'ignore',
  });
  return jsonOf(report).filter(({ messages }) => messages.length > 0).length;
}

/** Never with the text in an error: examples that are held out are seen by nobody. */
function jsonOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`${file} is no JSON`);
  }
}
