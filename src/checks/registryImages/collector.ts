import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema, Written } from '../../contract/schema.ts';
import { parseTime } from '../../go/duration.ts';
import { pause, roundMs } from '../../net/clock.ts';
import { startDeadline } from '../../net/deadline.ts';
import { hopSchema } from '../../net/hop.ts';
import { environmentProxy, parseProxy } from '../../net/proxy.ts';
import { secretsOf } from '../../net/secrets.ts';
import { PemError, readTrust, secureContext } from '../../net/trust.ts';
import { basicCredentials, type Credentials, hostCredentials } from './credentials.ts';
import example from './example.yaml';
import { parseReference } from './reference.ts';
import { askRegistry } from './registry.ts';

const params = {
  type: 'object',
  description: 'Asks registries whether they have images; pulls nothing',
  required: ['images'],
  properties: {
    images: {
      type: 'array',
      maxItems: 1000,
      description:
        'References such as registry.example.com:5000/team/app:1.2 or nginx; a digest counts for more than a tag',
      items: { type: 'string', minLength: 1, description: 'An image reference' },
    },
    username: {
      type: 'string',
      description:
        'For every registry that asks for credentials; absent: what the container tools of this host have for it',
    },
    password: { type: 'string', description: 'To the username; never kept' },
    timeout: {
      type: 'string',
      format: 'go-duration',
      default: '10s',
      description: 'Time limit of one attempt at one image: connection, token and manifest; 0 is 5m',
    },
    caCert: {
      type: 'string',
      description:
        'Whom to trust: PEM is trusted alone; a file or folder of this host is trusted beside what the host trusts anyway',
    },
    insecureSkipVerify: {
      type: 'boolean',
      default: false,
      description:
        'Send credentials also where no certificate proves who gets them; without any, no certificate is needed',
    },
  },
} as const satisfies ObjectSchema;

const image = {
  type: 'object',
  description: 'One image',
  required: ['exists'],
  properties: {
    exists: { type: 'boolean', description: 'Whether the registry has it' },
    error: { type: 'string', optional: true, description: 'Why that is not known; absent when it is' },
    digest: { type: 'string', nullable: true, description: 'SHA-256 of its manifest; null when there is none' },
    mediaType: { type: 'string', nullable: true, description: 'What kind of manifest it is, as the registry says' },
    credentials: { type: 'string', description: 'Where credentials come from: the spec, a file of this host, or none' },
    attempts: { type: 'integer', description: 'How often it was asked for' },
    totalMs: { type: 'number', description: 'How long that took in all, in milliseconds' },
    hops: { type: 'array', description: 'The requests of the last attempt', items: hopSchema },
  },
} as const satisfies ObjectSchema;

const result = {
  type: 'object',
  description: 'What the registries say',
  required: ['images'],
  properties: {
    images: {
      type: 'object',
      nullable: true,
      description: 'By reference, as written in the spec, sorted',
      properties: {},
      values: image,
    },
  },
} as const satisfies ObjectSchema;

export type Image = Written<typeof image>;

const mostAttempts = 3;
const pauseMs = 1000;
const sideBySide = 4;

export const registryImages = defineCollector({
  type: 'registryImages',
  title: 'Registry Images',
  summary: 'Whether container registries have images',
  example,
  params,
  result,
  defaultName: 'images',
  output: (name) => `host-collectors/registry-images/${name}.json`,
  prepare({ timeout, ...rest }) {
    const { ms, mistake } = parseTime(timeout);
    const mistakes: ParamMistake[] = mistake === undefined ? [] : [{ path: 'timeout', message: mistake }];
    if (mistakes.length > 0) return { mistakes };
    const doubts: ParamMistake[] = rest.images.flatMap((text, index) => {
      if (parseReference(text) !== undefined) return [];
      const example = 'write one like nginx, team/app:1.2 or registry.example.com:5000/team/app:1.2';
      return {
        path: `images/${index}`,
        message: `has ${JSON.stringify(text)}, which is no image reference; ${example}`,
      };
    });
    if (rest.password !== undefined && (rest.username ?? '') === '') {
      doubts.push({ path: 'password', message: 'is of no use without username' });
    }
    return { params: { ...rest, timeoutMs: ms || 300_000 }, doubts };
  },
  deadlineMs: ({ images, timeoutMs }) =>
    Math.max(1, Math.ceil(images.length / sideBySide)) * (mostAttempts * (timeoutMs + pauseMs)) + 2000,
  load: 'network',
  render: (value) => JSON.stringify(value, null, 2),
}).collect(async (wanted, host) => {
  const found = new Map<string, Image>();
  const waiting = [...new Set(wanted.images)];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      found.set(next, await look(next, wanted, host));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return { result: { images: Object.fromEntries(sorted) } };
});

interface Wanted {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly caCert?: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly timeoutMs: number;
}

async function look(written: string, wanted: Wanted, host: Host): Promise<Image> {
  const startedMs = performance.now();
  const unknown = (error: string): Image => ({
    ...{ exists: false, error, digest: null, mediaType: null, credentials: 'none', attempts: 0, totalMs: 0, hops: [] },
  });
  const reference = parseReference(written);
  if (reference === undefined) {
    return unknown(`failed to parse image name ${written}: could not parse reference: ${written}`);
  }
  try {
    const trust = await readTrust(wanted.caCert, host);
    const security = { trust, context: secureContext(trust, undefined, 'strict'), verifies: true };
    const credentials = await credentialsOf(reference.registry, wanted, host);
    const proxyFor = (url: URL) => proxyOf(url, host);
    const question = { reference, credentials, security, insecure: wanted.insecureSkipVerify, proxyFor };
    const hide = secretsOf({ urls: [], headers: secretHeaders(credentials), body: undefined });
    for (let attempts = 1; ; attempts++) {
      const deadline = startDeadline(wanted.timeoutMs, host.signal);
      const { exists, error, digest, mediaType, hops, isTransient } = await askRegistry(
        question,
        host,
        deadline,
      ).finally(() => deadline.end());
      if (isTransient && attempts < mostAttempts) {
        await pause(pauseMs, host.signal);
        continue;
      }
      const totalMs = roundMs(performance.now() - startedMs);
      const evidence = { digest, mediaType, credentials: credentials.source, attempts, totalMs, hops };
      return { exists, ...(error !== '' && { error: hide(error) }), ...evidence };
    }
  } catch (error) {
    if (error instanceof PemError) return unknown(`failed to get image manifest: ${error.message}`);
    throw error;
  }
}

async function credentialsOf(registry: string, { username, password = '' }: Wanted, host: Host): Promise<Credentials> {
  if (username === undefined || username === '') return hostCredentials(registry, host);
  return { source: 'the spec', basic: basicCredentials(username, password) };
}

function secretHeaders({ basic, identityToken }: Credentials): ReadonlyMap<string, string> {
  return new Map([
    ...(basic === undefined ? [] : [['authorization', `Basic ${basic}`] as const]),
    ...(identityToken === undefined ? [] : [['token', identityToken] as const]),
  ]);
}

function proxyOf(url: URL, host: Host): URL | undefined {
  const named = environmentProxy(url, host);
  if (named === undefined) return undefined;
  const proxy = parseProxy(named);
  if ('mistake' in proxy) throw new PemError(`the proxy of the environment ${proxy.mistake}`);
  return proxy;
}
