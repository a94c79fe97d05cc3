import type { KeyObject } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import type { OpenedBundle } from '../contract/bundle.ts';
import { keyId, signManifest } from './signature.ts';
import { keyPair, outcomeOf, signatureEntry, signedTar, unseenChanges } from './signed.fixture.ts';
import { entry, honestEntries, honestFiles, listed, manifestText, openBytes, packed, symlink } from './tar.fixture.ts';

// Many bundles each; other work may share the machine.
jest.setTimeout(60_000);

const own = keyPair();
const other = keyPair();
const files = Object.entries(honestFiles).map(([path, content]) => listed(path, content));
const contents = Object.entries(honestFiles).map(([path, content]) => entry(`b/${path}`, content));
const text = manifestText(files);
const manifest = entry('b/manifest.json', text);
const signature = signatureEntry(text, own.privateKey);

function open(blocks: readonly Buffer[], keys: readonly KeyObject[] = [own.publicKey]): Promise<OpenedBundle> {
  return openBytes(packed(...blocks), { keys });
}

/** A bundle whose manifest.json.sig holds this. */
function signedBy(content: string | Buffer): readonly Buffer[] {
  return [...contents, manifest, entry('b/manifest.json.sig', content)];
}

const misplaced = ['manifest.json is not the last entry', 'manifest.json.sig does not stand right behind it'];
const signed = signManifest(Buffer.from(text), own.privateKey).toString();

