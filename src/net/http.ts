import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import { BlockList, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { createGunzip } from 'node:zlib';
import type { Host } from '../contract/collector.ts';
import { formatHostPort } from './address.ts';
import { isErrno } from './classify.ts';
import { roundMs } from './clock.ts';
import type { Deadline } from './deadline.ts';
import { dialUnexplained, explained } from './dial.ts';
import { handshakeMessage, handshakeStatus, shakeHands } from './handshake.ts';
import { type Headers, headerOf, headersOf } from './headers.ts';
import type { Hop, HttpCause } from './hop.ts';
import { describePeer, type Peer } from './peer.ts';
import { bareHost, isIn, portOf } from './proxy.ts';
import { shownUrl } from './secrets.ts';
import type { Trust } from './trust.ts';

/** How the other side of a TLS connection is met. */
export interface Security {
  readonly trust: Trust;
  readonly context: SecureContext;
  /** False: any certificate is taken. */
  readonly verifies: boolean;
}

export interface HttpRequest {
  readonly method: string;
  /** http or https; what stands before an @ is sent as Authorization. */
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
  readonly proxy: URL | undefined;
  readonly security: Security;
  /** How much of the body is kept, after decompression; nothing of an answer of which nobody wants it. */
  readonly bodyBytes: (answer: Pick<HttpResponse, 'status' | 'headers'>) => number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** False: the body went on, and was not read any further. */
  readonly isWhole: boolean;
}

export interface Exchanged {
  readonly hop: Hop;
  readonly response: HttpResponse | undefined;
}

/** Go takes ten megabytes of headers; nobody needs them. */
const headerBytes = 256 * 1024;

/** Why an exchange came to nothing. Only ever thrown and caught here. */
class Failure extends Error {
  readonly why: HttpCause;
  readonly code: string | null;
  constructor(why: HttpCause, message: string, code: string | null = null) {
    super(message);
    this.why = why;
    this.code = code;
  }
}

/** What is known of an exchange so far. */
interface Progress {
  dnsMs: number | null;
  connectMs: number | null;
  tls: Peer | null;
  firstByteMs: number | null;
  status: number | null;
  dial: Hop['dial'];
}

/**
 * One HTTP/1.1 request and its answer, over a connection of its own. Never follows a redirect. Rejects only when `host.signal`
 * aborts; every other ending is told. All sockets are gone when it resolves.
 */
export async function exchange(request: HttpRequest, host: Host, deadline: Deadline): Promise<Exchanged> {
  const startedMs = performance.now();
  const progress: Progress = { dnsMs: null, connectMs: null, tls: null, firstByteMs: null, status: null, dial: null };
  const held: Held = { stream: undefined };
  const stop = () => void held.stream?.destroy();
  deadline.signal.addEventListener('abort', stop, { once: true });
  let failure: Failure | undefined;
  let response: HttpResponse | undefined;
  try {
    const stream = await connection(request, host, deadline, held, progress);
    response = await ask(stream, request, progress);
  } catch (error) {
    host.signal.throwIfAborted();
    failure = asFailure(error, deadline, progress);
  } finally {
    deadline.signal.removeEventListener('abort', stop);
    stop();
  }
  const totalMs = roundMs(performance.now() - startedMs);
  const { method, url, proxy } = request;
  return {
    response,
    hop: {
      method,
      url: shownUrl(url),
      proxy: proxy === undefined ? null : shownUrl(proxy),
      cause: failure?.why ?? null,
      message: failure?.message ?? '',
      code: failure?.code ?? null,
      status: progress.status,
      dnsMs: progress.dnsMs,
      connectMs: progress.connectMs,
      tlsMs: progress.tls?.handshakeMs ?? null,
      firstByteMs: progress.firstByteMs,
      totalMs,
      dial: progress.dial && (await explained(progress.dial, host)),
      tls: progress.tls,
    },
  };
}

/**
 * The outermost stream of a connection, while it is ours. Ending that ends all beneath it; to end one beneath while TLS still
 * stands on it would crash Node.
 */
interface Held {
  stream: Duplex | undefined;
}

/** A connection on which the request can be written: to the server, or through the proxy. */
async function connection(
  request: HttpRequest,
  host: Host,
  deadline: Deadline,
  held: Held,
  progress: Progress,
): Promise<Duplex> {
  const { url, proxy, security } = request;
  throwIfOver(deadline);
  const first = proxy ?? url;
  const sockets: Socket[] = [];
  const target = { host: bareHost(first), port: portOf(first), family: 'any', attempts: 1, retryDelayMs: 0 } as const;
  const timeoutMs = Math.max(1, Math.ceil(deadline.leftMs()));
  const take = (socket: Socket) => void sockets.push(socket);
  const dialled = await dialUnexplained({ ...target, timeoutMs }, withoutMetadata(host), take);
  held.stream = sockets[0];
  progress.dial = dialled;
  progress.dnsMs = dialled.dnsMs;
  progress.connectMs = dialled.latencyMs;
  const [socket] = sockets;
  if (socket === undefined || dialled.status !== 'connected') {
    const cause = dialled.status === 'connected' ? 'error' : dialled.status;
    throw new Failure(cause, proxy === undefined ? dialled.message : `the proxy: ${dialled.message}`, dialled.code);
  }
  throwIfOver(deadline);
  let stream: Duplex = socket;
  if (first.protocol === 'https:') stream = await secured(stream, first, security, deadline, held, progress);
  if (proxy === undefined || url.protocol !== 'https:') return stream;
  await tunnel(stream, url, proxy);
  return secured(stream, url, security, deadline, held, progress);
}

/** What ended while no stream was held has ended none. */
function throwIfOver({ signal }: Deadline): void {
  if (signal.aborted) throw new Error('the time is over');
}

async function secured(
  stream: Duplex,
  url: URL,
  { trust, context, verifies }: Security,
  deadline: Deadline,
  held: Held,
  progress: Progress,
): Promise<Duplex> {
  const greeting = { serverName: bareHost(url), alpn: [], context, settles: false };
  held.stream = undefined;
  const shaken = await shakeHands(stream, greeting, deadline.signal);
  if (shaken.socket === undefined) {
    throw new Failure(handshakeStatus(shaken.code), handshakeMessage(shaken.code), shaken.code);
  }
  held.stream = shaken.socket;
  throwIfOver(deadline);
  progress.tls = describePeer(shaken.handshake, trust, Date.now());
  // Go does not look at the revocation that a server staples, so neither is it a reason here.
  const objections = progress.tls.problems.filter((problem) => problem !== 'revoked');
  if (verifies && objections.length > 0) {
    const { message, authorizationError } = progress.tls;
    throw new Failure('untrusted-certificate', `the certificate is not trusted: ${message}`, authorizationError);
  }
  return shaken.socket;
}

/** Asks a proxy for a way through to the server. */
async function tunnel(stream: Duplex, url: URL, proxy: URL): Promise<void> {
  const path = formatHostPort(bareHost(url), portOf(url));
  const request = startRequest({
    createConnection: () => stream,
    method: 'CONNECT',
    path,
    headers: { Host: path, ...proxyAuthorization(proxy) },
    setHost: false,
    maxHeaderSize: headerBytes,
  });
  const { status, head } = await new Promise<{ status: number; head: Buffer }>((resolve, reject) => {
    request.once('connect', ({ statusCode = 0 }: IncomingMessage, _: Duplex, rest: Buffer) =>
      resolve({ status: statusCode, head: rest }),
    );
    failing(request, stream, reject);
    request.end();
  });
  if (status < 200 || status > 299) {
    throw new Failure('proxy-refused', `the proxy ${proxy.host} answered CONNECT ${path} with status ${status}`);
  }
  if (head.length > 0) throw new Failure('bad-response', `the proxy ${proxy.host} went on after its answer to CONNECT`);
}

function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  const basic = basicAuthorization(proxy);
  return basic === undefined ? {} : { 'Proxy-Authorization': basic };
}

