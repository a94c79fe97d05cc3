import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { BundleError } from '../contract/problem.ts';
import { type OpenOptions, openBundle } from './open.ts';
import { signManifest } from './signature.ts';
import { entry, keepAll, listed, manifestText, pax, tar } from './tar.fixture.ts';

/** `sound`, `broken`, `unverifiable`, or the code of the refusal; any other error comes through. */
export async function outcomeOf(bytes: Buffer, options: Partial<OpenOptions> = {}): Promise<string> {
  try {
    return (await openBundle('-', { ...keepAll, ...options, stdin: Readable.from([bytes]) })).integrity.state;
  } catch (error) {
    if (error instanceof BundleError) return error.code;
    throw error;
  }
}

export function keyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ed25519');
}

/** A signed tar with a bit of everything: an empty file, a long name, content that ends with a block, bytes beyond ASCII. */
export function signedTar(privateKey: KeyObject, numbers = 1900): Buffer {
  const long = `host-collectors/run/${'long name '.repeat(12)}.txt`;
  const files: Readonly<Record<string, string>> = {
    'analysis.json': '[]',
    'empty.txt': '',
    [long]: 'x'.repeat(512),
    'host-collectors/connect/api.json': JSON.stringify({ status: 'connected', text: 'ä'.repeat(2000) }),
    'host-collectors/system/cpu.json': JSON.stringify(Array.from({ length: numbers }, (_, number) => number)),
    'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n',
  };
  const entries = Object.entries(files).map(([path, content]) =>
    path === long
      ? Buffer.concat([pax({ path: `b/${path}` }), entry(`b/${path.slice(0, 90)}`, content)])
      : entry(`b/${path}`, content),
  );
  const manifest = manifestText(Object.entries(files).map(([path, content]) => listed(path, content)));
  return tar(...entries, entry('b/manifest.json', manifest), signatureEntry(manifest, privateKey));
}

export function signatureEntry(manifest: string, privateKey: KeyObject): Buffer {
  return entry('b/manifest.json.sig', signManifest(Buffer.from(manifest), privateKey));
}

/** Changes one bit of each of these bytes, one after the other, and names those that were not found out. */
export async function unseenChanges(
  bytes: Buffer,
  places: Iterable<number>,
  options: Partial<OpenOptions>,
): Promise<readonly string[]> {
  const unseen: string[] = [];
  for (const at of places) {
    const byte = bytes[at] ?? 0;
    bytes[at] = byte ^ (1 << (at % 8));
    const outcome = await outcomeOf(bytes, options);
    if (outcome === 'sound' || outcome === 'unverifiable') unseen.push(`byte ${at}: ${outcome}`);
    bytes[at] = byte;
  }
  return unseen;
}
