import { defineAnalyzer, WhenError } from '../../contract/analyzer.ts';
import { limits } from '../../contract/limits.ts';
import { suggestion } from '../../contract/nearest.ts';
import { renderTemplate } from '../../go/template/render.ts';
import { struct } from '../../go/template/value.ts';
import { registryImages } from './collector.ts';

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const;

/** The images of a result, sorted into three. */
interface Judged {
  readonly verified: readonly string[];
  readonly missing: readonly string[];
  readonly errors: readonly string[];
  /** Of those that are missing, and of those of which nothing is known. */
  readonly reasons: Readonly<Record<string, string>>;
  readonly summary: string;
}

const terms = ['verified', 'missing', 'errors'] as const;

const operators: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '=': (left, right) => left === right,
  '==': (left, right) => left === right,
  '===': (left, right) => left === right,
};

export const registryImagesAnalyzer = defineAnalyzer<typeof params, typeof registryImages.result, object, Judged>({
  type: 'registryImages',
  title: 'Registry Images',
  summary: 'Judges whether container registries have images',
  params,
  reads: registryImages,
  when: '`missing > 0`: how many images are verified, missing, or errors, compared by < <= > >= = == or === with a whole number, single blanks between; a message is a Go template over .Verified, .Missing, .Errors (lists) and .UnverifiedReasons (by image)',
  evidence: ['summary'],
  async refine({ images }) {
    const all = Object.entries(images ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
    const having = (wanted: (typeof terms)[number]) =>
      all.flatMap(([name, { exists, error = '' }]) =>
        (error !== '' ? 'errors' : exists ? 'verified' : 'missing') === wanted ? [name] : [],
      );
    const [verified, missing, errors] = [having('verified'), having('missing'), having('errors')];
    const reasons = Object.fromEntries([
      ...missing.map((name) => [name, 'image not found in registry']),
      ...all.flatMap(([name, { error = '' }]) => (error === '' ? [] : [[name, error]])),
    ]);
    const summary = `${verified.length} verified, ${missing.length} missing, ${errors.length} errors`;
    return { judged: { verified, missing, errors, reasons, summary } };
  },
  condition(when) {
    const [term = '', operator = '', number = '', ...more] = when.trim().split(' ');
    if (number === '' || more.length > 0) {
      throw new WhenError(`"${when}" is no condition; write one like \`missing > 0\`, with single blanks`);
    }
    const known = terms.find((candidate) => candidate === term);
    if (known === undefined) throw new WhenError(`"${term}" cannot be counted${suggestion(term, terms)}`);
    const holds = operators[operator];
    if (holds === undefined) throw new WhenError(`"${operator}" is no operator here; write one of < <= > >= ==`);
    if (!/^[+-]?\d{1,15}$/.test(number)) throw new WhenError(`"${number}" is no whole number`);
    const right = Number(number);
    return (judged) => holds(judged[known].length, right);
  },
  message(written, { verified, missing, errors, reasons }) {
    const data = struct({ Verified: verified, Missing: missing, Errors: errors, UnverifiedReasons: reasons });
    return renderTemplate(written, data, { left: '{{', right: '}}', limits }).text;
  },
});
