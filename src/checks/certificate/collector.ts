import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { describeCertificate } from '../../net/certificates.ts';
import { isErrno } from '../../net/classify.ts';
import example from './example.yaml';
import { judgeKeyPair, type KeyPair, type KeyPairWord, keyPairWords } from './key-pair.ts';

const params = {
  type: 'object',
  description: 'A certificate and its private key, as a TLS server would load them',
  properties: {
    certificatePath: {
      type: 'string',
      default: '',
      description:
        'PEM file; of a chain, the first certificate is compared; without one the status is key-pair-missing',
    },
    keyPath: {
      type: 'string',
      default: '',
      description:
        'PEM file of the private key, which is compared and never kept; without one the status is key-pair-missing',
    },
  },
} as const satisfies ObjectSchema;

const result = {
  type: 'object',
  description: 'Whether the two belong together. The file holds the bare word; expiry and names are not looked at',
  required: ['status'],
  properties: { status: { type: 'string', enum: keyPairWords, description: 'How they fit' } },
} as const satisfies ObjectSchema;

export const certificate = defineCollector({
  type: 'certificate',
  title: 'Certificate Key Pair',
  summary: 'Whether a certificate and a private key on this host belong together',
  example,
  params,
  result,
  defaultName: 'certificate',
  output: (name) => `host-collectors/certificate/${name}.json`,
  prepare(params) {
    const doubts = (['certificatePath', 'keyPath'] as const)
      .filter((path) => params[path] === '')
      .map((path) => ({
        path,
        message: 'is missing, so the status will be key-pair-missing; write the path of a PEM file',
      }));
    return { params, doubts };
  },
  deadlineMs: () => 30_000,
  load: 'host',
  parse: (text) => ({ status: text.trim() }),
  render: ({ status }) => status,
}).collect(async ({ certificatePath, keyPath }, host) => {
  const { word, message, certificate: parsed } = await readKeyPair(certificatePath, keyPath, host);
  const described = parsed === undefined ? null : describeCertificate(parsed, Date.now());
  return {
    result: { status: word },
    evidence: { status: word, message, certificatePath, keyPath, certificate: described },
    ...(word !== 'key-pair-valid' && { complaint: message }),
  };
});

async function readKeyPair(certificatePath: string, keyPath: string, host: Host): Promise<KeyPair> {
  const texts: string[] = [];
  for (const path of [certificatePath, keyPath]) {
    try {
      texts.push(path === '' ? '' : await host.readText(path));
    } catch (error) {
      host.signal.throwIfAborted();
      const code = isErrno(error) ? (error.code ?? '') : '';
      const word: KeyPairWord = code === 'ENOENT' ? 'key-pair-missing' : 'key-pair-invalid';
      return { word, message: `${path} cannot be read (${code})` };
    }
    if (path === '') return { word: 'key-pair-missing', message: 'no path is given' };
  }
  const [certificateText = '', keyText = ''] = texts;
  return judgeKeyPair(certificateText, keyText);
}
