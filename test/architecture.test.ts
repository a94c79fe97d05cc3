import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const src = resolve(import.meta.dirname, '../src');

/** Which folders of src a folder may import, besides itself. A star: cli sees all, stages see the contract. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  go: ['contract'],
  net: ['contract'],
  sandbox: ['contract'],
  disk: ['contract'],
  journal: ['contract', 'disk'],
  checks: ['contract', 'go', 'net'],
  spec: ['contract', 'go'],
  collect: ['contract', 'go'],
  redact: ['contract', 'go'],
  bundle: ['contract', 'go', 'disk'],
  analyze: ['contract', 'go'],
  report: ['contract', 'go'],
  cli: [
    'contract',
    'go',
    'net',
    'checks',
    'spec',
    'collect',
    'redact',
    'bundle',
    'analyze',
    'report',
    'sandbox',
    'disk',
    'journal',
  ],
};

/** What code outside cli never does, and why. */
const forbidden: readonly { readonly folders: RegExp; readonly text: RegExp; readonly why: string }[] = [
  {
    folders: /^(?!cli|net\/(resolver|echo)-child|sandbox\/child)/,
    text: /\bprocess\.(stdout|stderr|exit\b|exitCode|argv)/,
    why: 'only cli prints, exits and sees arguments',
  },
  { folders: /^(?!cli)/, text: /\bconsole\./, why: 'only cli prints' },
  { folders: /^(contract|go|checks\/\w+\/analyzer)/, text: /from 'node:(?!net')/, why: 'it is pure' },
  {
    folders: /^checks/,
    text: /from 'node:(fs|child_process)/,
    why: 'a check sees files and commands through its host',
  },
  {
    // These read what the system tells, or judge a file without keeping any of it. A file that goes into a bundle is taken by host.take.
    folders:
      /^checks\/(?!certificate\/|certificatesCollection\/|dns\/|ipv4Interfaces\/|networkNamespaceConnectivity\/|registryImages\/)/,
    text: /\.readText\b/,
    why: 'a file that goes into a bundle is taken by host.take, which knows what is never collected',
  },
  { folders: /^checks/, text: /\bprocess\.(env|argv)/, why: 'a check is told everything by its parameters' },
  {
    folders: /^/,
    text: /\bfetch\(|from 'undici'|[bB]rotliDecompress|createBrotli/,
    why: 'Brotli is never decoded (rule D0)',
  },
  {
    folders: /^(?!cli\/boot)/,
    text: /from 'node:vm'|new Function\(|\beval\(/,
    why: 'nothing from a spec runs as code of ours (rule E1)',
  },
];

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !/\.(test|fixture|d)\.ts$/.test(name))
  .map((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const imports = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) =>
      relative(src, resolve(src, dirname(file), match[1] ?? '')),
    );
    return { file, text, imports };
  });

describe('architecture', () => {
  test('every folder of src has its row', () => {
    const folders = new Set(sources.map(({ file }) => file.split('/')[0]).filter((name) => !name?.endsWith('.ts')));
    expect([...folders].sort()).toEqual(Object.keys(mayImport).sort());
  });

  test('a folder imports only what its row allows; a check imports no other check', () => {
    const wrong = sources.flatMap(({ file, imports }) =>
      imports.filter((target) => !isAllowed(file, target)).map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('D0, E1: nothing but cli prints, exits or reads arguments; pure folders stay pure; no Brotli, nothing from a spec as code', () => {
    const wrong = sources.flatMap(({ file, text }) =>
      forbidden
        .filter(({ folders, text: pattern }) => folders.test(file) && pattern.test(withoutComments(text)))
        .map(({ why }) => `${file}: ${why}`),
    );
    expect(wrong).toEqual([]);
  });
});

function isAllowed(file: string, target: string): boolean {
  if (target.startsWith('..')) return file === 'cli/version.ts';
  const [from = '', check = ''] = file.split('/');
  const [to = '', other = ''] = target.split('/');
  if (from === 'checks' && to === 'checks') return check === other || check.endsWith('.ts');
  return from === to || mayImport[from]?.includes(to) === true;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
}
