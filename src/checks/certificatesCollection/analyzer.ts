import { defineAnalyzer, type Ruling, WhenError } from '../../contract/analyzer.ts';
import type { SpecOutcome } from '../../contract/spec.ts';
import { type CertificateFile, certificatesCollection } from './collector.ts';

interface Judged {
  readonly files: readonly CertificateFile[];
  /** When the bundle was made. */
  readonly nowMs: number;
}

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const;

const dayMs = 86_400_000;
const days = /notAfter < Today \+ (\d{1,6}) days/;

export const certificatesCollectionAnalyzer = defineAnalyzer<
  typeof params,
  typeof certificatesCollection.result,
  object,
  Judged
>({
  type: 'certificatesCollection',
  title: 'Host Certificates Collection',
  summary: 'Judges the dates of certificates in files of a host, as of when the bundle was made',
  params,
  reads: certificatesCollection,
  async refine(files, _, { nowMs }) {
    if (files === null || files.length === 0) return { reason: 'no certificate was collected' };
    return { judged: { files, nowMs } };
  },
  when: '`notAfter < Today + 30 days` for a warn; a fail is for what is not valid on that day, a pass for what is, and neither reads it',
  evidence: [],
  condition(when) {
    if (when !== 'notAfter < Today' && !days.test(when)) {
      throw new WhenError(`"${when}" is not looked at; write one like \`notAfter < Today + 30 days\``);
    }
    return () => false;
  },
  rule: ({ files, nowMs }, outcomes) => files.flatMap((file) => ruleOf(file, outcomes, nowMs)),
});

/** As the Go tool, but that a certificate with a warning is not also called good, and each is told once. */
function ruleOf(file: CertificateFile, outcomes: readonly SpecOutcome[], nowMs: number): readonly Ruling[] {
  const { certificatePath, certificateChain, message, reason } = file;
  const source = certificatePath === undefined ? 'obtained from ' : `obtained from ${certificatePath}`;
  if (message === 'cert-missing') return [{ severity: 'fail', message: `Certificate is missing, cannot be ${source}` }];
  if (certificateChain === undefined) {
    const why = reason === undefined ? '' : ` (${reason})`;
    return [{ severity: 'unknown', message: `no certificate can be ${source}${why}` }];
  }
  return certificateChain.flatMap(({ isValid, notAfter }) => {
    const afterMs = Date.parse(notAfter);
    const said = outcomes.flatMap(({ severity, when, message: text, uri }): readonly Ruling[] => {
      if (severity === 'warn') {
        const within = days.exec(when)?.[1];
        if (!isValid || within === undefined || nowMs + Number(within) * dayMs <= afterMs) return [];
        return [{ severity, message: `${text} in ${Number(within)} days, ${source}`, uri }];
      }
      return isValid === (severity === 'pass') ? [{ severity, message: `${text}, ${source}`, uri }] : [];
    });
    const warned = said.some(({ severity }) => severity === 'warn');
    return warned ? said.filter(({ severity }) => severity !== 'pass') : said;
  });
}
