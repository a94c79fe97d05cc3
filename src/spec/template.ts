import type { Limits } from '../contract/limits.ts';
import type { Problem } from '../contract/problem.ts';
import { TemplateError } from '../go/template/error.ts';
import { type Rendered, renderTemplate } from '../go/template/render.ts';
import type { TemplateData } from '../go/template/value.ts';
import { isRecord } from './item.ts';
import { parseYaml } from './yaml.ts';

const left = '{{kurl';
const right = '}}';

type RenderedSpec =
  | { readonly text: string; readonly lineOf: (line: number) => number }
  | { readonly problem: Problem };

/** kURL's template text over the whole file, before YAML. Other `{{ … }}` stays as it is. */
export function renderSpec(
  text: string,
  file: string,
  { template, limits }: { readonly template: TemplateData; readonly limits: Limits },
): RenderedSpec {
  if (!text.includes(left)) return { text, lineOf: (line) => line };
  try {
    const rendered = renderTemplate(text, template, { left, right, limits });
    const lineOf = (line: number) => rendered.lines[line - 1] ?? line;
    const problem = injected(rendered, file, limits);
    return problem === undefined ? { text: rendered.text, lineOf } : { problem };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { line, column, message } = error;
    return { problem: { severity: 'error', code: 'template', file, line, column, message } };
  }
}

/**
 * Rule K4: a value that was put in must not change what the spec asks for. So the document must have the shape that it
 * has with a harmless word in the place of each value.
 */
function injected(rendered: Rendered, file: string, limits: Limits): Problem | undefined {
  const { text, shadow } = rendered;
  if (text === shadow) return undefined;
  const real = parseYaml(text, limits);
  const harmless = parseYaml(shadow, limits);
  // With a harmless word it is no YAML either: that is told with its place when the text itself is read.
  if (harmless.some((part) => 'fault' in part)) return undefined;
  const fault = real.find((part) => 'fault' in part);
  const same =
    fault === undefined &&
    real.length === harmless.length &&
    real.every((part, index) => {
      const other = harmless[index];
      return 'value' in part && other !== undefined && 'value' in other && sameShape(part.value, other.value);
    });
  if (same) return undefined;
  const culprit =
    rendered.substitutions.find(({ text }) => /[\n\r'"{}[\],#&*!|>%@`]|: |:$|^[-?:] /.test(text)) ??
    rendered.substitutions[0];
  return {
    severity: 'error',
    code: 'template-value',
    file,
    line: culprit?.line,
    column: culprit?.column,
    message: `the value ${JSON.stringify(culprit?.text)} that ${culprit?.expression} puts in here changes the structure of the YAML; correct it in --installer or --set`,
  };
}

function sameShape(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, i) => sameShape(item, other[i]))
    );
  }
  if (isRecord(one) || isRecord(other)) {
    if (!isRecord(one) || !isRecord(other)) return false;
    const values = Object.values(one);
    const others = Object.values(other);
    return values.length === others.length && values.every((item, i) => sameShape(item, others[i]));
  }
  return true;
}
