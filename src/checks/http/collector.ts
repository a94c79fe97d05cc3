import { defineCollector, type Host } from '../../contract/collector.ts';
import { decodeText, parseHostileJson } from '../../contract/hostile-json.ts';
import type { ObjectSchema, Written } from '../../contract/schema.ts';
import { formatMs, wallClock } from '../../net/clock.ts';
import { startDeadline } from '../../net/deadline.ts';
import { explanationMs } from '../../net/explain.ts';
import { type Followed, follow } from '../../net/follow.ts';
import { joined } from '../../net/headers.ts';
import { hopSchema, httpCauses, timingProperties } from '../../net/hop.ts';
import type { Security } from '../../net/http.ts';
import { environmentProxy, parseProxy } from '../../net/proxy.ts';
import { secretsOf, shownHeader, shownUrl } from '../../net/secrets.ts';
import { PemError, readIdentity, readTrust, secureContext } from '../../net/trust.ts';
import example from './example.yaml';
import { indentJson } from './json-text.ts';
import { params, prepare, type Wanted } from './request.ts';

const result = {
  type: 'object',
  description: 'The answer or the error, as the Go tool writes them, with our evidence beside it',
  properties: {
    response: {
      type: 'object',
      optional: true,
      nullable: true,
      description: 'The last answer; absent when none came',
      required: ['status'],
      properties: {
        status: { type: 'integer', description: 'Its status code' },
        body: {
          type: 'string',
          description:
            'Its body, 1 MiB at most; what is no UTF-8 becomes U+FFFD, and secrets that were sent are hidden',
        },
        headers: {
          type: 'object',
          description:
            'Its headers by canonical name, several of one name joined by a comma; cookies and tokens are hidden',
          properties: {},
          values: { type: 'string', description: 'The value' },
        },
        raw_json: { type: 'any', optional: true, description: 'The body as JSON; absent when it is none' },
      },
    },
    error: {
      type: 'object',
      optional: true,
      nullable: true,
      description: 'Why no whole answer came; absent when one did',
      properties: { message: { type: 'string', description: 'In words' } },
    },
    cause: {
      type: 'string',
      enum: httpCauses,
      nullable: true,
      description: 'Which stage failed, in one word; null when an answer came',
    },
    bodyCut: { type: 'boolean', description: 'Whether the body went on after what is kept' },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    ...timingProperties,
    totalMs: { type: 'number', description: 'The whole, redirects included, in milliseconds' },
    expiresInDays: {
      type: 'number',
      nullable: true,
      description: "Days until the server's certificate ends; null when none was shown",
    },
    hops: { type: 'array', description: 'Every request that was made, redirects in their order', items: hopSchema },
  },
} as const satisfies ObjectSchema;

export const http = defineCollector({
  type: 'http',
  title: 'HTTP Request',
  summary: 'How an HTTP server answers a request, and if it does not, why',
  example,
  params,
  result,
  defaultName: 'result',
  output: (name) => `host-collectors/http/${name}.json`,
  prepare,
  deadlineMs: ({ timeoutMs }) => timeoutMs + explanationMs + 2000,
  load: 'network',
  parse: (text, json) => goKeys(json(text), ['response', 'error']),
  render,
}).collect(async (wanted, host) => ({ result: await send(wanted, host) }));

const bodyBytes = 1024 * 1024;

async function send(wanted: Wanted, host: Host): Promise<Written<typeof result>> {
  const { method, url, headers, body, timeoutMs } = wanted;
  const startedAt = wallClock();
  const deadline = startDeadline(timeoutMs, host.signal);
  const proxies: URL[] = [];
  try {
    const security = await securityOf(wanted, host);
    const proxyFor = (target: URL) => {
      const proxy = wanted.proxy ?? proxyOf(target, host);
      if (proxy !== undefined) proxies.push(proxy);
      return proxy;
    };
    const followed = await follow(
      { method, url, headers, body, security, proxyFor, bodyBytes: () => bodyBytes },
      host,
      deadline,
    );
    return written(followed, { wanted, startedAt, hide: secretsOf({ urls: [url, ...proxies], headers, body }) });
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    return {
      error: { message: error.message },
      cause: 'unusable',
      bodyCut: false,
      startedAt,
      dnsMs: null,
      connectMs: null,
      tlsMs: null,
      firstByteMs: null,
      totalMs: 0,
      expiresInDays: null,
      hops: [],
    };
  } finally {
    deadline.end();
  }
}

