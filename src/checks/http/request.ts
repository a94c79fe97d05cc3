import type { ParamMistake, Prepared } from '../../contract/collector.ts';
import type { Infer, ObjectSchema } from '../../contract/schema.ts';
import { parseTime } from '../../go/duration.ts';
import { hostMistake, isNumeric } from '../../net/address.ts';
import { bareHost, parseProxy } from '../../net/proxy.ts';

const tls = {
  type: 'object',
  description: 'How the server is met over https',
  properties: {
    cacert: {
      type: 'string',
      description:
        'Whom to trust: PEM is trusted alone; a file or folder of this host is trusted beside what the host trusts anyway',
    },
    skipVerify: { type: 'boolean', description: 'As insecureSkipVerify' },
    clientCert: { type: 'string', description: 'Certificate to show, with its chain: PEM, or the path of a file' },
    clientKey: { type: 'string', description: 'Its private key: PEM, or the path of a file; never kept' },
  },
} as const satisfies ObjectSchema;

const common = {
  url: { type: 'string', minLength: 1, description: 'What to ask for: http:// or https://' },
  insecureSkipVerify: { type: 'boolean', default: false, description: 'Take any certificate of the server' },
  headers: {
    type: 'object',
    description: 'Headers to send, by name; none of them is kept',
    properties: {},
    values: { type: 'string', description: 'Its value' },
  },
  timeout: {
    type: 'string',
    format: 'go-duration',
    default: '30s',
    description: 'Time limit of the whole: name lookup, connection, TLS, redirects and body; 0 is 5m',
  },
  proxy: {
    type: 'string',
    description:
      'Through which proxy, http or https; absent: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment say',
  },
  tls,
} as const satisfies ObjectSchema['properties'];

const withBody = {
  ...common,
  body: { type: 'string', description: 'What to send, as it is; its type is for a header to say' },
} as const satisfies ObjectSchema['properties'];

export const params = {
  type: 'object',
  description:
    'Sends one HTTP request, follows redirects, and keeps the answer; of several the first of get, post, put',
  properties: {
    get: { type: 'object', description: 'A GET request', required: ['url'], properties: common },
    post: { type: 'object', description: 'A POST request', required: ['url'], properties: withBody },
    put: { type: 'object', description: 'A PUT request', required: ['url'], properties: withBody },
  },
} as const satisfies ObjectSchema;

/** One request, ready to be sent. */
export interface Wanted {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly timeoutMs: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
  readonly proxy: URL | undefined;
  readonly verifies: boolean;
  readonly tls: Infer<typeof tls>;
}

export function prepare({ get, post, put }: Infer<typeof params>): Prepared<Wanted> {
  const [method, path, asked] =
    get !== undefined
      ? (['GET', 'get', { ...get, body: undefined }] as const)
      : post !== undefined
        ? (['POST', 'post', post] as const)
        : (['PUT', 'put', put] as const);
  if (asked === undefined) return { mistakes: [{ path: '', message: 'there is no request; write get, post or put' }] };
  const mistakes: ParamMistake[] = [];
  const wrong = (key: string, message: string) => mistakes.push({ path: `${path}/${key}`, message });
  const { ms, mistake } = parseTime(asked.timeout);
  if (mistake !== undefined) wrong('timeout', mistake);
  const url = parseUrl(asked.url);
  if ('mistake' in url) wrong('url', url.mistake);
  const proxy = asked.proxy === undefined || asked.proxy === '' ? undefined : parseProxy(asked.proxy);
  if (proxy !== undefined && 'mistake' in proxy) wrong('proxy', proxy.mistake);
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(asked.headers ?? {})) {
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) wrong('headers', `has a header whose name is none: "${name}"`);
    else if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) wrong(`headers/${name}`, 'holds a control character');
    else headers.set(name.toLowerCase(), Buffer.from(value.trim()).toString('latin1'));
  }
  if (mistakes.length > 0 || 'mistake' in url || (proxy !== undefined && 'mistake' in proxy)) return { mistakes };
  const verifies = !asked.insecureSkipVerify && asked.tls?.skipVerify !== true;
  const { body } = asked;
  const others = { get, post, put };
  const doubts = (['post', 'put'] as const)
    .filter((other) => other !== path && others[other] !== undefined)
    .map((other) => ({ path: other, message: `is left out beside ${path}; write a check of its own for it` }));
  const params = { method, url, timeoutMs: ms || 300_000, headers, body, proxy, verifies, tls: asked.tls ?? {} };
  return { params, doubts };
}

const urlExample = 'write one like https://example.com/healthz';

function parseUrl(written: string): URL | { readonly mistake: string } {
  if (written.includes('{{')) return { mistake: `"${written}" has template text left in it; ${urlExample}` };
  if (!/^https?:\/\/[^/?#]/i.test(written) || !URL.canParse(written)) {
    // Without what may be a password.
    return { mistake: `"${written.replace(/\/\/[^@/]*@/, '//***@')}" is no URL of http or https; ${urlExample}` };
  }
  const url = new URL(written);
  // As it was written, because a URL makes an address of any number.
  const [, number = ''] = /^\w+:\/\/(?:[^@/?#]*@)?([^:/?#]*)/.exec(written) ?? [];
  const mistake = hostMistake(isNumeric(number) ? number : bareHost(url));
  return mistake === undefined ? url : { mistake: `has a host that is none: ${mistake}` };
}
