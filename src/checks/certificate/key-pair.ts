import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { parseCertificate, pemBlocks } from '../../net/certificates.ts';

export const keyPairWords = [
  'key-pair-valid',
  'key-pair-missing',
  'key-pair-switched',
  'key-pair-mismatch',
  'key-pair-encrypted',
  'key-pair-invalid',
] as const;
export type KeyPairWord = (typeof keyPairWords)[number];

export interface KeyPair {
  readonly word: KeyPairWord;
  /** Why, in words; empty when valid. */
  readonly message: string;
  /** The first of the file, when it parses. */
  readonly certificate?: X509Certificate;
}

/** The curves of Go's crypto/x509, by OpenSSL's names: a key on any other is none to it. */
const curves = new Set(['prime256v1', 'secp224r1', 'secp384r1', 'secp521r1']);

/** What Go's tls.X509KeyPair makes of two PEM texts, in its order. The key is only compared, never kept. */
export function judgeKeyPair(certificateText: string, keyText: string): KeyPair {
  const blocks = pemBlocks(certificateText);
  const first = blocks.find(({ label }) => label === 'CERTIFICATE');
  if (first === undefined) {
    const [only] = blocks;
    if (blocks.length === 1 && only !== undefined && only.label.endsWith('PRIVATE KEY')) {
      return { word: 'key-pair-switched', message: 'the certificate file holds a private key' };
    }
    return invalid(
      `the certificate file holds no PEM certificate${blocks.length > 0 ? `, only ${listed(blocks)}` : ''}`,
    );
  }
  const keyBlocks = pemBlocks(keyText);
  const keyBlock = keyBlocks.find(({ label }) => label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY'));
  if (keyBlock === undefined) {
    if (keyBlocks.length === 1 && keyBlocks[0]?.label === 'CERTIFICATE') {
      return { word: 'key-pair-switched', message: 'the key file holds a certificate' };
    }
    return invalid(`the key file holds no PEM private key${keyBlocks.length > 0 ? `, only ${listed(keyBlocks)}` : ''}`);
  }
  const certificate = parseCertificate(first.text);
  if (certificate === undefined) return invalid('the certificate does not parse');
  const key = parseKey(keyBlock.text);
  if (key === undefined) {
    if (keyText.includes('ENCRYPTED')) {
      return { word: 'key-pair-encrypted', message: 'the private key is encrypted', certificate };
    }
    return invalid('the private key does not parse, or is of a kind that TLS servers do not take', certificate);
  }
  const publicType = typeOf(certificate);
  if (publicType !== key.asymmetricKeyType) {
    const message = `the certificate is for a key of type ${publicType}, the key is of type ${key.asymmetricKeyType}`;
    return invalid(message, certificate);
  }
  if (!certificate.checkPrivateKey(key)) {
    return { word: 'key-pair-mismatch', message: 'the certificate is for another key', certificate };
  }
  return { word: 'key-pair-valid', message: '', certificate };
}

function invalid(message: string, certificate?: X509Certificate): KeyPair {
  return { word: 'key-pair-invalid', message, ...(certificate && { certificate }) };
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: pem, format: 'pem' });
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    if (type === 'ec') return curves.has(details?.namedCurve ?? '') ? key : undefined;
    return type === 'rsa' || type === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function typeOf({ publicKey }: X509Certificate): string {
  return publicKey.asymmetricKeyType ?? 'unknown';
}

function listed(blocks: readonly { readonly label: string }[]): string {
  return blocks
    .slice(0, 5)
    .map(({ label }) => label)
    .join(', ');
}
