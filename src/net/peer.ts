import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ObjectSchema, Written } from '../contract/schema.ts';
import { certificateSchema, describeCertificate, parseCertificate, pemBlocks, validityMs } from './certificates.ts';
import { readStaple } from './ocsp.ts';
import type { Trust } from './trust.ts';

/** What a strict client would say against the other side; several may hold at once. */
export const tlsProblems = [
  'expired',
  'not-yet-valid',
  'self-signed',
  'untrusted',
  'name-mismatch',
  'revoked',
  'weak-protocol',
] as const;
export type TlsProblem = (typeof tlsProblems)[number];

/** What a TLS handshake tells of the other side. */
export const peerSchema = {
  type: 'object',
  nullable: true,
  description: 'What the TLS handshake told; null when there was none, or it failed',
  properties: {
    handshakeMs: {
      type: 'number',
      description: 'From the TCP connection to the end of the handshake, in milliseconds',
    },
    protocol: { type: 'string', description: 'Version that was agreed on: TLSv1.3, TLSv1.2, TLSv1.1 or TLSv1' },
    cipher: { type: 'string', description: 'Cipher suite that was agreed on, by its IANA name' },
    alpn: {
      type: 'string',
      nullable: true,
      description: 'Protocol that the server chose of those offered; null when none',
    },
    serverName: { type: 'string', description: 'Name or address that the certificate was compared with' },
    problems: {
      type: 'array',
      description: 'What a strict client on this host would say against it; empty when nothing',
      items: { type: 'string', enum: tlsProblems, description: 'One objection' },
    },
    message: { type: 'string', description: 'The same in words; empty when there is nothing to say' },
    authorizationError: {
      type: 'string',
      nullable: true,
      description: 'What OpenSSL says of the chain, as its code; null when it is trusted',
    },
    trust: {
      type: 'string',
      description: 'Which certificates were believed: a file or folder of this host, or the spec',
    },
    expiresInDays: {
      type: 'number',
      nullable: true,
      description: 'Days until the certificate ends, negative once it has; null when the server showed none',
    },
    nameMatches: {
      type: 'boolean',
      description: 'Whether the certificate is for that name or address (its common name does not count)',
    },
    ocsp: {
      type: 'object',
      nullable: true,
      description: 'The revocation status that the server stapled, as it claims; null when it did not',
      properties: {
        status: {
          type: 'string',
          enum: ['good', 'revoked', 'unknown', 'unreadable'],
          description: 'Of the certificate',
        },
        thisUpdate: { type: 'string', nullable: true, description: 'When that was known: UTC, RFC 3339' },
        nextUpdate: { type: 'string', nullable: true, description: 'When something newer will be: UTC, RFC 3339' },
      },
    },
    chain: {
      type: 'array',
      description: 'The certificates that the server sent, its own first; 20 at most',
      items: certificateSchema,
    },
  },
} as const satisfies ObjectSchema;

export type Peer = NonNullable<Written<typeof peerSchema>>;

/** What the connection itself says; all else follows from it. */
export interface Handshake {
  readonly handshakeMs: number;
  readonly protocol: string;
  readonly cipher: string;
  readonly alpn: string | null;
  readonly serverName: string;
  readonly authorizationError: string | null;
  readonly ocsp: Buffer | undefined;
  /** As sent, its own first. */
  readonly chain: readonly X509Certificate[];
}

const dayMs = 86_400_000;
const weakProtocols = new Set(['TLSv1', 'TLSv1.1', 'SSLv3']);
const untrustedCodes =
  /^(UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|CERT_REJECTED|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CERT_CHAIN_TOO_LONG|CERT_SIGNATURE_FAILURE)/;

