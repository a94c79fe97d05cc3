import { ReadableStream } from 'node:stream/web';
import type { Identity, Recipient } from 'age-encryption';
import { inBytes, type Refuse } from './refusal.ts';
import { errorMessage } from './system-errors.ts';

/**
 * The format of age (https://c2sp.org/age), with native X25519 recipients and identities. Its package takes a tenth of a second
 * to load, so only those load it who encrypt or decrypt.
 */

/** Turns the pieces of an encrypted file into those of the archive inside, or refuses it. */
export type Decrypt = (pieces: AsyncIterable<Buffer>, refuse: Refuse) => AsyncGenerator<Buffer>;

/** How one file is encrypted; while this lives, `decrypt` opens that very file again without anybody's identity. */
export interface Encryption {
  encrypt(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  readonly decrypt: Decrypt;
}

/** Both are the data part of Bech32 over 32 bytes; its checksum is looked at by the package. */
export const recipientForm = /^age1[02-9ac-hj-np-z]{58}$/;
export const identityForm = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/;

export async function isIdentity(text: string): Promise<boolean> {
  if (!identityForm.test(text)) return false;
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(text).then(
    () => true,
    () => false,
  );
}

/** Tried out on nothing, because some well-formed recipients are points of the curve that nobody can encrypt to. */
export async function isRecipient(text: string): Promise<boolean> {
  if (!recipientForm.test(text)) return false;
  const { Encrypter } = await import('age-encryption');
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(text);
    await encrypter.encrypt(new Uint8Array());
    return true;
  } catch {
    return false;
  }
}

export function encryptionFor(recipients: readonly string[]): Encryption {
  let fileKey: Uint8Array | undefined;
  // Sees the key of the file as every recipient does, and leaves nothing in it.
  const witness: Recipient = {
    wrapFileKey(key) {
      fileKey = key.slice();
      return [];
    },
  };
  async function* encrypt(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { Encrypter } = await import('age-encryption');
    const encrypter = new Encrypter();
    for (const recipient of [...recipients, witness]) encrypter.addRecipient(recipient);
    yield* await encrypter.encrypt(ReadableStream.from(pieces));
  }
  return { encrypt, decrypt: decryptBy([{ unwrapFileKey: () => fileKey ?? null }]) };
}

/** Tries each identity on a file. */
export function decryptBy(identities: readonly (string | Identity)[]): Decrypt {
  return (pieces, refuse) => decrypted(pieces, identities, refuse);
}

async function* decrypted(
  pieces: AsyncIterable<Buffer>,
  identities: readonly (string | Identity)[],
  refuse: Refuse,
): AsyncGenerator<Buffer> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  let unmatched: readonly string[] | undefined;
  // Asked last, when none of them fits.
  const none: Identity = {
    unwrapFileKey(stanzas) {
      unmatched = stanzas.map(({ args }) => args[0] ?? '');
      return null;
    },
  };
  decrypter.addIdentity(none);

  let ofSource: { readonly error: unknown } | undefined;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      yield* withWholeHeader(pieces, refuse);
    } catch (error) {
      ofSource = { error };
      throw error;
    }
  }

  try {
    for await (const chunk of await decrypter.decrypt(ReadableStream.from(source()))) {
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    if (ofSource) throw ofSource.error;
    if (unmatched) throw refuse('wrong-identity', whyUnmatched(unmatched));
    throw refuse('damaged', `the age encryption is damaged or an incomplete download (${errorMessage(error)})`, error);
  }
}

function whyUnmatched(types: readonly string[]): string {
  if (types.includes('scrypt')) {
    return 'it is encrypted with a passphrase, which hostbundle does not take; decrypt it with `age -d` and pipe it in';
  }
  const others = types.some((type) => type !== 'X25519' && !type.endsWith('-grease'));
  const only = others ? '; of those for other kinds of keys `age -d` may open it, to be piped in' : '';
  return `it is encrypted, and none of the identities given opens it${only}`;
}

const headerBytes = 64 * 1024;

/** The package would look for the end of the header through the whole file, holding all of it. */
async function* withWholeHeader(pieces: AsyncIterable<Buffer>, refuse: Refuse): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (!head) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    const mac = head.subarray(0, headerBytes).indexOf('\n--- ');
    if (mac === -1 && head.length < headerBytes) continue;
    if (mac === -1)
      throw refuse('damaged', `its age header is damaged: it does not end within ${inBytes(headerBytes)}`);
    yield head;
    head = undefined;
  }
  if (head) yield head;
}