/** What stands before the @ of a URL, as a header. */
function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function ask(stream: Duplex, request: HttpRequest, progress: Progress): Promise<HttpResponse> {
  const { method, url, body, proxy, bodyBytes } = request;
  const isForwarded = proxy !== undefined && url.protocol === 'http:';
  const path = url.pathname + url.search;
  const { headers: wanted, undoesGzip } = wantedHeaders(request, isForwarded);
  const sent = startRequest({
    createConnection: () => stream,
    method,
    path: isForwarded ? `http://${url.host}${path}` : path,
    headers: wanted,
    setHost: false,
    maxHeaderSize: headerBytes,
  });
  // Without it the connection stays open after the answer; it is ended here in any case, and some servers say so in their headers.
  sent.removeHeader('connection');
  const startedMs = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('upgrade', () => reject(new Failure('bad-response', 'the server switched to another protocol')));
    failing(sent, stream, reject);
    // As bytes: of a text Node would make one with the headers, and write them in its encoding.
    sent.end(body === undefined ? undefined : Buffer.from(body));
  });
  progress.firstByteMs = roundMs(performance.now() - startedMs);
  progress.status = response.statusCode ?? 0;
  const { status } = progress;
  const all = headersOf(response);
  const isGzip = undoesGzip && headerOf(all, 'Content-Encoding')?.toLowerCase() === 'gzip';
  // As in Go, whose transparent decompression leaves no trace.
  const headers = isGzip ? all.filter(([name]) => name !== 'Content-Encoding' && name !== 'Content-Length') : all;
  const { bytes, isWhole } = await readBody(response, isGzip, bodyBytes({ status, headers }));
  return { status, headers, body: bytes, isWhole };
}