export function describePeer(shaken: Handshake, trust: Trust, nowMs: number): Peer {
  const { chain, ocsp, authorizationError, protocol, serverName, handshakeMs, cipher, alpn } = shaken;
  const [own] = chain;
  const problems = new Map<TlsProblem, string>();
  const nameMatches = own !== undefined && isFor(own, serverName);
  const staple = own === undefined || ocsp === undefined ? null : readStaple(ocsp, own.serialNumber);
  if (own !== undefined) {
    const isTrusted = authorizationError === null;
    const past = chain.find((one) => validityMs(one)[1] <= nowMs);
    const future = chain.find((one) => validityMs(one)[0] > nowMs);
    const described = (one: X509Certificate) => (one === own ? 'the certificate' : 'a certificate of its chain');
    // One beside the chain that counts, such as an old cross-signed root, is no matter to a client that trusts it.
    if (past !== undefined && (past === own || !isTrusted)) {
      problems.set('expired', `${described(past)} expired on ${dateOf(validityMs(past)[1])}`);
    }
    if (future !== undefined && (future === own || !isTrusted)) {
      problems.set('not-yet-valid', `${described(future)} is not valid before ${dateOf(validityMs(future)[0])}`);
    }
    if (!isTrusted && !isBelieved(chain, trust, authorizationError)) {
      if (own.checkIssued(own)) problems.set('self-signed', 'the certificate is signed by itself');
      problems.set('untrusted', `no certificate that this host trusts stands behind it (${trust.source})`);
    }
    if (!nameMatches) problems.set('name-mismatch', `the certificate is for ${namesOf(own)}, not for ${serverName}`);
    if (staple?.status === 'revoked') problems.set('revoked', 'the server itself says that its certificate is revoked');
    if (!isTrusted && problems.size === 0) problems.set('untrusted', `the chain is refused (${authorizationError})`);
  } else {
    problems.set('untrusted', 'the server showed no certificate');
  }
  if (weakProtocols.has(protocol)) problems.set('weak-protocol', `${protocol} is refused by clients of today`);
  return {
    handshakeMs,
    protocol,
    cipher,
    alpn,
    serverName,
    problems: tlsProblems.filter((problem) => problems.has(problem)),
    message: [...problems.values()].join('; '),
    authorizationError,
    trust: trust.source,
    expiresInDays: own === undefined ? null : Math.round(((validityMs(own)[1] - nowMs) / dayMs) * 100) / 100,
    nameMatches,
    ocsp: staple,
    chain: chain.map((one) => describeCertificate(one, nowMs)),
  };
}

/** By its alternative names alone, whole labels for a star, as Go and browsers do. */
function isFor(certificate: X509Certificate, name: string): boolean {
  const plain = name.replace(/%.*$/, '').replace(/\.$/, '');
  if (isIP(plain) !== 0) return certificate.checkIP(plain) !== undefined;
  return certificate.checkHost(plain, { subject: 'never', partialWildcards: false }) !== undefined;
}

function namesOf({ subjectAltName, subject }: X509Certificate): string {
  const names = (subjectAltName ?? '').replaceAll(/(DNS|IP Address):/g, '');
  if (names !== '') return names.length > 200 ? `${names.slice(0, 200)}…` : names;
  return subject === '' || subject === undefined ? 'nobody' : 'no name (it has no alternative names)';
}

/**
 * Whether the chain ends at a certificate that is trusted, whatever its dates: OpenSSL tells only one thing of several. Dates alone
 * are no reason for distrust, and its other codes are.
 */
function isBelieved(chain: readonly X509Certificate[], trust: Trust, authorizationError: string | null): boolean {
  if (authorizationError !== null && untrustedCodes.test(authorizationError)) return false;
  const roots = trust.certificates
    .flatMap((text) => pemBlocks(text))
    .flatMap((block) => (block.label === 'CERTIFICATE' ? (parseCertificate(block.text) ?? []) : []));
  const believed = new Set(roots.map(({ fingerprint256 }) => fingerprint256));
  const seen = new Set<string>();
  for (let one = chain[0]; one !== undefined && !seen.has(one.fingerprint256); ) {
    const current: X509Certificate = one;
    if (believed.has(current.fingerprint256)) return true;
    seen.add(current.fingerprint256);
    if (roots.some((root) => isSignedBy(current, root))) return true;
    one = chain.find((other) => other !== current && isSignedBy(current, other));
  }
  return false;
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function dateOf(ms: number): string {
  return Number.isNaN(ms) ? 'an unreadable date' : new Date(ms).toISOString().slice(0, 10);
}
