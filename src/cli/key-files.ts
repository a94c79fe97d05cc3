import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type Decrypt, decryptBy, isIdentity, isRecipient } from '../bundle/age.ts';
import { refusal } from '../contract/problem.ts';
import { readSmallFile } from './small-file.ts';

/** Keys that a user names. What is secret comes from a file or the environment, and no message ever repeats it. */

const signVariable = 'HOSTBUNDLE_SIGN_KEY';

/** How a bundle is closed: who vouches for it, and who alone can read it. */
export interface Seal {
  /** Undefined: it is not signed. */
  readonly signKey: KeyObject | undefined;
  /** None: it is not encrypted. */
  readonly recipients: readonly string[];
}

export interface SealOptions {
  readonly sign?: string | undefined;
  readonly recipient: readonly string[];
}

/** Read before anything is collected: a mistake here costs nobody ten minutes. */
export async function readSeal({ sign, recipient }: SealOptions): Promise<Seal> {
  return { signKey: await readSignKey(sign), recipients: await readRecipients(recipient) };
}

/** The key of `--sign`, else of the environment: PEM text or the name of a file; undefined without either. */
async function readSignKey(file: string | undefined): Promise<KeyObject | undefined> {
  const value = process.env[signVariable] ?? '';
  // No child process is to inherit it.
  delete process.env[signVariable];
  if (file !== undefined) return privateKey(await readKeyFile('--sign', file), `--sign ${file}`);
  if (value === '') return undefined;
  // Whatever is in the variable may be a secret, in a form that we do not know: it is not shown.
  const text = value.includes('-----BEGIN') ? value : await readKeyFile(signVariable, value, 'the file that it names');
  return privateKey(text, signVariable);
}

function privateKey(pem: string, where: string): KeyObject {
  const make = 'hostbundle keygen makes a pair';
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw refusal('wrong-key', `${where}: this key is locked by a passphrase; give it unlocked, as openssl pkey does`);
  }
  if (/BEGIN PUBLIC KEY/.test(pem)) {
    throw refusal('wrong-key', `${where}: this is a public key, and signing takes the private one`);
  }
  const key = attempt(() => createPrivateKey(pem));
  if (!key) throw refusal('wrong-key', `${where}: this is no private key in PEM; ${make}`);
  return ed25519(key, where, make);
}

/** The keys of `--key`, one of which must have signed. */
export async function readPublicKeys(files: readonly string[]): Promise<readonly KeyObject[]> {
  const keys: KeyObject[] = [];
  for (const file of files) {
    const where = `--key ${file}`;
    const pem = await readKeyFile('--key', file);
    if (/BEGIN [A-Z ]*PRIVATE KEY/.test(pem)) {
      throw refusal(
        'wrong-key',
        `${where}: this is a private key; checking takes the public one, which keygen wrote as .pub`,
      );
    }
    const key = attempt(() => createPublicKey(pem));
    if (!key)
      throw refusal('wrong-key', `${where}: this is no public key in PEM, as hostbundle keygen writes to FILE.pub`);
    keys.push(ed25519(key, where, 'hostbundle keygen makes one'));
  }
  return keys;
}

function ed25519(key: KeyObject, where: string, make: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw refusal('wrong-key', `${where}: this is a key for ${key.asymmetricKeyType}, not for Ed25519; ${make}`);
}

/** The recipients of `--recipient`: each an `age1…`, or a file with one a line. */
async function readRecipients(values: readonly string[]): Promise<readonly string[]> {
  const recipients: string[] = [];
  for (const value of values) {
    const isKey = /^age1/i.test(value);
    const found = isKey ? [{ word: value, where: `--recipient ${value}` }] : await linesOf('--recipient', value);
    if (found.length === 0)
      throw refusal('wrong-recipient', `--recipient ${value}: there is no recipient in this file`);
    for (const { word, where } of found) {
      if (/^AGE-SECRET-KEY/i.test(word)) {
        const message = `${where}: this is an identity, which is secret; give its recipient, which age-keygen -y FILE shows`;
        throw refusal('wrong-recipient', message);
      }
      if (!(await isRecipient(word))) {
        const message = `${where}: this is no native recipient of age (age1 and 58 characters); age-keygen makes a pair`;
        throw refusal('wrong-recipient', message);
      }
      recipients.push(word);
    }
  }
  return recipients;
}

/** What opens encrypted bundles by the files of `--identity`; undefined without any. */
export async function readIdentities(files: readonly string[]): Promise<Decrypt | undefined> {
  const identities: string[] = [];
  for (const file of files) {
    const found = await linesOf('--identity', file);
    if (found.length === 0) throw refusal('wrong-identity', `--identity ${file}: there is no identity in this file`);
    for (const { word, where } of found) {
      if (word.startsWith('age-encryption.org/') || word.startsWith('-----BEGIN AGE')) {
        throw refusal('wrong-identity', `${where}: this file is itself encrypted; decrypt it with age -d first`);
      }
      if (!(await isIdentity(word))) {
        const message = `${where}: this is no native identity of age, as age-keygen writes them (AGE-SECRET-KEY-1 and 58 characters)`;
        throw refusal('wrong-identity', message);
      }
      identities.push(word);
    }
  }
  return identities.length === 0 ? undefined : decryptBy(identities);
}

/** As age reads such files: blank lines and comments aside. */
async function linesOf(option: string, file: string): Promise<readonly { word: string; where: string }[]> {
  const lines = (await readKeyFile(option, file)).split(/\r?\n/);
  return lines
    .map((line, index) => ({ word: line.trim(), where: `${option} ${file}, line ${index + 1}` }))
    .filter(({ word }) => word !== '' && !word.startsWith('#'));
}

/** The key of `--mask-key`: 32 bytes in hexadecimal. */
export async function readMaskKey(file: string): Promise<Buffer> {
  const make = 'write one with: (umask 077; openssl rand -hex 32 > mask.key)';
  if (/^[0-9a-f]{64}$/i.test(file)) {
    const message =
      'this is a key, which every user of this host can see among the arguments; give the name of its file';
    throw refusal('secret-argument', `--mask-key: ${message}`);
  }
  const text = (await readKeyFile('--mask-key', file)).trim();
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw refusal('wrong-key', `--mask-key ${file}: this is no key of 64 hex digits; ${make}`);
  return Buffer.from(text, 'hex');
}

const keyFileBytes = 64 * 1024;

function readKeyFile(option: string, file: string, shown = file): Promise<string> {
  return readSmallFile(file, { named: `${option} ${shown}`, mostBytes: keyFileBytes });
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
