import { YAMLException } from 'js-yaml';
import type { SpecRedactor } from '../../contract/spec.ts';
import { parseGlob } from '../../go/glob.ts';
import { toBuffer } from '../content.ts';
import { mask } from '../span.ts';
import { type LineRule, lineRules, maskLines, maskValues, type OnMasked } from './lines.ts';
import { maskYamlPath } from './yaml-path.ts';

/** The redactors of a spec, ready to be applied. */
export interface Redactors {
  /** Whether any of them is for this file. */
  selects(path: string): boolean;
  /** The bytes themselves where nothing is masked. Throws where one of them cannot be applied. */
  apply(path: string, bytes: Uint8Array, onMasked: OnMasked): Uint8Array;
}

const maxDepth = 100;

export function createRedactors(specs: readonly SpecRedactor[]): Redactors {
  const redactors = specs.map((spec) => {
    const globs = spec.files.map(parseGlob);
    return {
      ...spec,
      selects: (path: string) => globs.length === 0 || globs.some(({ matches }) => matches(path)),
      lines: lineRules(spec.regex, spec.name),
    };
  });
  return {
    selects: (path) => redactors.some(({ selects }) => selects(path)),
    apply(path, bytes, onMasked) {
      const codec = codecOf(bytes);
      const before = codec.decode(bytes);
      let text = before;
      for (const redactor of redactors) if (redactor.selects(path)) text = masked(path, text, redactor, onMasked);
      if (text === before) return bytes;
      return codec.encode(path.endsWith('.json') ? withQuotes(before, text) : text);
    },
  };
}

function masked(
  path: string,
  before: string,
  redactor: SpecRedactor & { readonly lines: readonly LineRule[] },
  onMasked: OnMasked,
): string {
  const { name, values, lines, yamlPath, files } = redactor;
  let text = maskValues(before, values, name, onMasked);
  for (const rule of lines) text = maskLines(text, rule, onMasked);
  for (const [index, way] of yamlPath.entries()) {
    try {
      text = maskYamlPath(text, way, `${name}.yaml.${index}`, maxDepth, onMasked);
    } catch (error) {
      // A redactor for every file meets logs too, which are no YAML and hold no such path.
      if (!(error instanceof YAMLException) || files.length > 0 || /\.(?:ya?ml|json)$/i.test(path)) throw error;
    }
  }
  return text;
}

interface Codec {
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
}

/** As UTF-8 if it is, so that a pattern sees characters; else a character for each byte, so that all bytes survive. */
function codecOf(bytes: Uint8Array): Codec {
  const buffer = toBuffer(bytes);
  const encoding = buffer.equals(Buffer.from(buffer.toString('utf8'), 'utf8')) ? 'utf8' : 'latin1';
  return { decode: () => buffer.toString(encoding), encode: (text) => Buffer.from(text, encoding) };
}

/** A mask in the place of a number leaves JSON broken that needs no more than quotes. */
function withQuotes(before: string, after: string): string {
  if (!isJson(before) || isJson(after)) return after;
  return after.replace(/"(?:[^"\\]|\\.)*"|\*\*\*HIDDEN\*\*\*/g, (part) => (part === mask ? `"${mask}"` : part));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
