import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Signature } from '../contract/bundle.ts';
import { layout } from '../contract/layout.ts';
import { sha256 } from './manifest.ts';

/** Hexadecimal SHA-256 of the public half's SubjectPublicKeyInfo: `openssl pkey -pubin -outform DER | sha256sum` gives it too. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return sha256(publicKey.export({ type: 'spki', format: 'der' }));
}

/** The bytes of the signature's file for these bytes of manifest.json. */
export function signManifest(manifest: Uint8Array, privateKey: KeyObject): Buffer {
  const signature = sign(null, manifest, privateKey).toString('base64');
  return Buffer.from(render({ keyId: keyId(privateKey), manifestSha256: sha256(manifest), signature }));
}

interface Parts {
  readonly keyId: string;
  readonly manifestSha256: string;
  /** Base64. */
  readonly signature: string;
}

function render(parts: Parts): string {
  return `${JSON.stringify({ schemaVersion: 'hostbundle.signature/v1', algorithm: 'ed25519', ...parts }, null, 2)}\n`;
}

/**
 * The parts, or why there are none. Only exactly what `render` writes is taken: a byte that could change unseen (a blank, a digit
 * that base64 ignores) would be a byte that nothing vouches for.
 */
function read(bytes: Uint8Array): Parts | { readonly problem: string } {
  const text = Buffer.from(bytes).toString('latin1');
  const major = /"hostbundle\.signature\/v(\d{1,9})/.exec(text)?.[1];
  if (major !== undefined && major !== '1')
    return { problem: `it is of version ${major}, and this program reads version 1: use a newer one` };
  const word = (key: string) => new RegExp(`"${key}": "([A-Za-z0-9+/=]{1,100})"`).exec(text)?.[1] ?? '';
  const parts = { keyId: word('keyId'), manifestSha256: word('manifestSha256'), signature: word('signature') };
  const isWhole =
    [parts.keyId, parts.manifestSha256].every((digest) => /^[0-9a-f]{64}$/.test(digest)) &&
    Buffer.from(parts.signature, 'base64').length === 64 &&
    Buffer.from(parts.signature, 'base64').toString('base64') === parts.signature &&
    text === render(parts);
  return isWhole ? parts : { problem: 'it is not what a signer writes' };
}

export interface SignatureEvidence {
  /** Content of manifest.json.sig; null when it is there but cannot be read; undefined when it is not there. */
  readonly bytes: Uint8Array | null | undefined;
  /** Content of manifest.json; undefined when it cannot be read. */
  readonly manifest: Uint8Array | undefined;
  /** Public keys of those whose word is wanted; none: the signature is only looked at. */
  readonly keys: readonly KeyObject[];
}

/** A2: who vouches for the manifest, and what is wrong with that, if anything is. */
export function judgeSignature({
  bytes,
  manifest,
  keys,
}: SignatureEvidence): Signature & { readonly problem?: string } {
  if (bytes === undefined) {
    const problem = `it is not signed: there is no ${layout.signature}, and who changes a bundle can leave that out`;
    return { state: 'absent', keyId: null, ...(keys.length > 0 && { problem }) };
  }
  const parts = bytes === null ? { problem: 'it cannot be read' } : read(bytes);
  if ('problem' in parts) {
    return { state: 'broken', keyId: null, problem: `${layout.signature} is broken: ${parts.problem}` };
  }
  if (manifest === undefined || parts.manifestSha256 !== sha256(manifest)) {
    const problem = `${layout.signature} signs another manifest.json than the one that is here`;
    return { state: 'otherManifest', keyId: parts.keyId, problem };
  }
  if (keys.length === 0) return { state: 'unchecked', keyId: parts.keyId };
  const key = keys.find((candidate) => keyId(candidate) === parts.keyId);
  if (key === undefined) {
    const given = `none of the keys given (${keys.map(keyId).join(', ')})`;
    return {
      state: 'otherKey',
      keyId: parts.keyId,
      problem: `it is signed by the key ${parts.keyId}, which is ${given}`,
    };
  }
  if (verify(null, manifest, key, Buffer.from(parts.signature, 'base64')))
    return { state: 'valid', keyId: parts.keyId };
  const problem = `${layout.signature} is broken: the key ${parts.keyId} did not make this signature`;
  return { state: 'broken', keyId: parts.keyId, problem };
}
