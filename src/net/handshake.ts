import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls';
import { type Ending, EndingSource } from '../contract/ending.ts';
import { isErrno } from './classify.ts';
import { passed, roundMs } from './clock.ts';
import type { Handshake } from './peer.ts';

export interface Greeting {
  /** Compared with the certificate, and sent as SNI unless it is an address. */
  readonly serverName: string;
  readonly alpn: readonly string[];
  readonly context: SecureContext;
  /** Wait until the server has had its say on our certificate, which TLS 1.3 leaves for later. */
  readonly settles: boolean;
}

/** Ours: the socket is then in the caller's hands. */
export type Shaken =
  | { readonly socket: TLSSocket; readonly handshake: Handshake }
  /** Its socket is gone. No code when the ending came first. */
  | { readonly socket: undefined; readonly code: string | null };

const longestChain = 20;
/** A server that takes our certificate tells so by a session ticket, within a round trip; some send none. */
const settleMs = 300;

/**
 * A TLS handshake over a connection that stands, which is nobody else's from here on. Takes any certificate: what is wrong with it
 * is told, not thrown.
 */
export async function shakeHands(socket: Duplex, greeting: Greeting, ending: Ending): Promise<Shaken> {
  const startedMs = performance.now();
  const { serverName, alpn, context } = greeting;
  const isName = isIP(serverName.replace(/%.*$/, '')) === 0;
  const options: ConnectionOptions & { requestOCSP: boolean } = {
    socket,
    secureContext: context,
    servername: isName ? serverName.replace(/\.$/, '') : '',
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    requestOCSP: true,
    // Whether it is good is for `describePeer` to say: a check looks at bad certificates most of all.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  };
  const secure = connect(options);
  let failure: unknown;
  let ocsp: Buffer | undefined;
  secure.on('error', (error) => {
    failure ??= error;
  });
  secure.on('OCSPResponse', (response: Buffer | null) => {
    if (response !== null && response.length > 0) ocsp = response;
  });
  const stop = () => secure.destroy();
  if (ending.aborted) stop();
  else ending.addEventListener('abort', stop, { once: true });

  const isShaken = await new Promise<boolean>((resolve) => {
    secure.once('secureConnect', () => resolve(true)).once('close', () => resolve(false));
  });
  const handshakeMs = roundMs(performance.now() - startedMs);
  if (isShaken && greeting.settles && secure.getProtocol() === 'TLSv1.3') await settled(secure, ending);
  ending.removeEventListener('abort', stop);
  if (!isShaken || failure !== undefined || ending.aborted) {
    secure.destroy();
    return { socket: undefined, code: ending.aborted && failure === undefined ? null : codeOf(failure) };
  }
  const handshake: Handshake = {
    handshakeMs,
    protocol: secure.getProtocol() ?? 'unknown',
    cipher: secure.getCipher().standardName,
    alpn: typeof secure.alpnProtocol === 'string' ? secure.alpnProtocol : null,
    serverName,
    authorizationError: secure.authorized ? null : String(secure.authorizationError ?? 'UNKNOWN'),
    ocsp,
    chain: chainOf(secure.getPeerX509Certificate()),
  };
  return { socket: secure, handshake };
}

async function settled(secure: TLSSocket, ending: Ending): Promise<void> {
  const word = new EndingSource();
  const stop = () => word.abort();
  const events = ['session', 'error', 'end', 'close'];
  for (const event of events) secure.once(event, stop);
  ending.addEventListener('abort', stop, { once: true });
  await passed(settleMs, word);
  ending.removeEventListener('abort', stop);
  for (const event of events) secure.off(event, stop);
}

/** As the server sent them. */
function chainOf(first: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  for (let one = first; one !== undefined && chain.length < longestChain; one = one.issuerCertificate) {
    if (seen.has(one.fingerprint256)) break;
    seen.add(one.fingerprint256);
    chain.push(one);
  }
  return chain;
}

function codeOf(failure: unknown): string {
  if (failure === undefined) return 'ECONNRESET';
  return isErrno(failure) ? (failure.code ?? 'EUNKNOWN') : 'EUNKNOWN';
}

/** How a handshake ended that did not succeed. */
export const handshakeStatuses = ['handshake-timeout', 'handshake-failed', 'not-tls'] as const;
export type HandshakeStatus = (typeof handshakeStatuses)[number];

const otherLanguages = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNKNOWN_PROTOCOL',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'ERR_SSL_BAD_PROTOCOL_VERSION_NUMBER',
  'ERR_SSL_RECORD_LAYER_FAILURE',
]);

export function handshakeStatus(code: string | null): HandshakeStatus {
  if (code === null) return 'handshake-timeout';
  return otherLanguages.has(code) ? 'not-tls' : 'handshake-failed';
}

const words: Readonly<Record<string, string>> = {
  ECONNRESET: 'the server closed the connection during the handshake',
  EPIPE: 'the server closed the connection during the handshake',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the server wants a client certificate',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'the server found no version, cipher or certificate that it would take',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'the server refuses the client certificate, or that there is none',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not know who signed the client certificate',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server speaks only other versions of TLS',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'the server speaks only versions of TLS that are too old',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'the server does not know the name that it was asked for',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'the server speaks none of the offered application protocols',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the server speaks none of the offered application protocols',
};

export function handshakeMessage(code: string | null): string {
  if (code === null) return 'connected, but the server did not finish the TLS handshake in time';
  if (otherLanguages.has(code)) return `what answers does not speak TLS (${code})`;
  return `the TLS handshake failed: ${words[code] ?? 'it was refused'} (${code})`;
}
