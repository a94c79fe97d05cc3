import type { Host } from '../contract/collector.ts';
import { roundMs } from './clock.ts';
import type { Deadline } from './deadline.ts';
import { headerOf } from './headers.ts';
import type { Hop, HttpCause } from './hop.ts';
import { exchange, type HttpRequest, type HttpResponse, isMetadata } from './http.ts';
import { bareHost } from './proxy.ts';
import { isSecretName, shownUrl } from './secrets.ts';

/** As Go's client: after so many the next is not made. */
const mostRedirects = 10;

export interface Followed {
  /** Absent when the last hop failed. */
  readonly response: HttpResponse | undefined;
  /** At least one; the last says how it ended. */
  readonly hops: readonly [Hop, ...Hop[]];
  readonly totalMs: number;
}

/** The way a request is sent on, which may be another for each URL. */
export type Routed = Omit<HttpRequest, 'proxy'> & { proxyFor(url: URL): URL | undefined };

/**
 * A request, and after it where redirects lead, by the rules of Go's client; but never from https to http, nor to where a cloud hands
 * out credentials (rule S5). What lets somebody in is not sent to another host.
 */
export async function follow(first: Routed, host: Host, deadline: Deadline): Promise<Followed> {
  const startedMs = performance.now();
  const { bodyBytes } = first;
  const hops: Hop[] = [];
  let request = first;
  for (;;) {
    const proxy = request.proxyFor(request.url);
    const { hop, response } = await exchange(
      { ...request, proxy, bodyBytes: (answer) => (isRedirect(answer) ? 0 : bodyBytes(answer)) },
      host,
      deadline,
    );
    const ended = (last: Hop, answer: HttpResponse | undefined): Followed => {
      const [head = last, ...rest] = [...hops, last];
      return { response: answer, hops: [head, ...rest], totalMs: roundMs(performance.now() - startedMs) };
    };
    if (response === undefined || !isRedirect(response)) return ended(hop, response);
    const location = headerOf(response.headers, 'Location') ?? '';
    const next = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
    const refusal = refusalOf(next, location, request.url, hops.length + 1);
    if (refusal !== undefined) return ended({ ...hop, ...refusal }, undefined);
    hops.push(hop);
    if (next !== undefined) request = redirected(request, next, response.status, first.url);
  }
}

function isRedirect({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): boolean {
  return [301, 302, 303, 307, 308].includes(status) && (headerOf(headers, 'Location') ?? '') !== '';
}

function refusalOf(
  next: URL | undefined,
  location: string,
  from: URL,
  made: number,
): { readonly cause: HttpCause; readonly message: string } | undefined {
  const refused = (message: string) => ({ cause: 'redirect-refused', message }) as const;
  if (next === undefined)
    return refused(`the redirect leads to what is no URL: ${JSON.stringify(location.slice(0, 200))}`);
  const shown = shownUrl(next).slice(0, 500);
  if (next.protocol !== 'http:' && next.protocol !== 'https:')
    return refused(`the redirect leads out of HTTP: ${shown}`);
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    return refused(`the redirect leads from https to http, in the clear: ${shown}`);
  }
  if (isMetadata(bareHost(next))) return refused(`the redirect leads to where clouds hand out credentials: ${shown}`);
  if (made >= mostRedirects)
    return { cause: 'too-many-redirects', message: `stopped after ${mostRedirects} redirects` };
  return undefined;
}

function redirected(request: Routed, url: URL, status: number, first: URL): Routed {
  const keepsMethod = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  const staysNear = url.hostname === first.hostname || url.hostname.endsWith(`.${first.hostname}`);
  const sameHost = url.host === request.url.host;
  const headers = [...request.headers].filter(
    ([name]) =>
      (staysNear || !isSecretName(name)) &&
      (sameHost || name !== 'host') &&
      (keepsMethod || !name.startsWith('content-')),
  );
  return {
    ...request,
    url,
    method: keepsMethod ? request.method : 'GET',
    body: keepsMethod ? request.body : undefined,
    headers: new Map(headers),
  };
}
