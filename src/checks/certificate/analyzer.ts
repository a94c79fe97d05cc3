import { defineAnalyzer } from '../../contract/analyzer.ts';
import { statusCondition } from '../../contract/when.ts';
import { certificate } from './collector.ts';
import { keyPairWords } from './key-pair.ts';

export const certificateAnalyzer = defineAnalyzer({
  type: 'certificate',
  title: 'Certificate Key Pair',
  summary: 'Judges whether a certificate and a private key belong together',
  params: { type: 'object', description: 'Nothing of its own', properties: {} },
  reads: certificate,
  when: keyPairWords.join(', '),
  evidence: ['status'],
  condition: (when) => statusCondition(when, certificate.result),
});
