/**
 * Z2: of every archive that we take, GNU tar and Python's tarfile list the same entries, of the same kinds and sizes. A count is
 * of archives that were taken; a failure is one seed: `--seed S --count 1`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { bundled } from './bundled.js';
import { mutated, seeds } from './mutations.cases.js';

export const tiers = { ci: 300, full: 50_000 };
export const faults = ['numbers', 'trailing', 'names'];

const planted = {
  numbers: ['src/bundle/tar-header.ts', 'if (!numberFields.every(', 'if (block.length === 0 && !numberFields.every('],
  trailing: ['src/bundle/tar-reader.ts', 'if (reading.zeroBlocks > 0) {', 'if (reading.zeroBlocks > 9) {'],
  names: [
    'src/bundle/archive.ts',
    'return contents.addFile(name, size);',
    'return contents.addFile(name.slice(0, 20), size);',
  ],
};

const batch = 100;

export async function prove({ count, seed, fault, folder, log }) {
  const product = await bundled('test/prove/opening.ts', folder, planted[fault]);
  const bundles = await seeds(product);
  const python = spawn('python3', [join(import.meta.dirname, 'differential.list.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const failures = [];
  let taken = 0;
  let tried = 0;
  let next = seed;
  while (taken < count && failures.length <= 20 && !(fault !== '' && failures.length > 0)) {
    const archives = [];
    const place = join(folder, 'archives');
    mkdirSync(place);
    for (; archives.length < batch && taken < count; next++) {
      tried++;
      const bytes = plain(mutated(next, bundles, product));
      if (bytes === undefined) continue;
      const file = join(place, String(next));
      writeFileSync(file, bytes);
      const entries = await product.entriesOf(file, product.refuser(file)).catch((error) => {
        if (error?.name !== 'BundleError') throw error;
      });
      if (entries === undefined) continue;
      taken++;
      archives.push({
        seed: next,
        file,
        ours: entries.map(([path, entry]) => [path, entry.kind, entry.size ?? 0, entry.target ?? '']),
      });
    }
    const gnu = await gnuLists(archives, place);
    for (const [index, { seed: number, file, ours }] of archives.entries()) {
      python.stdin.write(`${file}\n`);
      const { members, error } = JSON.parse((await answers.next()).value);
      compare(`seed ${number}, tarfile`, ours, error ?? members.map(fromPython), failures);
      // It shows the target of a hard link as it would make it, without what leads out.
      compare(`seed ${number}, GNU tar`, ours.map(withoutHardTarget), gnu[index], failures);
    }
    rmSync(place, { recursive: true });
    if (Math.floor(taken / 5000) !== Math.floor((taken - archives.length) / 5000))
      log(`${taken} taken of ${tried}, ${failures.length} differences`);
  }
  python.stdin.end();
  log(`${taken} archives taken of ${tried} tried`);
  return failures;
}

/** Other programs may take gzip apart otherwise than we do: that is not what is compared here. */
function plain(bytes) {
  if (bytes[0] !== 0x1f) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    return undefined;
  }
}

function compare(what, ours, theirs, failures) {
  const wanted = typeof theirs === 'string' ? theirs : JSON.stringify(theirs.filter(([path]) => path !== ''));
  const found = JSON.stringify(
    ours.map(([path, ...rest]) => [comparable(path), ...rest.slice(0, 2), comparable(rest[2])]),
  );
  if (wanted !== found) failures.push(`${what}: ${wanted.slice(0, 600)} and not ${found.slice(0, 600)}`);
}

/** Without what we normalise: one leading `./`, a folder's last slash, Unicode's forms. What is not UTF-8 is one character. */
function comparable(text) {
  return text.normalize('NFC').replaceAll(/\ufffd+/g, '\ufffd');
}

function pathOf(text) {
  return comparable(text.replace(/^\.\//, '').replace(/^\.$/, '').replace(/\/$/, ''));
}

function withoutHardTarget([path, kind, size, target]) {
  return [path, kind, size, kind === 'hardlink' ? '' : target];
}

function fromPython([name, type, size, target]) {
  const kind = { 1: 'hardlink', 2: 'symlink', 5: 'folder', 0: 'file', '\0': 'file' }[type] ?? type;
  const text = (value) => value.replaceAll(/[\udc80-\udcff]/g, '\ufffd');
  const isLink = kind === 'symlink' || kind === 'hardlink';
  return [pathOf(text(name)), kind, kind === 'file' ? size : 0, isLink ? comparable(text(target)) : ''];
}

/** What `tar -tv` says of each, in the order of the archives; a text where it refuses one. */
async function gnuLists(archives, place) {
  const script = `for file; do tar --list --verbose --utc --numeric-owner --quoting-style=escape --file "$file" 2>"$file.err" || { printf '!'; head -c 300 "$file.err" | tr '\\n' ' '; echo; }; echo '='; done`;
  const child = spawn('sh', ['-c', script, 'sh', ...archives.map(({ file }) => file)], {
    cwd: place,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return text
    .split(/^=\n/m)
    .slice(0, -1)
    .map((lines) => {
      const refused = /^!.*$/m.exec(lines);
      return refused ? refused[0] : lines.split('\n').slice(0, -1).map(fromGnu);
    });
}

const kinds = { '-': 'file', d: 'folder', l: 'symlink', h: 'hardlink' };

function fromGnu(line) {
  const [, letter, size, rest] = /^(.)\S+ +\S+ +(\d+) +\S+ +\S+ (.*)$/.exec(line) ?? [];
  if (letter === undefined) return [line];
  const kind = kinds[letter] ?? letter;
  const [name = '', target] = rest.split(
    kind === 'symlink' ? / -> (.*)/ : kind === 'hardlink' ? / link to (.*)/ : /$^/,
  );
  const shown = kind === 'symlink' ? comparable(unescaped(target ?? '')) : '';
  return [pathOf(unescaped(name)), kind, kind === 'file' ? Number(size) : 0, shown];
}

const escapes = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '\\': 0x5c, ' ': 0x20 };

function unescaped(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') bytes.push(text.charCodeAt(at));
    else if (/[0-7]{3}/.test(text.slice(at + 1, at + 4))) {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 4), 8));
      at += 3;
    } else bytes.push(escapes[text[++at]] ?? 0x3f);
  }
  return Buffer.from(bytes).toString('utf8');
}
