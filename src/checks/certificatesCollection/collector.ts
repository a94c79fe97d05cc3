import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema, Schema, Written } from '../../contract/schema.ts';
import { certificateSchema, describeCertificate, parseCertificate, pemBlocks } from '../../net/certificates.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'Files whose certificates are to be described',
  required: ['paths'],
  properties: {
    paths: {
      type: 'array',
      maxItems: 1000,
      description: 'PEM files, each of one or more certificates; no patterns, no folders',
      items: { type: 'string', description: 'Path of a file' },
    },
  },
} as const satisfies ObjectSchema;

const file = {
  type: 'object',
  description: 'One file, in the order of the paths',
  required: ['message'],
  properties: {
    certificatePath: { type: 'string', optional: true, description: 'As the parameter; absent when that is empty' },
    certificateChain: {
      type: 'array',
      optional: true,
      description: 'Its certificates in their order; only when all of them parse',
      items: certificateSchema,
    },
    message: {
      type: 'string',
      enum: ['cert-valid', 'cert-invalid', 'cert-missing'],
      description: 'cert-valid when all certificates parse, whatever their dates; cert-missing when it cannot be read',
    },
    reason: { type: 'string', optional: true, description: 'Why it is missing or invalid' },
  },
} as const satisfies ObjectSchema;

const result = {
  type: 'array',
  nullable: true,
  description: 'What each file holds; null is what the Go tool writes without any paths',
  items: file,
} as const satisfies Schema;

export type CertificateFile = Written<typeof file>;

export const certificatesCollection = defineCollector({
  type: 'certificatesCollection',
  title: 'Host Certificates Collection',
  summary: 'Subjects, names and dates of certificates in files of this host',
  example,
  params,
  result,
  defaultName: 'certificatesCollection',
  output: (name) => `host-collectors/certificatesCollection/${name}.json`,
  prepare(params) {
    const message = 'holds a pattern, which is not expanded; write the path of each file';
    const doubts = params.paths.flatMap((path, index) =>
      path.includes('*') ? { path: `paths/${index}`, message } : [],
    );
    return { params, doubts };
  },
  deadlineMs: () => 60_000,
  load: 'host',
  render: (files) => JSON.stringify(files, null, '\t'),
}).collect(async ({ paths }, host) => {
  const files: CertificateFile[] = [];
  for (const path of paths) {
    files.push({ ...(path !== '' && { certificatePath: path }), ...(await read(path, host)) });
  }
  return { result: files.length === 0 ? null : files };
});

async function read(path: string, host: Host): Promise<Omit<CertificateFile, 'certificatePath'>> {
  let text: string;
  try {
    if (path === '') return { message: 'cert-missing', reason: 'no path is given' };
    text = await host.readText(path);
  } catch (error) {
    host.signal.throwIfAborted();
    return { message: 'cert-missing', reason: (error as NodeJS.ErrnoException).code ?? 'cannot be read' };
  }
  const blocks = pemBlocks(text).filter(({ label }) => label === 'CERTIFICATE');
  if (blocks.length === 0) return { message: 'cert-invalid', reason: 'it holds no PEM certificate' };
  const parsed = blocks.flatMap((block) => parseCertificate(block.text) ?? []);
  if (parsed.length < blocks.length) {
    return { message: 'cert-invalid', reason: `${blocks.length - parsed.length} of ${blocks.length} do not parse` };
  }
  const nowMs = Date.now();
  return { certificateChain: parsed.map((one) => describeCertificate(one, nowMs)), message: 'cert-valid' };
}
