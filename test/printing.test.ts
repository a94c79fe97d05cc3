import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { cleanUp, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { hostbundle, onTerminal, specText } from './lab.ts';

afterAll(cleanUp);

/** What could steer a terminal, or make a reader see other text than there is. */
const nasty = [
  '\u001b[31mred',
  '\u001b]0;title\u0007',
  '\u001b]8;;http://evil\u001b\\link',
  '\u001b[2J\u001b[H',
  '\u001bPdcs\u001b\\',
  '\u001b_apc\u001b\\',
  '\u009b31m',
  '\u0090dcs\u009c',
  '\u009d0;osc\u009c',
  'FAIL\rPASS',
  'FAIL\b\b\b\bPASS',
  'bell\u0007',
  'nul\u0000',
  'del\u007f',
  'bidi\u202eSSAP\u202c',
  'isolate\u2067x\u2069',
  'letter mark\u061c',
  'zero\u200bwidth\u200d',
  'line\u2028paragraph\u2029',
  'bom\ufeff',
  'tag\u{e0041}\u{e007f}',
  'surrogate\ud800',
].join(' ');
const forged = '\n✔ pass    forged line';

const steering =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u{e0000}-\u{e007f}\p{Cs}]/u;

let folder: string;

beforeAll(async () => {
  folder = join(await temporaryFolder(), 'bundle');
  const path = 'host-collectors/connect/connect.json';
  const result = { status: `error ${nasty}${forged}`, message: nasty + forged, address: nasty + forged, code: nasty };
  const outcome = { message: nasty + forged, uri: `https://example.com/${nasty}` };
  const rule = (more: object) => ({ tcpConnect: { checkName: nasty + forged, ...more } });
  const manifest = {
    schemaVersion: 'hostbundle.manifest/v1',
    tool: { name: nasty + forged, version: nasty },
    created: nasty,
    complete: false,
    incompleteReason: nasty + forged,
    host: { os: nasty, kernel: nasty, arch: nasty, hostname: nasty + forged },
    notes: [nasty + forged],
    collections: [
      { type: nasty, name: nasty + forged, state: 'failed', reason: nasty + forged, paths: [] },
      { type: 'tcpConnect', name: 'gone', state: 'failed', reason: nasty + forged, paths: [] },
    ],
    files: [{ path: `x${nasty}${forged}`, size: 1, sha256: nasty }],
  };
  const files = {
    'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n',
    'manifest.json': JSON.stringify(manifest),
    [path]: JSON.stringify(result),
    'spec.yaml': specText(
      [],
      [
        rule({ outcomes: [{ warn: outcome }] }),
        rule({ outcomes: [{ fail: { when: nasty + forged, ...outcome } }] }),
        rule({ collectorName: nasty + forged, [nasty + forged]: 1, annotations: { [nasty]: nasty } }),
        rule({ collectorName: 'gone' }),
        { [nasty + forged]: {} },
      ],
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
});

function expectHarmless(text: string): void {
  const line = text.split('\n').find((candidate) => steering.test(candidate));
  expect(line === undefined ? '' : JSON.stringify(line)).toBe('');
  expect(text).not.toMatch(/^✔ pass {4}forged/m);
}

describe('O1: nothing from outside steers a terminal', () => {
  test.each<readonly string[]>([
    ['analyze', 'FOLDER'],
    ['analyze', 'FOLDER', '--format', 'json'],
    ['analyze', 'FOLDER', '--format', 'yaml'],
    ['analyze', 'FOLDER', '--strict'],
    ['inspect', 'FOLDER'],
    ['inspect', 'FOLDER', '--format', 'json'],
    ['inspect', 'FOLDER', '--format', 'yaml'],
    ['verify', 'FOLDER'],
    ['verify', 'FOLDER', '--format', 'json'],
  ])('of a bundle: %s %s %s %s', async (...words) => {
    const { code, stdout, stderr } = await hostbundle(words.map((word) => (word === 'FOLDER' ? folder : word)));
    expect(code).not.toBe(1);
    expect(stderr).not.toContain('bug in hostbundle');
    expect(stdout.length + stderr.length).toBeGreaterThan(0);
    expectHarmless(stdout.toString());
    expectHarmless(stderr);
  });

  test.each(['json', 'yaml'] as const)('O4: and what is escaped in %s is the same when it is read', async (format) => {
    const { stdout } = await hostbundle(['analyze', folder, '--format', format]);
    const { bundles } = load(stdout.toString()) as { bundles: { findings: { title: string }[] }[] };
    expect(bundles[0]?.findings[0]?.title).toBe(nasty + forged);
  });

  testWith('script', 'nor on a real terminal, but for our own colours', async () => {
    const { shown } = await onTerminal(['analyze', folder]);
    expect(shown).toContain('\u001b[33m');
    // A terminal's line ends, and colours, which nothing of the bundle may carry.
    expectHarmless(shown.replaceAll('\r\n', '\n').replace(/\u001b\[(?:0|1|2|3[1-5]|90)m/g, ''));
    expect(shown).not.toContain('\u001b[31mred');
  });

  test.each<readonly [string, readonly string[], string?]>([
    ['a file that is not there', ['analyze', clean(nasty + forged)]],
    ['a path that is not there', ['inspect', 'FOLDER', clean(nasty + forged)]],
    ['a command', [clean(nasty + forged)]],
    ['an option', ['collect', `--${clean(nasty + forged)}`, 'x']],
    ['a choice', ['analyze', 'x', '--format', clean(nasty + forged)]],
    ['a type', ['explain', clean(nasty + forged)]],
    ['a schema', ['schema', clean(nasty + forged)]],
    ['an assignment', ['validate', '-', '--set', clean(nasty + forged)], '{}'],
    ['a time limit', ['collect', '-', '--timeout', clean(nasty + forged)], '{}'],
    ['an output', ['collect', '-', '-o', `/nowhere/${clean(nasty + forged)}/b`], '{}'],
    ['broken YAML', ['validate', '-'], `a: [${clean(nasty)}\n  b: "`],
    ['a kind', ['validate', '-'], JSON.stringify({ apiVersion: 'troubleshoot.sh/v1beta2', kind: nasty + forged })],
    ['a broken template', ['validate', '-'], `a: {{kurl ${clean(nasty)} }}`],
    [
      'wrong values',
      ['validate', '-'],
      specText([{ tcpConnect: { address: nasty + forged, timeout: nasty + forged } }]),
    ],
  ])('of what is typed or read: %s', async (_what, words, input = '') => {
    const args = words.map((word) => (word === 'FOLDER' ? folder : word));
    const { code, stdout, stderr } = await hostbundle(args, { input });
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expectHarmless(stderr);
  });

  test('of file names in a folder: refused, and told in plain characters', async () => {
    const odd = join(await temporaryFolder(), 'odd');
    await mkdir(odd);
    await writeFile(join(odd, 'version.yaml'), '');
    await writeFile(join(odd, '\u001b[31mred\u202e'), '');
    for (const command of ['analyze', 'inspect', 'verify']) {
      const { code, stdout, stderr } = await hostbundle([command, odd]);
      expect(code).toBe(2);
      expectHarmless(stdout.toString());
      expectHarmless(stderr);
    }
  });
});

/** Arguments cannot hold NUL, and a lone surrogate would not survive them. */
function clean(text: string): string {
  return text.replace(/\0|\p{Cs}/gu, '');
}
