/**
 * Over-redaction: of clean host text, how many lines are touched, and by which rules. The text is what this host has in /var/log, /etc,
 * /proc and says of itself, and what is in the folders that PROVE_CORPUS names (with colons between them), up to 50 MB. PROVE_SHOW=1 shows the lines.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from './bundled.js';

export const tiers = {};
export const faults = [];

const mostBytes = 50e6;
const largestFile = 4e6;
const mostTouched = 0.003;

const commands = [
  ['ps', 'auxww'],
  ['dmesg'],
  ['dpkg', '-l'],
  ['mount'],
  ['ip', 'addr'],
  ['ss', '-tanp'],
  ['lsblk', '-O'],
  ['sysctl', '-a'],
  ['find', '/usr/lib', '-maxdepth', '4'],
  ['df', '-a'],
  ['env'],
  ['lsof', '-n'],
];

export async function prove({ folder, log }) {
  const { createRedaction } = await bundled('src/redact/redaction.ts', folder);
  const { neverCollected } = await bundled('src/contract/never-collected.ts', folder);
  const tally = { files: 0, bytes: 0, lines: 0, touched: 0, withheld: 0 };
  const byRule = new Map();
  const byKind = new Map();

  async function look(kind, path, bytes) {
    if (tally.bytes + bytes.length > mostBytes) return;
    const redaction = createRedaction();
    const entry = await redaction.redact({ path, content: bytes });
    if (entry.withheld !== undefined) {
      tally.withheld++;
      return;
    }
    const before = bytes.toString('latin1').split('\n');
    const after = Buffer.from(entry.bytes).toString('latin1').split('\n');
    const own = byKind.get(kind) ?? { lines: 0, touched: 0, bytes: 0 };
    byKind.set(kind, own);
    tally.files++;
    tally.bytes += bytes.length;
    own.bytes += bytes.length;
    tally.lines += before.length;
    own.lines += before.length;
    before.forEach((line, index) => {
      if (line === after[index]) return;
      tally.touched++;
      own.touched++;
      if (process.env.PROVE_SHOW === '1') log(`${path}: ${after[index]?.slice(0, 200)} <- ${line.slice(0, 160)}`);
    });
    for (const { rule, count } of entry.masked ?? []) byRule.set(rule, (byRule.get(rule) ?? 0) + count);
  }

  for (const [name, ...args] of commands) {
    try {
      await look('commands', name, execFileSync(name, args, { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64e6 }));
    } catch {
      // Not every host has it.
    }
  }
  const corpora = (process.env.PROVE_CORPUS ?? '').split(':').filter((name) => name !== '');
  for (const top of ['/etc', '/proc', '/var/log', ...corpora]) {
    for (const path of filesIn(top, top === '/proc' ? 3 : 12)) {
      if (neverCollected(path) !== undefined || /\.(?:gz|zip|csv|dat)$/.test(path)) continue;
      try {
        await look(top, path, readFileSync(path));
      } catch {
        // What is gone or may not be read.
      }
    }
  }
  for (const [kind, { lines, touched, bytes }] of byKind) {
    log(
      `${kind}: ${touched} of ${lines} lines (${((touched / lines) * 100).toFixed(3)} %), ${(bytes / 1e6).toFixed(1)} MB`,
    );
  }
  for (const [rule, count] of [...byRule].sort((a, b) => b[1] - a[1])) log(`  ${rule}: ${count}`);
  const share = tally.touched / tally.lines;
  log(
    `${tally.files} files, ${(tally.bytes / 1e6).toFixed(1)} MB, ${tally.lines} lines: ${tally.touched} touched (${(share * 100).toFixed(3)} %); ${tally.withheld} files withheld`,
  );
  return share <= mostTouched
    ? []
    : [`${(share * 100).toFixed(3)} % of lines are touched, and ${mostTouched * 100} % is the bar`];
}

function* filesIn(top, depth) {
  let entries = [];
  try {
    entries = readdirSync(top, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(top, entry.name);
    if (
      entry.isDirectory() &&
      depth > 1 &&
      !/^\/proc\/\d+\/(?:task|map_files|fd|ns|net|cwd|root)|^\/proc\/(?:kcore|kmsg)/.test(path)
    ) {
      yield* filesIn(path, depth - 1);
    } else if (
      entry.isFile() &&
      !/^\/proc\/(?:kcore|kmsg|kpage|sysrq)|\/(?:pagemap|clear_refs|mem|auxv|smaps)$/.test(path)
    ) {
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      if (size <= largestFile) yield path;
    }
  }
}