describe('a signed bundle', () => {
  test('A2: is sound by the key that signed it, or by any of several', async () => {
    const blocks = [...contents, manifest, signature];
    for (const keys of [[own.publicKey], [other.publicKey, own.publicKey]]) {
      const { integrity } = await open(blocks, keys);
      expect(integrity).toEqual({
        state: 'sound',
        differences: [],
        signature: { state: 'valid', keyId: keyId(own.publicKey) },
      });
    }
  });

  test('A2: without a key its digests are checked, and the signer is named as unchecked', async () => {
    const { integrity } = await open([...contents, manifest, signature], []);
    expect(integrity).toEqual({
      state: 'sound',
      differences: [],
      signature: { state: 'unchecked', keyId: keyId(own.publicKey) },
    });
    expect((await open([...contents.slice(1), manifest, signature], [])).integrity.state).toBe('broken');
  });

  test.each([
    ['no signature', [...contents, manifest], 'absent', /^it is not signed: there is no manifest\.json\.sig/],
    [
      'another signer',
      [...contents, manifest, signatureEntry(text, other.privateKey)],
      'otherKey',
      new RegExp(`^it is signed by the key ${keyId(other.publicKey)}, which is none .* \\(${keyId(own.publicKey)}\\)$`),
    ],
    [
      'a signature of another manifest',
      [...contents, manifest, signatureEntry(text.replace('0.1.0', '0.1.1'), own.privateKey)],
      'otherManifest',
      /^manifest\.json\.sig signs another manifest\.json than the one that is here$/,
    ],
    [
      'a signature that the key did not make',
      signedBy(
        signManifest(Buffer.from(text), other.privateKey)
          .toString()
          .replace(keyId(other.publicKey), keyId(own.publicKey)),
      ),
      'broken',
      /^manifest\.json\.sig is broken: the key [0-9a-f]{64} did not make this signature$/,
    ],
    ['no JSON', signedBy('x'), 'broken', /^manifest\.json\.sig is broken: it is not what a signer writes$/],
    ['nothing', signedBy(''), 'broken', /it is not what a signer writes/],
    ['a key more', signedBy(signed.replace('{', '{"x":1,')), 'broken', /it is not what a signer writes/],
    ['a blank more', signedBy(`${signed} `), 'broken', /it is not what a signer writes/],
    ['digits in capitals', signedBy(upperKeyId(signed)), 'broken', /it is not what a signer writes/],
    ['spare bits in its base64', signedBy(spareBits(signed)), 'broken', /it is not what a signer writes/],
    ['a short signature', signedBy(signed.replace(/"signature": "..../, '"signature": "')), 'broken', /not what/],
    ['a later version', signedBy(signed.replace('/v1', '/v2')), 'broken', /of version 2, .*use a newer one$/],
    [
      'a signature that is a link',
      [...contents, manifest, symlink('b/manifest.json.sig', 'version.yaml')],
      'broken',
      /^manifest\.json\.sig is broken: it cannot be read$/,
    ],
  ] satisfies [string, readonly Buffer[], string, RegExp][])(
    'A2: %s is told apart, and never sound by a key',
    async (_, blocks, state, problem) => {
      const { integrity } = await open(blocks);
      expect(integrity.state).toBe('broken');
      expect(integrity.signature.state).toBe(state);
      expect(integrity.differences).toEqual([expect.stringMatching(problem)]);
      const isSeenByAnyone = state === 'otherManifest' || integrity.signature.keyId === null;
      const unasked = state !== 'absent' && isSeenByAnyone ? 'broken' : 'sound';
      expect((await open(blocks, [])).integrity.state).toBe(unasked);
    },
  );

  test('A2: what is no longer what its manifest says is broken, however well that is signed', async () => {
    const changed = [entry('b/host-collectors/connect/api.json', '{}'), ...contents.slice(1), manifest, signature];
    const { integrity } = await open(changed);
    expect(integrity.signature.state).toBe('valid');
    expect(integrity.differences).toEqual([
      expect.stringMatching(/^"host-collectors\/connect\/api\.json" holds 2 bytes/),
    ]);
  });

  test('R6, A2: without a manifest it is unverifiable, as bundles of the Go tools, never sound', async () => {
    expect((await open(contents)).integrity.state).toBe('unverifiable');
    const { integrity } = await open([...contents, signature]);
    expect(integrity.differences).toEqual(['manifest.json.sig is there, but no manifest.json']);
  });

  test.each([
    ['before its manifest', [...contents, signature, manifest], misplaced],
    ['before the files', [signature, ...contents, manifest], misplaced],
    [
      'with a file behind it',
      [...contents, manifest, signature, entry('b/more.json')],
      [...misplaced, '"more.json" is not listed in manifest.json'],
    ],
    ['with the manifest elsewhere', [manifest, ...contents, signature], ['manifest.json is not the last entry']],
    [
      'that the manifest lists',
      [
        ...contents,
        entry('b/manifest.json', manifestText([...files, listed('manifest.json.sig', '')])),
        signatureEntry(manifestText([...files, listed('manifest.json.sig', '')]), own.privateKey),
      ],
      ['manifest.json lists "manifest.json.sig" which cannot be the path of a listed file'],
    ],
  ] satisfies [string, readonly Buffer[], readonly string[]][])(
    'R6: a signature %s',
    async (_, blocks, differences) => {
      expect((await open(blocks)).integrity.differences).toEqual(differences);
    },
  );
});

test('R6: files that stand elsewhere than the manifest says are named, and no others', async () => {
  const [first, second, third] = contents;
  if (!first || !second || !third) throw new Error('three files are needed');
  const difference = (path: string) => `"${path}" stands elsewhere than manifest.json says`;
  const [a, , c] = Object.keys(honestFiles);
  expect((await open([third, first, second, manifest], [])).integrity.differences).toEqual([difference(c ?? '')]);
  expect((await open([second, third, first, manifest], [])).integrity.differences).toEqual([difference(a ?? '')]);
  expect((await open([...honestEntries()], [])).integrity.differences).toEqual([]);
});

test('A2, P2: with a signature, one changed byte anywhere in the tar is found: every seventh here, all by `prove`', async () => {
  const bytes = signedTar(own.privateKey);
  expect(bytes.length).toBeGreaterThan(20 * 1024);
  const keys = [own.publicKey];
  expect(await outcomeOf(bytes, { keys })).toBe('sound');
  const places = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) => index * 7);
  expect(await unseenChanges(bytes, places, { keys })).toEqual([]);
}, 120_000);

test('A2, P2: every byte of the manifest and of its signature counts', async () => {
  const bytes = signedTar(own.privateKey, 10);
  const start = bytes.indexOf('{"schemaVersion"');
  const end = bytes.lastIndexOf('}') + 2;
  const places = Array.from({ length: end - start }, (_, index) => start + index);
  expect(await unseenChanges(bytes, places, { keys: [own.publicKey] })).toEqual([]);
}, 60_000);

function upperKeyId(document: string): string {
  return document.replace(/[0-9a-f]{64}/, (digits) => digits.toUpperCase());
}

/** 64 bytes leave four bits of the last digit unused: a lax reader takes any. */
function spareBits(document: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return document.replace(/.(?===")/, (digit) => digits[digits.indexOf(digit) + 1] ?? '');
}
