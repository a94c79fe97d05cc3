import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Fact, Host } from '../contract/collector.ts';
import { pemBlocks } from './certificates.ts';
import { isErrno } from './classify.ts';

/** Where systems keep the certificates that they trust, as Go's crypto/x509 looks for them: the first that is there. */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const systemFolders = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

/** Certificates that a client believes, and where they came from. */
export interface Trust {
  readonly certificates: readonly string[];
  readonly source: string;
}

/** A certificate or key that a spec names cannot be used; the message says which and why. */
export class PemError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PemError';
  }
}

/** Whether a parameter is PEM itself, rather than the path of a file. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

/** PEM as it stands in a spec, or in the file that it names. */
export async function readPem(name: string, written: string, host: Host): Promise<string> {
  const text = isPem(written) ? written : await readFile(written, host, `${name} ${written}`);
  if (pemBlocks(text).length === 0) {
    throw new PemError(`${name} holds no PEM; write the text from -----BEGIN on, or the path of a file`);
  }
  return text;
}

/**
 * What a client on this host would believe. As in the Go tool, PEM in the spec is believed alone, and a file or a folder that it
 * names is believed beside what the host believes anyway.
 */
export async function readTrust(caCert: string | undefined, host: Host): Promise<Trust> {
  if (caCert === undefined || caCert === '') return host.know(systemTrust);
  if (isPem(caCert)) return { certificates: certificatesOf(caCert, 'caCert'), source: 'the spec' };
  const [own, system] = await Promise.all([readStore(caCert, host), host.know(systemTrust)]);
  return { certificates: [...own, ...system.certificates], source: `${caCert} and ${system.source}` };
}

async function readStore(path: string, host: Host): Promise<readonly string[]> {
  const names = await host.list(path).catch(() => undefined);
  if (names === undefined) return certificatesOf(await readFile(path, host, `caCert ${path}`), `caCert ${path}`);
  const certificates = await readFolder(path, names, host);
  if (certificates.length === 0) throw new PemError(`caCert ${path} is a folder without a PEM certificate`);
  return certificates;
}

/** Read once for a run. */
const systemTrust: Fact<Trust> = {
  freshMs: Number.POSITIVE_INFINITY,
  async read(host) {
    const named = host.environment('SSL_CERT_FILE');
    for (const file of named === undefined ? systemFiles : [named]) {
      const text = await host.readText(file).catch(() => undefined);
      if (text !== undefined) return { certificates: [text], source: file };
    }
    const folders = host.environment('SSL_CERT_DIR')?.split(':') ?? systemFolders;
    for (const folder of folders) {
      const names = await host.list(folder).catch(() => []);
      const certificates = await readFolder(folder, names, host);
      if (certificates.length > 0) return { certificates, source: folder };
    }
    host.signal.throwIfAborted();
    // A Linux host without a store trusts nobody, which is what its own clients will say.
    if (process.platform === 'linux')
      return { certificates: [], source: 'nothing: this host has no certificate store' };
    return { certificates: rootCertificates, source: 'the list of Mozilla' };
  },
};

const mostFiles = 1000;

async function readFolder(folder: string, names: readonly string[], host: Host): Promise<readonly string[]> {
  const certificates: string[] = [];
  for (const name of names.slice(0, mostFiles)) {
    const text = await host.readText(join(folder, name)).catch(() => '');
    certificates.push(...certificateBlocks(text));
  }
  return [...new Set(certificates)];
}

function certificateBlocks(text: string): readonly string[] {
  return pemBlocks(text).flatMap((block) => (block.label === 'CERTIFICATE' ? [block.text] : []));
}

function certificatesOf(text: string, name: string): readonly string[] {
  const certificates = certificateBlocks(text);
  if (certificates.length === 0) throw new PemError(`${name} holds no PEM certificate`);
  return certificates;
}

async function readFile(path: string, host: Host, name: string): Promise<string> {
  try {
    return await host.readText(path);
  } catch (error) {
    host.signal.throwIfAborted();
    throw new PemError(`${name} cannot be read (${isErrno(error) ? error.code : 'EUNKNOWN'})`);
  }
}

/** What a client shows of itself. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** Both or none. */
export async function readIdentity(
  certificate: string | undefined,
  key: string | undefined,
  host: Host,
): Promise<Identity | undefined> {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    throw new PemError(`${certificate === undefined ? 'clientKey' : 'clientCert'} needs its counterpart`);
  }
  return {
    certificate: await readPem('clientCert', certificate, host),
    key: await readPem('clientKey', key, host),
  };
}

/**
 * How much a client asks of the other side. A lenient one talks to whatever answers, so that it can be described; a strict one
 * is as strict as Go's.
 */
export type Strictness = 'lenient' | 'strict';

/**
 * Of what hosts trust, by how strict it is: OpenSSL takes 25 ms for a store of usual size, in which no answer of anybody else is heard,
 * and a run may have hundreds of requests.
 */
const contexts: Readonly<Record<Strictness, WeakMap<Trust, SecureContext>>> = {
  lenient: new WeakMap(),
  strict: new WeakMap(),
};

/** Throws `PemError` when the certificates or the key are none that OpenSSL can use. */
export function secureContext(trust: Trust, identity: Identity | undefined, strictness: Strictness): SecureContext {
  const known = identity === undefined ? contexts[strictness].get(trust) : undefined;
  if (known !== undefined) return known;
  try {
    const context = createSecureContext({
      ca: [...trust.certificates],
      // As in Go, whatever stands in the store is believed, whoever signed it.
      allowPartialTrustChain: true,
      ...(identity && { cert: identity.certificate, key: identity.key }),
      ...(strictness === 'lenient'
        ? { minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }
        : { minVersion: 'TLSv1.2', ciphers: undefined }),
    });
    if (identity === undefined) contexts[strictness].set(trust, context);
    return context;
  } catch (error) {
    throw new PemError(`the certificates or the key cannot be used (${isErrno(error) ? error.code : 'EUNKNOWN'})`);
  }
}
