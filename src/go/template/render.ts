import type { Limits } from '../../contract/limits.ts';
import { builtins } from './builtins.ts';
import { fail } from './error.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { GoFunction } from './function.ts';
import { parseTemplate } from './parser.ts';
import { printValue } from './print.ts';
import { createSource, lineAt, placeAt, type Source } from './source.ts';
import { sprigFunctions } from './sprig.ts';
import { byteLength } from './text.ts';
import { fromItem, type TemplateData } from './value.ts';

export interface RenderOptions {
  readonly left: string;
  readonly right: string;
  readonly limits: Limits;
}

/** A value that an action wrote, and the tag that wrote it. */
interface Substitution {
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly expression: string;
}

export interface Rendered {
  readonly text: string;
  /**
   * Like `text`, with each value that came out of an action replaced by a word, the same for the same value; empty stays
   * empty. When the two parse to trees of different shape, a value has changed the structure.
   */
  readonly shadow: string;
  /** The source line, from 1, for each line of `text`. */
  readonly lines: readonly number[];
  readonly substitutions: readonly Substitution[];
}

/** Functions make and read this many times the largest result before a template is stopped. */
const workPerOutput = 4;

const functions: ReadonlyMap<string, GoFunction> = new Map(Object.entries({ ...sprigFunctions, ...builtins }));
const functionNames: ReadonlySet<string> = new Set([...functions.keys(), 'and', 'or']);

/** Renders a Go text/template; throws a TemplateError when it cannot be read or rendered. */
export function renderTemplate(text: string, data: TemplateData, options: RenderOptions): Rendered {
  const { left, right, limits } = options;
  const source = createSource(text, left, right);
  if (!text.includes(left)) {
    const lines = Array.from(source.lineStarts, (_, index) => index + 1);
    return { text, shadow: text, lines, substitutions: [] };
  }
  const nodes = parseTemplate(source, functionNames, limits.templateDepth);
  const output = createOutput(source, limits.templateOutputBytes);
  evaluate(nodes, fromItem(data), { source, limits, functions, ...output });
  return output.finish();
}

interface Output extends Pick<Evaluation, 'onText' | 'onValue' | 'spend'> {
  readonly finish: () => Rendered;
}

function createOutput(source: Source, maxBytes: number): Output {
  const chunks: string[] = [];
  const shadow: string[] = [];
  const lines: number[] = [];
  const substitutions: Substitution[] = [];
  const placeholders = new Map<string, string>();
  let bytes = 0;
  let work = 0;
  let inLine = false;

  function write(chunk: string, lineOf: (offset: number) => number): void {
    bytes += byteLength(chunk);
    if (bytes > maxBytes) {
      fail(`the result is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
    for (let from = 0; from < chunk.length; ) {
      if (!inLine) {
        lines.push(lineOf(from));
      }
      const newline = chunk.indexOf('\n', from);
      inLine = newline < 0;
      from = inLine ? chunk.length : newline + 1;
    }
  }

  function spend(amount: number): void {
    work += amount;
    if (work > workPerOutput * maxBytes) {
      fail('the template makes too much text');
    }
  }

  return {
    spend,
    onText: (text, at) => {
      write(text, (offset) => lineAt(source, at + offset));
      shadow.push(text);
    },
    onValue: (value, at) => {
      const text = printValue(value, spend);
      const place = placeAt(source, at);
      write(text, () => place.line);
      substitutions.push({ text, ...place });
      const placeholder = text === '' ? '' : (placeholders.get(text) ?? `value${placeholders.size + 1}`);
      placeholders.set(text, placeholder);
      shadow.push(placeholder);
    },
    finish: () => {
      const text = chunks.join('');
      const complete = inLine ? lines : [...lines, source.lineStarts.length];
      return { text, shadow: shadow.join(''), lines: complete, substitutions };
    },
  };
}
