import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { cleanUp, closedPort, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { hostbundle, jsonOf, opened, program, specText, tcpConnect } from './lab.ts';

afterAll(cleanUp);

let folder: string;
let spec: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  spec = specText(
    [
      tcpConnect('secret', `127.0.0.1:${await closedPort()}`),
      { http: { collectorName: 'web', get: { url: 'http://127.0.0.1:1/?password=tr0ub4dor-and-3' } } },
    ],
    [{ tcpConnect: { collectorName: 'secret', outcomes: [{ pass: { message: 'seen' } }] } }],
  );
  await writeFile(join(folder, 'spec.yaml'), spec);
});

const prompt = 'q writes none: ';

/** On a terminal of its own, where each answer is typed when it is asked for. */
async function reviewed(answers: readonly string[], args: readonly string[] = ['-q', '-o', 'a.tar.gz']) {
  const words = [process.execPath, program, 'collect', 'spec.yaml', '--review', ...args];
  const line = words.map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
  let shown = '';
  let asked = 0;
  const waiting = [...answers];
  child.stdout.on('data', (piece: Buffer) => {
    shown += piece.toString();
    while (shown.split(prompt).length - 1 > asked && waiting.length > 0) {
      asked++;
      child.stdin.write(waiting.shift() ?? '');
    }
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code: code as number, shown: shown.replaceAll('\r\n', '\n') };
}

function numberOf(shown: string, path: string): string {
  return new RegExp(`^ *(\\d+) .* ${path.replaceAll('.', '\\.')}$`, 'm').exec(shown)?.[1] ?? 'none';
}

testWith(
  'script',
  'files, sizes and what is masked are listed, and Enter writes them all',
  async () => {
    const { code, shown } = await reviewed(['\r']);
    expect(shown).toMatch(/^ *\d+ +\d+ B +host-collectors\/connect\/secret\.json$/m);
    expect(shown).toMatch(/^ *\d+ +\S+ (B|KiB) +1 masked +spec\.yaml$/m);
    expect(shown).not.toContain('tr0ub4dor');
    expect(code).toBe(0);
    expect((await opened(join(folder, 'a.tar.gz'))).integrity.state).toBe('sound');
  },
  60_000,
);

testWith(
  'script',
  'what is dropped is not in the bundle, and the manifest says who withheld it',
  async () => {
    const first = await reviewed(['q\r']);
    const [connect, report, own] = ['host-collectors/connect/secret.json', 'version.yaml', 'spec.yaml'].map((path) =>
      numberOf(first.shown, path),
    );
    const { code, shown } = await reviewed([
      `show ${connect}\r`,
      `${connect}, ${report} ${own}\r`,
      `${report}\r`,
      'x\r',
      '\r',
    ]);
    expect(shown).toContain('"status":"connection-refused"');
    expect(shown).toContain('"x" is none of these; files have numbers from 1 to');
    expect(shown).toMatch(/dropped +host-collectors\/connect\/secret\.json/);
    expect(code).toBe(5);
    const bundle = await opened(join(folder, 'a.tar.gz'));
    expect(bundle.integrity).toMatchObject({ state: 'sound', differences: [] });
    const withheld = bundle.manifest?.files.filter((file) => file.withheld);
    expect(withheld).toMatchObject([
      { path: 'host-collectors/connect/secret.json', withheld: 'by the reviewer' },
      { path: 'spec.yaml', withheld: 'by the reviewer' },
    ]);
    expect(bundle.manifest?.redaction).toMatchObject({ withheld: 2 });
    expect(bundle.manifest?.spec.sha256).toBe(bundle.files.get('spec.yaml')?.sha256);
    expect(jsonOf(bundle, 'host-collectors/connect/secret.json')).toEqual({ withheld: 'by the reviewer' });
    expect(jsonOf(bundle, 'redaction-report.json')).toMatchObject({ withheld: 2 });
    expect(Buffer.from(bundle.read('version.yaml') ?? []).toString()).toContain('versionNumber');
  },
  60_000,
);

testWith(
  'script',
  'the report itself may be dropped, and files by range',
  async () => {
    const first = await reviewed(['q\r']);
    const count = first.shown.match(/^ *\d+ .* \S+$/gm)?.length ?? 0;
    const { code } = await reviewed([`1-${count}\r`, '\r']);
    expect(code).toBe(5);
    const bundle = await opened(join(folder, 'a.tar.gz'));
    expect(bundle.integrity.state).toBe('sound');
    expect(bundle.manifest?.files.every(({ withheld }) => withheld === 'by the reviewer')).toBe(true);
  },
  60_000,
);

testWith(
  'script',
  'q, the end of input and Ctrl-C write nothing',
  async () => {
    for (const answer of ['q\r', '\u0004', '\u0003']) {
      const { code, shown } = await reviewed([answer]);
      expect(shown).toContain('nothing was written');
      expect(code).toBe(130);
      expect(await readdir(folder)).toEqual(['spec.yaml']);
    }
  },
  60_000,
);

test('where there is no terminal nothing is run', async () => {
  const { code, stderr } = await hostbundle(['collect', 'spec.yaml', '--review', '-o', 'a.tar.gz'], { cwd: folder });
  expect(code).toBe(2);
  expect(stderr).toContain('--review asks a person, and this is no terminal');
  expect(await readdir(folder)).toEqual(['spec.yaml']);
}, 60_000);
