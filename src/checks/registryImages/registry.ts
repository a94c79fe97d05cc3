import { createHash } from 'node:crypto';
import { BlockList } from 'node:net';
import type { Host } from '../../contract/collector.ts';
import { parseHostileJson } from '../../contract/hostile-json.ts';
import type { Deadline } from '../../net/deadline.ts';
import { type Followed, follow } from '../../net/follow.ts';
import { headerOf } from '../../net/headers.ts';
import type { Hop } from '../../net/hop.ts';
import type { HttpResponse, Security } from '../../net/http.ts';
import { bareHost, isIn, isLoopback } from '../../net/proxy.ts';
import type { Credentials } from './credentials.ts';
import type { Reference } from './reference.ts';

export interface Question {
  readonly reference: Reference;
  readonly credentials: Credentials;
  readonly security: Security;
  readonly insecure: boolean;
  proxyFor(url: URL): URL | undefined;
}

/** What a registry says of one image. */
export interface Answer {
  readonly exists: boolean;
  /** Empty when there is nothing to complain of. */
  readonly error: string;
  readonly digest: string | null;
  readonly mediaType: string | null;
  readonly hops: readonly Hop[];
  /** It may go better the next time. */
  readonly isTransient: boolean;
}

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
].join(', ');

const manifestBytes = 4 * 1024 * 1024;
const transientStatuses = new Set([408, 429, 499, 500, 502, 503, 504, 522]);

/** Told to whoever reads the result; only ever thrown and caught here. */
class Refusal extends Error {
  readonly isTransient: boolean;
  constructor(message: string, isTransient = false) {
    super(message);
    this.isTransient = isTransient;
  }
}

/** Asks a registry whether it has an image, by the HTTP API of registries (OCI distribution): ping, token, manifest. */
export async function askRegistry(question: Question, host: Host, deadline: Deadline): Promise<Answer> {
  const hops: Hop[] = [];
  const nothing = { exists: false, error: '', digest: null, mediaType: null, isTransient: false };
  try {
    const session = new Session(question, host, deadline, hops);
    const base = await session.ping();
    const { repository, identifier, isDigest } = question.reference;
    const response = await session.get(new URL(`${base}${repository}/manifests/${identifier}`), manifestTypes, true);
    if (response.status === 404) {
      const codes = errorsOf(response).map(({ code }) => code);
      if (codes.includes('MANIFEST_UNKNOWN') && !codes.includes('NAME_UNKNOWN')) return { ...nothing, hops };
    }
    if (response.status !== 200) throw refused(response);
    const digest = response.isWhole ? `sha256:${createHash('sha256').update(response.body).digest('hex')}` : null;
    if (isDigest && digest !== identifier) throw new Refusal(`the registry answered with another manifest, ${digest}`);
    const mediaType = headerOf(response.headers, 'Content-Type') ?? null;
    return { exists: true, error: '', digest, mediaType, hops, isTransient: false };
  } catch (error) {
    host.signal.throwIfAborted();
    if (!(error instanceof Refusal)) throw error;
    const { message, isTransient } = error;
    return { ...nothing, error: `failed to get image manifest: ${message}`, hops, isTransient };
  }
}

interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

class Session {
  readonly #question: Question;
  readonly #host: Host;
  readonly #deadline: Deadline;
  readonly #hops: Hop[];
  #authorization: string | undefined;
  /** Whether what is sent would let somebody in. */
  #isSecret = false;

  constructor(question: Question, host: Host, deadline: Deadline, hops: Hop[]) {
    this.#question = question;
    this.#host = host;
    this.#deadline = deadline;
    this.#hops = hops;
  }

  /** Finds out how the registry is spoken to, and gives the URL to which repositories are added. */
  async ping(): Promise<string> {
    const { registry } = this.#question.reference;
    const base = `https://${registry}/v2/`;
    const first = await this.#send(new URL(base), '*/*', false);
    if (first.response !== undefined) return this.#greeted(base, first.response);
    if (!speaksPlain(registry)) throw failed(first);
    const plain = `http://${registry}/v2/`;
    const second = await this.#send(new URL(plain), '*/*', false);
    if (second.response === undefined) throw failed(first);
    return this.#greeted(plain, second.response);
  }

