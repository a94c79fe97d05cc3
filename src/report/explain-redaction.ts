import type { Style } from './style.ts';

/** A rule as far as it explains itself. */
interface Explained {
  readonly id: string;
  readonly title: string;
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}

/** Every rule with the examples that are its tests. */
export function renderRules(rules: readonly Explained[], { bold }: Style): string {
  const pages = rules.flatMap(({ id, title, hits, misses }) => [
    bold(id),
    `  ${title}`,
    ...hits.map((hit) => `    masks   ${shown(hit)}`),
    ...misses.map((miss) => `    leaves  ${shown(miss)}`),
    '',
  ]);
  return [
    `${rules.length} rules are applied to every file, and what they find is masked wherever else it stands.`,
    'What stands in « » becomes ***HIDDEN***; ⏎ is the end of a line, ␀ a NUL byte. --redact-skip RULE leaves one out.',
    '',
    ...pages,
    bold('Never collected'),
    '  password databases, private keys, kubeconfigs, credentials of programs, browser profiles, histories of commands,',
    '  memory and environment of processes, mail: such files are withheld as a whole',
    '',
    bold('Not known to any rule'),
    ...unknown.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

const unknown = [
  'secrets without a key, a syntax or a prefix that tells them, unless the same value stands elsewhere with one',
  'values of less than eight characters, common words, numbers and paths, where they stand bare',
  'what is encrypted, or as a whole in base64 or another encoding; pictures; bzip2, xz and zstd, which are withheld',
];

const widest = 110;

function shown(example: string): string {
  const line = example
    .replace(/\r?\n/g, '⏎')
    .replaceAll('\0', '␀')
    .replace(/[\u2039\u203a]/g, (mark) => (mark === '\u2039' ? '«' : '»'));
  return line.length <= widest ? line : `${line.slice(0, widest)}…`;
}
