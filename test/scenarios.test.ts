import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

/**
 * CLI scenarios as text files; see fixtures/scenarios/README.md for their form. With UPDATE_SCENARIOS=1 what came out is
 * written down as what is expected: read the difference before you commit it.
 */
const folder = resolve(import.meta.dirname, '../fixtures/scenarios');
const program = resolve(import.meta.dirname, '../bin/hostbundle.js');
const update = process.env['UPDATE_SCENARIOS'] === '1';
const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort();

let listener: Server;
let open = 0;
let closed = 0;

beforeAll(async () => {
  listener = createServer((socket) => socket.destroy());
  open = await listen(listener);
  const probe = createServer();
  closed = await listen(probe);
  probe.close();
  await once(probe, 'close');
});

afterAll(() => {
  listener.close();
});

describe('scenario', () => {
  test.each(names)(
    '%s',
    async (name) => {
      const file = join(folder, name);
      const sections = parse(await readFile(file, 'utf8'));
      const directory = await mkdtemp(join(tmpdir(), 'hostbundle-scenario-'));
      const bin = await mkdtemp(join(tmpdir(), 'hostbundle-bin-'));
      try {
        await symlink(program, join(bin, 'hostbundle'));
        const actual = await play(sections, directory, bin);
        if (update) await writeFile(file, format(actual));
        else expect(actual.map(({ head, body }, index) => accept(head, body, sections[index]))).toEqual(sections);
      } finally {
        for (const made of [directory, bin]) await rm(made, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

interface Section {
  readonly head: string;
  readonly body: string;
}

function parse(text: string): readonly Section[] {
  const parts = text.split(/^=== (.*)\n/m);
  const sections: Section[] = [{ head: '', body: parts[0] ?? '' }];
  for (let index = 1; index < parts.length; index += 2)
    sections.push({ head: parts[index] ?? '', body: parts[index + 1] ?? '' });
  return sections;
}

function format(sections: readonly Section[]): string {
  return sections.map(({ head, body }) => (head === '' ? body : `=== ${head}\n${body}`)).join('');
}

/** Writes the files, runs the commands in order, and gives the sections with what really came out. */
async function play(sections: readonly Section[], directory: string, bin: string): Promise<readonly Section[]> {
  const actual: Section[] = [];
  let last = { stdout: '', stderr: '', code: 0 };
  for (const { head, body } of sections) {
    if (head.startsWith('$ ')) {
      last = await run(fill(head.slice(2), directory), directory, bin);
      actual.push({ head, body: mask(last.stdout, directory) });
    } else if (head === 'stderr') {
      actual.push({ head, body: mask(last.stderr, directory) });
    } else if (/^exit \d+$/.test(head)) {
      actual.push({ head: `exit ${last.code}`, body });
    } else {
      if (head !== '') {
        const file = join(directory, head.replace(/^file /, ''));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, fill(body, directory));
      }
      actual.push({ head, body });
    }
  }
  return actual;
}

function fill(text: string, directory: string): string {
  return text.replaceAll('$OPEN', String(open)).replaceAll('$CLOSED', String(closed)).replaceAll('$DIR', directory);
}

/** Takes out what differs from run to run. */
function mask(text: string, directory: string): string {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n(no newline at the end)\n`;
  return whole
    .replaceAll(directory, '$DIR')
    .replaceAll(new RegExp(`\\b${open}\\b`, 'g'), '$OPEN')
    .replaceAll(new RegExp(`\\b${closed}\\b`, 'g'), '$CLOSED')
    .replace(/\d+(\.\d+)?(e-\d+)? ms/g, '<*> ms')
    .replace(/"(latencyMs|dnsMs|durationMs)": [\d.]+/g, '"$1": <*>')
    .replace(/(response_time"?:? ?)[\d.]+/g, '$1<*>')
    .replace(/ in [\d.]+ s\b/g, ' in <*> s')
    .replace(/pid \d+/g, 'pid <*>')
    .replace(/\b\d+ (entries|bytes)/g, '<*> $1')
    .replace(/says \d+/g, 'says <*>')
    .replace(/the last of them "[^"]+"/g, 'the last of them "<*>"')
    .replace(/ on \S+ linux \S+ \S+$/gm, ' on <*>')
    .replace(/\d+(\.\d+)?s$/gm, '<*>s')
    .replace(/\b\d+(\.\d)? (B|KiB)\b/g, '<*> $2')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<*>Z');
}

/** Equal to what is expected where the expected text, with its `<*>` as wild cards, matches. */
function accept(head: string, body: string, expected: Section | undefined): Section {
  if (expected === undefined) return { head, body };
  const pattern = expected.body
    .split('<*>')
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^\\n]*');
  return { head, body: new RegExp(`^${pattern}$`).test(body) ? expected.body : body };
}

async function run(
  command: string,
  cwd: string,
  bin: string,
): Promise<{ stdout: string; stderr: string; code: number }> {
  const child = spawn('sh', ['-c', command], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: `${bin}:${process.env['PATH']}`, HOME: cwd, LANG: 'C', TZ: 'UTC' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number];
  return { stdout, stderr, code };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