function wantedHeaders(
  { url, headers, proxy, body, method }: HttpRequest,
  isForwarded: boolean,
): { readonly headers: Readonly<Record<string, string>>; readonly undoesGzip: boolean } {
  const undoesGzip = !headers.has('accept-encoding') && !headers.has('range') && method !== 'HEAD';
  const basic = basicAuthorization(url);
  return {
    undoesGzip,
    headers: {
      host: url.host,
      'user-agent': 'hostbundle',
      ...(undoesGzip && { 'accept-encoding': 'gzip' }),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...(basic !== undefined && { authorization: basic }),
      ...(isForwarded && proxy !== undefined && proxyAuthorization(proxy)),
      ...Object.fromEntries(headers),
    },
  };
}

/** However a request ends without an answer; also the stream may, of which a request that has been answered is not told. */
function failing(request: ClientRequest, stream: Duplex, reject: (error: Error) => void): void {
  // A dialled connection is handed over paused.
  request.once('socket', () => stream.resume()).on('error', reject);
  const ended = () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' }));
  if (stream.destroyed) ended();
  else stream.once('close', ended);
}

async function readBody(
  response: IncomingMessage,
  isGzip: boolean,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const source = isGzip ? pipeline(response, createGunzip(), () => {}) : response;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (maxBytes === 0) return { bytes: Buffer.alloc(0), isWhole: false };
    for await (const chunk of source as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) break;
    }
  } catch (error) {
    if (isErrno(error) && error.code?.startsWith('Z_')) {
      throw new Failure('bad-response', `the body is no gzip, though its header says so (${error.code})`, error.code);
    }
    throw error;
  } finally {
    response.destroy();
  }
  const bytes = Buffer.concat(chunks);
  return { bytes: bytes.subarray(0, maxBytes), isWhole: size <= maxBytes };
}

function asFailure(error: unknown, deadline: Deadline, { status, dial: dialled }: Progress): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof RefusedAddress) return new Failure('address-refused', error.message);
  if (deadline.signal.aborted) {
    if (dialled === null) return new Failure('connection-timeout', 'the time was over before anything was sent');
    if (status !== null) return new Failure('body-timeout', `status ${status}, but the body did not end in time`);
    return new Failure('response-timeout', 'connected, but no answer came in time');
  }
  const code = isErrno(error) ? (error.code ?? null) : null;
  if (code?.startsWith('ERR_SSL_')) return new Failure('handshake-failed', handshakeMessage(code), code);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Failure('bad-response', `the headers are longer than ${headerBytes} bytes (${code})`, code);
  }
  if (code?.startsWith('HPE_')) return new Failure('bad-response', `what came back is no HTTP (${code})`, code);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    const when = status === null ? 'before it answered' : `after status ${status}, before the body had ended`;
    return new Failure('closed', `the server closed the connection ${when} (${code})`, code);
  }
  return new Failure('error', error instanceof Error ? error.message : String(error), code);
}

/** Where clouds hand out credentials to whoever asks from inside the machine. */
const metadata = new BlockList();
metadata.addAddress('169.254.169.254', 'ipv4');
metadata.addAddress('fd00:ec2::254', 'ipv6');

class RefusedAddress extends Error {}

/** Such an address is reached only when the spec itself names it (rule S5), not by way of a name or a redirect. */
export function isMetadata(hostname: string): boolean {
  return isIn(metadata, hostname);
}

function withoutMetadata(host: Host): Host {
  return {
    ...host,
    async lookup(name, signal) {
      const addresses = await host.lookup(name, signal);
      const refused = addresses.find(({ address }) => isMetadata(address));
      if (refused === undefined) return addresses;
      throw new RefusedAddress(`${name} stands for ${refused.address}, which hands out credentials of this machine`);
    },
  };
}