  async #greeted(base: string, response: HttpResponse): Promise<string> {
    if (response.status === 200) return base;
    if (response.status !== 401) throw refused(response);
    const challenges = response.headers.flatMap(([name, value]) =>
      name === 'Www-Authenticate' ? challengesOf(value) : [],
    );
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer !== undefined) await this.#fetchToken(bearer, new URL(base));
    else this.#useBasic(new URL(base));
    return base;
  }

  #useBasic(url: URL): void {
    const { basic } = this.#question.credentials;
    if (basic === undefined) return;
    this.#mayTell(url);
    this.#authorization = `Basic ${basic}`;
    this.#isSecret = true;
  }

  async #fetchToken({ parameters }: Challenge, base: URL): Promise<void> {
    const { credentials, reference } = this.#question;
    const realm = parameters.get('realm') ?? '';
    if (!/^https?:\/\//i.test(realm) || !URL.canParse(realm))
      throw new Refusal('the registry names no place for tokens');
    const url = new URL(realm);
    if (base.protocol === 'https:' && url.protocol === 'http:') {
      throw new Refusal('the registry gives out its tokens in the clear, so none was asked for');
    }
    const service = parameters.get('service');
    const scope = `repository:${reference.repository}:pull`;
    const { basic, identityToken } = credentials;
    if (basic !== undefined || identityToken !== undefined) this.#mayTell(url);
    let body: string | undefined;
    if (identityToken !== undefined) {
      const form = { grant_type: 'refresh_token', client_id: 'hostbundle', refresh_token: identityToken, scope };
      body = new URLSearchParams({ ...form, ...(service !== undefined && { service }) }).toString();
    } else {
      if (service !== undefined) url.searchParams.set('service', service);
      url.searchParams.set('scope', scope);
      if (basic !== undefined) this.#authorization = `Basic ${basic}`;
    }
    this.#isSecret = basic !== undefined || identityToken !== undefined;
    const response = await this.get(url, 'application/json', this.#isSecret, body);
    if (response.status !== 200) throw refused(response);
    const answer = parsed(response);
    const token = [answer?.['token'], answer?.['access_token']].find((value) => typeof value === 'string');
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new Refusal('the registry gave no token');
    this.#authorization = `Bearer ${token}`;
  }

  /** Credentials go over TLS to whom a certificate names, or to this machine itself; else only when the spec says so. */
  #mayTell(url: URL): void {
    if (url.protocol === 'https:' || this.#question.insecure || isLoopback(bareHost(url))) return;
    throw new Refusal(
      `${url.host} speaks in the clear, so the credentials were not sent; set insecureSkipVerify if they may be`,
    );
  }

  async get(url: URL, accept: string, authorizes: boolean, body?: string): Promise<HttpResponse> {
    const followed = await this.#send(url, accept, authorizes, body);
    if (followed.response === undefined) throw failed(followed);
    return followed.response;
  }

  async #send(url: URL, accept: string, authorizes: boolean, body?: string): Promise<Followed> {
    const { security, insecure, proxyFor } = this.#question;
    const authorization = authorizes ? this.#authorization : undefined;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const headers = { accept, ...(authorization !== undefined && { authorization }), ...(body !== undefined && form) };
    const verifies = this.#isSecret && authorizes && !insecure;
    const followed = await follow(
      {
        method: body === undefined ? 'GET' : 'POST',
        url,
        headers: new Map(Object.entries(headers)),
        body,
        // Whether an image is there may be asked of anybody, as the Go tool does; secrets are for who proves who they are.
        security: { ...security, verifies },
        proxyFor,
        bodyBytes: () => manifestBytes,
      },
      this.#host,
      this.#deadline,
    );
    this.#hops.push(...followed.hops);
    return followed;
  }
}

function failed({ hops }: Followed): Refusal {
  const { cause, message, url } = hops.at(-1) ?? hops[0];
  const hint =
    cause === 'untrusted-certificate'
      ? ', so the credentials were not sent; give caCert, or set insecureSkipVerify'
      : '';
  return new Refusal(`${url}: ${message}${hint}`, cause === 'closed');
}

function refused(response: HttpResponse): Refusal {
  const said = errorsOf(response).map(({ code, message }) => (message === '' ? code : `${code}: ${message}`));
  return new Refusal(
    `the registry answered with status ${response.status}${said.length > 0 ? ` (${said.join('; ')})` : ''}`,
    transientStatuses.has(response.status),
  );
}

function parsed({ body, isWhole }: HttpResponse): Readonly<Record<string, unknown>> | undefined {
  if (!isWhole) return undefined;
  try {
    const value = parseHostileJson(body.toString(), { maxDepth: 20 });
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** The codes and messages that a registry gives for a refusal. */
function errorsOf(response: HttpResponse): readonly { readonly code: string; readonly message: string }[] {
  const errors = parsed(response)?.['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.slice(0, 10).flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') return [];
    const message = 'message' in error && typeof error.message === 'string' ? error.message.slice(0, 200) : '';
    return [{ code: error.code.slice(0, 100), message }];
  });
}

/** `Bearer realm="…",service="…"`, of which several may stand in one header (RFC 9110 section 11.6.1). */
function challengesOf(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (const [, scheme, name, quoted, plain] of header
    .slice(0, 10_000)
    .matchAll(/(?:^|[\s,])(?:([A-Za-z]+)(?=\s|$)|([A-Za-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))/g)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set((name ?? '').toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return challenges;
}

const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, bits, 'ipv4');
}

/** Where plain HTTP is tried after TLS has failed, as in go-containerregistry. */
function speaksPlain(registry: string): boolean {
  const name = bareHost(new URL(`https://${registry}/`));
  if (name === 'localhost') return registry.includes(':');
  return /\.(local|localhost)$/.test(name) || isLoopback(name) || isIn(privateNetworks, name);
}
