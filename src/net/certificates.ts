import { type KeyObject, X509Certificate } from 'node:crypto';
import type { ObjectSchema, Written } from '../contract/schema.ts';

/** One certificate as the Go tool writes it, in its order. */
export const certificateSchema = {
  type: 'object',
  description: 'One X.509 certificate (RFC 5280)',
  properties: {
    certificate: { type: 'string', description: 'Always empty on a host: the Go tool names a Kubernetes secret here' },
    subject: {
      type: 'string',
      description:
        'Distinguished name: SERIALNUMBER, CN, OU, O, POSTALCODE, STREET, L, ST, C in this order; other attributes are left out',
    },
    subjectAlternativeNames: {
      type: 'array',
      nullable: true,
      description: 'DNS names in their order; null when there is none',
      items: { type: 'string', description: 'A DNS name, or a pattern with *' },
    },
    issuer: { type: 'string', description: 'Distinguished name of who signed it, written as the subject' },
    notAfter: { type: 'string', description: 'End of its validity: UTC, RFC 3339, whole seconds' },
    notBefore: { type: 'string', description: 'Begin of its validity: UTC, RFC 3339, whole seconds' },
    isValid: { type: 'boolean', description: 'Strictly between the two when it was collected' },
    isCA: { type: 'boolean', description: 'May sign others (basic constraints)' },
    fingerprint256: { type: 'string', description: 'SHA-256 of the certificate, in hexadecimal' },
    keyType: { type: 'string', description: 'Kind of its public key: rsa, ec, ed25519 and others' },
  },
} as const satisfies ObjectSchema;

export type Certificate = Written<typeof certificateSchema>;

/** Every PEM block (RFC 7468) with its label; what stands around them is no matter. */
export function pemBlocks(text: string): readonly { readonly label: string; readonly text: string }[] {
  const blocks: { label: string; text: string }[] = [];
  const begin = /^-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*$/gm;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1] ?? '';
    const end = `-----END ${label}-----`;
    const at = text.indexOf(`\n${end}`, match.index);
    if (at === -1) continue;
    blocks.push({ label, text: text.slice(match.index, at + 1 + end.length) });
    begin.lastIndex = at + 1 + end.length;
  }
  return blocks;
}

/** Undefined when it does not parse. */
export function parseCertificate(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

export function describeCertificate(certificate: X509Certificate, nowMs: number): Certificate {
  const { subject, issuer } = certificate.toLegacyObject() as unknown as Names;
  const [beforeMs, afterMs] = validityMs(certificate);
  return {
    certificate: '',
    subject: distinguishedName(subject),
    subjectAlternativeNames: dnsNames(certificate.subjectAltName),
    issuer: distinguishedName(issuer),
    notAfter: rfc3339(afterMs),
    notBefore: rfc3339(beforeMs),
    isValid: beforeMs < nowMs && nowMs < afterMs,
    isCA: certificate.ca,
    fingerprint256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    keyType: keyTypeOf(certificate),
  };
}

/** Begin and end, in milliseconds since 1970. */
export function validityMs({ validFrom, validTo }: X509Certificate): readonly [number, number] {
  return [Date.parse(validFrom), Date.parse(validTo)];
}

function keyTypeOf(certificate: X509Certificate): string {
  try {
    const key: KeyObject = certificate.publicKey;
    return key.asymmetricKeyType ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

interface Names {
  readonly subject: Attributes | undefined;
  readonly issuer: Attributes | undefined;
}
type Attributes = Readonly<Record<string, string | readonly string[]>>;

/** As Go's crypto/x509/pkix orders them, with OpenSSL's name for each. */
const attributes = [
  ['SERIALNUMBER', 'serialNumber'],
  ['CN', 'CN'],
  ['OU', 'OU'],
  ['O', 'O'],
  ['POSTALCODE', 'postalCode'],
  ['STREET', 'street'],
  ['L', 'L'],
  ['ST', 'ST'],
  ['C', 'C'],
] as const;

function distinguishedName(names: Attributes = {}): string {
  return attributes
    .flatMap(([label, key]) => {
      const value = Object.hasOwn(names, key) ? names[key] : undefined;
      if (value === undefined) return [];
      const values = typeof value === 'string' ? [value] : value;
      return [values.map((one) => `${label}=${escaped(one)}`).join('+')];
    })
    .join(',');
}

/** RFC 2253 section 2.4, as Go does it. */
function escaped(value: string): string {
  return value
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[# ]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ');
}

/** From Node's text form, which quotes a name that could be taken for several. */
function dnsNames(text: string | undefined): readonly string[] | null {
  const names: string[] = [];
  for (const [, quoted, plain] of (text ?? '').matchAll(/(?:^|, )DNS:(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)) {
    names.push(quoted === undefined ? (plain ?? '') : String(JSON.parse(`"${quoted}"`)));
  }
  return names.length === 0 ? null : names;
}

function rfc3339(ms: number): string {
  return Number.isNaN(ms) ? '' : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