async function securityOf({ tls, verifies }: Wanted, host: Host): Promise<Security> {
  const [trust, identity] = await Promise.all([
    readTrust(tls.cacert, host),
    readIdentity(tls.clientCert, tls.clientKey, host),
  ]);
  return { trust, verifies, context: secureContext(trust, identity, 'strict') };
}

function proxyOf(target: URL, host: Host): URL | undefined {
  const named = environmentProxy(target, host);
  if (named === undefined) return undefined;
  const proxy = parseProxy(named);
  if ('mistake' in proxy) throw new PemError(`the proxy of the environment ${proxy.mistake}`);
  return proxy;
}

interface Told {
  readonly wanted: Wanted;
  readonly startedAt: string;
  readonly hide: (text: string) => string;
}

function written({ response, hops, totalMs }: Followed, { wanted, startedAt, hide }: Told): Written<typeof result> {
  const last = hops.at(-1) ?? hops[0];
  const { cause, message, dnsMs, connectMs, tlsMs, firstByteMs, tls } = last;
  const evidence = {
    cause,
    bodyCut: response?.isWhole === false,
    startedAt,
    dnsMs,
    connectMs,
    tlsMs,
    firstByteMs,
    totalMs,
    expiresInDays: tls?.expiresInDays ?? null,
    hops: hops.map((hop) => ({ ...hop, url: hide(hop.url), message: hide(hop.message) })),
  };
  if (response === undefined) {
    const limit = cause?.endsWith('-timeout') ? ` (time limit ${formatMs(wanted.timeoutMs)})` : '';
    const name = wanted.method.charAt(0) + wanted.method.slice(1).toLowerCase();
    return { error: { message: hide(`${name} "${shownUrl(wanted.url)}": ${message}${limit}`) }, ...evidence };
  }
  const shown = response.headers.map(([name, value]) => [name, hide(shownHeader(name, value))] as const);
  const body = hide(decodeText(response.isWhole ? response.body : atLineEnd(response.body)));
  const json = response.isWhole ? jsonOf(body) : undefined;
  return {
    response: {
      status: response.status,
      body,
      headers: Object.fromEntries([...joined(shown)].sort(([one], [other]) => (one < other ? -1 : 1))),
      ...(json !== undefined && { raw_json: json.value }),
    },
    ...evidence,
  };
}

/** So that no secret straddles the cut and escapes a rule for lines (rule S9). */
function atLineEnd(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(0x0a);
  return end === -1 ? bytes : bytes.subarray(0, end + 1);
}

function jsonOf(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseHostileJson(body, { maxDepth: 90 }) };
  } catch {
    return undefined;
  }
}

/** Two blanks a level and no bare `<`, `>` or `&`, as the Go tool; what the server wrote as JSON keeps its numbers to the digit. */
function render(value: Written<typeof result>): string {
  const { response } = value;
  if (response?.raw_json === undefined) return withoutMarkup(JSON.stringify(value, null, 2));
  const placeholder = '\u0000raw_json\u0000';
  const text = JSON.stringify({ ...value, response: { ...response, raw_json: placeholder } }, null, 2);
  return withoutMarkup(text.replace(JSON.stringify(placeholder), () => indentJson(response.body, 2)));
}

/** In JSON these stand in strings alone. */
function withoutMarkup(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The Go tool reads its keys in any case. */
function goKeys(value: unknown, keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const known = keys.find((name) => name === key.toLowerCase());
      return known === undefined ? [key, child] : [known, goKeys(child, ['status', 'message', 'body', 'headers'])];
    }),
  );
}
