import type { ObjectSchema } from '../contract/schema.ts';
import type { SpecRedactor } from '../contract/spec.ts';
import { GlobError, parseGlob } from '../go/glob.ts';
import { PatternError, parsePattern } from '../go/regexp.ts';
import { type ItemMistake, isRecord, type Path, validateItem } from './item.ts';

const texts = (description: string, each: string): ObjectSchema['properties'][string] => ({
  type: 'array',
  description,
  items: { type: 'string', description: each },
});

export const redactorSchema: ObjectSchema = {
  type: 'object',
  description: 'What to mask in which files, besides what is masked anyway',
  properties: {
    name: { type: 'string', description: 'As reports call it' },
    fileSelector: {
      type: 'object',
      description: 'Which files; none given: all',
      properties: {
        file: { type: 'string', description: 'Glob of paths below the root of the bundle, such as host-collectors/**' },
        files: texts('Several of them', 'One glob'),
      },
    },
    removals: {
      type: 'object',
      description: 'What is masked',
      properties: {
        values: texts('Texts as they are', 'One text'),
        regex: {
          type: 'array',
          description: 'Patterns',
          items: {
            type: 'object',
            description: 'One pattern',
            properties: {
              selector: {
                type: 'string',
                description: 'RE2 pattern of the line above; absent: every line is searched',
              },
              redactor: {
                type: 'string',
                description: 'RE2 pattern; groups (?P<mask>…) are masked, (?P<drop>…) left out, other groups kept',
              },
            },
            required: ['redactor'],
          },
        },
        yamlPath: texts('Values in YAML and JSON', 'Path such as a.*.b; * is every key or element, a number an index'),
      },
    },
  },
};

interface ReadRedactor {
  /** Undefined when it cannot be used. */
  readonly redactor: SpecRedactor | undefined;
  readonly mistakes: readonly ItemMistake[];
}

/** One item of `redactors`; `position` names it when it has no name. */
export function readRedactor(written: unknown, position: number, isPlain: (path: Path) => boolean): ReadRedactor {
  const { value, mistakes: misfits } = validateItem(written, redactorSchema, isPlain);
  const mistakes = [...misfits];
  if (misfits.some(({ severity }) => severity === 'error')) return { redactor: undefined, mistakes };
  const selector = recordOf(value['fileSelector']);
  const removals = recordOf(value['removals']);
  const file = textOf(selector['file']);
  const files = [...(file === '' ? [] : [file]), ...listOf(selector['files']).map(textOf)];
  const regex = listOf(removals['regex']).map((item) => {
    const { selector: above, redactor } = recordOf(item);
    return { ...(textOf(above) !== '' && { selector: textOf(above) }), redactor: textOf(redactor) };
  });
  const values = listOf(removals['values']).map(textOf);
  const yamlPath = listOf(removals['yamlPath']).map(textOf);

  const refuse = (path: Path, message: string, severity: ItemMistake['severity'] = 'error') =>
    mistakes.push({ severity, code: 'wrong-value', path, message });
  for (const glob of files) {
    const fault = faultOf(() => parseGlob(glob));
    if (fault !== undefined) refuse(['fileSelector'], `"${glob}" is no glob: ${fault}`);
  }
  for (const [index, { selector: above, redactor }] of regex.entries()) {
    for (const [key, pattern] of Object.entries({ selector: above, redactor })) {
      const fault = pattern === undefined ? undefined : faultOf(() => parsePattern(pattern));
      const message = `"${key}" is no pattern that RE2 takes: ${fault}; write it in Go's dialect, which has no look-around`;
      if (fault !== undefined) refuse(['removals', 'regex', index, key], message);
    }
  }
  for (const [index, text] of values.entries()) {
    if (text === '')
      refuse(['removals', 'values', index], 'an empty text is in every place, and masks nothing', 'warning');
  }
  const name = textOf(value['name']) || `unnamed-${position}`;
  const isUsable = !mistakes.some(({ severity }) => severity === 'error');
  return { redactor: isUsable ? { name, files, values, regex, yamlPath } : undefined, mistakes };
}

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof GlobError || error instanceof PatternError) return error.message;
    throw error;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
