import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, createAuthority, createKey, type Issued } from '../../net/certificates.fixture.ts';
import { cleanUp, misfits, temporaryFolder } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { certificateAnalyzer } from './analyzer.ts';
import { certificate } from './collector.ts';

afterAll(cleanUp);

const rsa = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const files: Record<string, string> = {};

let folder: string;
let authority: Authority;

beforeAll(async () => {
  folder = await temporaryFolder();
  authority = await createAuthority();
  const [ec, rsaPair, expired] = await Promise.all([
    authority.issue(),
    authority.issue({ key: rsa }),
    authority.issue({ from: -20, to: -10 }),
  ]);
  const write = async (name: string, text: string) => {
    files[name] = join(folder, name);
    await writeFile(files[name], text);
  };
  const put = async (name: string, pair: Issued) => {
    await write(`${name}.crt`, pair.certificate);
    await write(`${name}.key`, pair.key);
  };
  await put('ec', ec);
  await put('rsa', rsaPair);
  await put('expired', expired);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { encoding: 'utf8' });
  await write('rsa-pkcs1.key', openssl('rsa', '-in', files['rsa.key'] ?? '', '-traditional'));
  await write('ec-sec1.key', openssl('ec', '-in', files['ec.key'] ?? ''));
  await write('other-rsa.key', await createKey(...rsa));
  await write('other-ec.key', await createKey());
  await write('ed25519.key', await createKey('-algorithm', 'ED25519'));
  await write('secp256k1.key', await createKey('-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'));
  await write('encrypted.key', openssl('pkcs8', '-topk8', '-in', files['rsa.key'] ?? '', '-passout', 'pass:x'));
  await write(
    'encrypted-pkcs1.key',
    openssl('rsa', '-in', files['rsa.key'] ?? '', '-traditional', '-aes128', '-passout', 'pass:x'),
  );
  await write('both.pem', rsaPair.certificate + rsaPair.key);
  await write('chain.crt', rsaPair.certificate + authority.certificate);
  execFileSync('openssl', ['x509', '-in', files['rsa.crt'] ?? '', '-outform', 'DER', '-out', join(folder, 'der.crt')]);
  await write('text', 'no PEM at all\n');
  await write('empty', '');
  await write('bad-asn1.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  await write('request.pem', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n');
  await mkdir(join(folder, 'a-folder'));
}, 60_000);

const path = (name: string) => (name === '' ? '' : (files[name] ?? join(folder, name)));

async function collect(certificateFile: string, keyFile: string) {
  const params = { certificatePath: path(certificateFile), keyPath: path(keyFile) };
  const collected = await certificate.collect(params, labHost());
  expect(misfits(certificate.result, collected.result)).toEqual([]);
  return collected;
}

describe('each pair as the Go tool judges it', () => {
  test.each([
    ['rsa.crt', 'rsa.key', 'key-pair-valid'],
    ['rsa.crt', 'rsa-pkcs1.key', 'key-pair-valid'],
    ['ec.crt', 'ec.key', 'key-pair-valid'],
    ['ec.crt', 'ec-sec1.key', 'key-pair-valid'],
    ['expired.crt', 'expired.key', 'key-pair-valid'],
    ['both.pem', 'both.pem', 'key-pair-valid'],
    ['both.pem', 'rsa.key', 'key-pair-valid'],
    ['rsa.crt', 'both.pem', 'key-pair-valid'],
    ['der.crt', 'rsa.key', 'key-pair-invalid'],
    ['rsa.crt', 'empty', 'key-pair-invalid'],
    ['chain.crt', 'rsa.key', 'key-pair-valid'],
    ['rsa.crt', 'other-rsa.key', 'key-pair-mismatch'],
    ['ec.crt', 'other-ec.key', 'key-pair-mismatch'],
    // A key of another kind is no mismatch to Go, but invalid.
    ['rsa.crt', 'ec.key', 'key-pair-invalid'],
    ['rsa.crt', 'ed25519.key', 'key-pair-invalid'],
    ['ec.crt', 'rsa.key', 'key-pair-invalid'],
    ['rsa.key', 'rsa.crt', 'key-pair-switched'],
    ['ec-sec1.key', 'ec.crt', 'key-pair-switched'],
    ['encrypted.key', 'rsa.crt', 'key-pair-switched'],
    ['rsa.crt', 'rsa.crt', 'key-pair-switched'],
    ['rsa.key', 'rsa.key', 'key-pair-switched'],
    ['rsa.crt', 'encrypted.key', 'key-pair-encrypted'],
    ['rsa.crt', 'encrypted-pkcs1.key', 'key-pair-encrypted'],
    ['text', 'rsa.key', 'key-pair-invalid'],
    ['empty', 'rsa.key', 'key-pair-invalid'],
    ['bad-asn1.crt', 'rsa.key', 'key-pair-invalid'],
    ['request.pem', 'rsa.key', 'key-pair-invalid'],
    ['rsa.crt', 'text', 'key-pair-invalid'],
    ['rsa.crt', 'secp256k1.key', 'key-pair-invalid'],
    ['no-such-file', 'rsa.key', 'key-pair-missing'],
    ['rsa.crt', 'no-such-file', 'key-pair-missing'],
    ['', 'rsa.key', 'key-pair-missing'],
    ['rsa.crt', '', 'key-pair-missing'],
    ['a-folder', 'rsa.key', 'key-pair-invalid'],
  ] as const)('%s with %s: %s', async (certificateFile, keyFile, word) => {
    const { result, complaint } = await collect(certificateFile, keyFile);
    expect(result.status).toBe(word);
    expect(complaint === undefined).toBe(word === 'key-pair-valid');
  });
});

test('a path that is not written is a doubt, because the status will say it', () => {
  const both = { certificatePath: '', keyPath: '' };
  expect(certificate.prepare?.(both)).toMatchObject({ doubts: [{ path: 'certificatePath' }, { path: 'keyPath' }] });
  expect(certificate.prepare?.({ certificatePath: 'a', keyPath: 'b' })).toMatchObject({ doubts: [] });
});

test('the file is the bare word; what else is known lies beside it, and nothing of the key', async () => {
  const { result, evidence } = await collect('expired.crt', 'expired.key');
  expect(certificate.render?.(result)).toBe('key-pair-valid');
  expect(certificate.parse?.(' key-pair-valid\n', JSON.parse)).toEqual({ status: 'key-pair-valid' });
  expect(evidence).toMatchObject({
    certificate: { subject: 'CN=localhost', issuer: 'CN=Test authority', isValid: false },
  });
  expect(JSON.stringify(evidence)).not.toContain('PRIVATE');
});

describe('analyzer', () => {
  test.each(['missing', 'switched', 'encrypted', 'mismatch', 'invalid', 'valid'])('key-pair-%s', (end) => {
    const matches = certificateAnalyzer.condition(`key-pair-${end}`, {});
    expect(matches({ status: `key-pair-${end}` })).toBe(true);
    expect(matches({ status: 'key-pair-other' })).toBe(false);
  });

  test('another word can never be true', () => {
    expect(() => certificateAnalyzer.condition('valid', {})).toThrow('"valid" is no status of this check');
  });
});
