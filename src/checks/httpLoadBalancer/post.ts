import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Host } from '../../contract/collector.ts';
import { startDeadline } from '../../net/deadline.ts';
import { type Exchanged, exchange, type Security } from '../../net/http.ts';
import { everyAddress } from '../../net/interfaces.ts';
import { OwnListener, type Unlistened, type Visitor } from '../../net/own-listener.ts';
import type { Peer } from '../../net/peer.ts';
import { PemError, readTrust, secureContext } from '../../net/trust.ts';
import {
  type Met,
  type Patience,
  printable,
  type Tried,
  tryUntil,
  undialled,
  unverified,
  verified,
} from '../../net/trying.ts';

interface Plan extends Patience {
  readonly url: URL;
  readonly listenPort: number;
}

export interface Posted extends Tried {
  readonly listenAddress: string;
  readonly visitors: readonly Visitor[];
  readonly httpStatus: number | null;
  readonly tls: Peer | null;
}

/** One request, name lookup and TLS included. */
const tryMs = 5000;
const mostBytes = 1024;

/**
 * Listens by HTTP, posts a token to a balancer once a second, and waits for the answer that only we can give. Rejects only when
 * the signal aborts. Everything it opened is closed when it ends.
 */
export async function postToSelf(plan: Plan, host: Host): Promise<Posted | { readonly unlistened: Unlistened }> {
  const token = { request: randomBytes(20).toString('hex'), response: randomBytes(20).toString('hex') };
  const server = createServer({ requestTimeout: tryMs, headersTimeout: tryMs }, (request, response) =>
    serve(request, response, (body) => {
      if (body !== token.request) return '';
      listener.verify(request.socket);
      return token.response;
    }),
  );
  const listener = new OwnListener(server);
  const listening = await listener.listen(everyAddress, plan.listenPort);
  if (typeof listening !== 'string') {
    host.signal.throwIfAborted();
    return { unlistened: listening };
  }
  let last: Exchanged | undefined;
  try {
    const security = await securityOf(host);
    const tried = await tryUntil(
      plan,
      async (leftMs) => {
        if (typeof security === 'string')
          return { ...unverified(null, null, security), lastTry: 'failed', isFinal: true };
        const deadline = startDeadline(Math.min(tryMs, leftMs), host.signal);
        const { request: body } = token;
        const headers = new Map([['content-type', 'text/plain']]);
        const post = { method: 'POST', url: plan.url, headers, body, proxy: undefined, security } as const;
        last = await exchange({ ...post, bodyBytes: () => mostBytes }, host, deadline).finally(deadline.end);
        return met(last, token.response);
      },
      host,
    );
    const { status: httpStatus = null, tls = null } = last?.hop ?? {};
    return { ...tried, listenAddress: listening, visitors: listener.visitors, httpStatus, tls };
  } finally {
    await listener.close();
  }
}

/** What a client of this host would believe, or why it cannot be said. */
async function securityOf(host: Host): Promise<Security | string> {
  try {
    const trust = await readTrust(undefined, host);
    return { trust, context: secureContext(trust, undefined, 'strict'), verifies: true };
  } catch (error) {
    if (error instanceof PemError) return error.message;
    throw error;
  }
}

/** Answers whatever comes, as a healthy backend does; only our own token gets the other one. */
function serve(request: IncomingMessage, response: ServerResponse, answerTo: (body: string) => string): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('error', () => {});
  response.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  });
  request.on('end', () => {
    const answer = request.method === 'POST' ? answerTo(Buffer.concat(chunks).toString()) : '';
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' }).end(answer);
  });
}

/** What may pass: a balancer that has found no backend yet closes connections, or answers for itself. */
const passing = new Set(['closed', 'bad-response', 'response-timeout', 'body-timeout', 'handshake-timeout']);
const closedCodes = new Set(['ECONNRESET', 'EPIPE']);

function met({ hop, response }: Exchanged, wanted: string): Met {
  const { cause, message, code, dial } = hop;
  if (dial !== null && dial.status !== 'connected') return undialled(dial);
  if (response !== undefined) {
    if (response.status === 200 && response.body.toString() === wanted) return verified(dial);
    const what = `HTTP status ${response.status} of somebody who did not know our token`;
    return unverified(dial, printable(response.body), what);
  }
  const isPassing = passing.has(cause ?? '') || (cause === 'handshake-failed' && closedCodes.has(code ?? ''));
  return { ...unverified(dial, null, message), code, ...(!isPassing && { lastTry: 'failed', isFinal: true }) };
}
