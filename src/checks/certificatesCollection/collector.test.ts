import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SpecOutcome } from '../../contract/spec.ts';
import { createAuthority } from '../../net/certificates.fixture.ts';
import { cleanUp, misfits, temporaryFolder } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { certificatesCollectionAnalyzer } from './analyzer.ts';
import { type CertificateFile, certificatesCollection } from './collector.ts';

afterAll(cleanUp);

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const authority = await createAuthority({
    subject: '/C=AU/ST=Some-State/O=Internet Widgits Pty Ltd',
    from: -900,
    to: -10,
  });
  const named = await authority.issue({
    subject: '/C=AU/O=Foo, Inc/OU=a\\+b/CN=Example;Server',
    names: 'DNS:www.example.com,IP:127.0.0.1,DNS:mysite.com,email:a@b.c,DNS:*.x.example',
  });
  await writeFile(join(folder, 'named.crt'), `some words\n${named.certificate}`);
  await writeFile(join(folder, 'chain.crt'), named.certificate + authority.certificate);
  await writeFile(
    join(folder, 'half.crt'),
    `${named.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  );
  await writeFile(join(folder, 'key.pem'), named.key);
}, 30_000);

async function collect(...names: readonly string[]): Promise<readonly CertificateFile[]> {
  const paths = names.map((name) => (name === '' ? '' : join(folder, name)));
  const { result } = await certificatesCollection.collect({ paths }, labHost());
  expect(misfits(certificatesCollection.result, result)).toEqual([]);
  return result ?? [];
}

describe('collector', () => {
  test('subjects in the order of Go, DNS names alone, dates', async () => {
    const [file] = await collect('named.crt');
    expect(Object.keys(file ?? {})).toEqual(['certificatePath', 'certificateChain', 'message']);
    expect(file?.message).toBe('cert-valid');
    expect(file?.certificateChain).toMatchObject([
      {
        certificate: '',
        subject: 'CN=Example\\;Server,OU=a\\+b,O=Foo\\, Inc,C=AU',
        subjectAlternativeNames: ['www.example.com', 'mysite.com', '*.x.example'],
        issuer: 'O=Internet Widgits Pty Ltd,ST=Some-State,C=AU',
        notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        isValid: true,
        isCA: false,
        keyType: 'ec',
      },
    ]);
  });

  test('a tab a level, and null without paths, as the Go tool writes it', async () => {
    const { result } = await certificatesCollection.collect({ paths: [] }, labHost());
    expect(certificatesCollection.render?.(result)).toBe('null');
    const text = certificatesCollection.render?.(await collect('named.crt'));
    expect(text?.split('\n').slice(0, 3)).toEqual(['[', '\t{', expect.stringMatching(/^\t\t"certificatePath": "\//)]);
  });

  test('a pattern is doubted, because nobody expands it', () => {
    expect(certificatesCollection.prepare?.({ paths: ['/a.crt', '/etc/*.pem'] })).toMatchObject({
      doubts: [{ path: 'paths/1' }],
    });
  });

  test('a chain in its order; valid says nothing about dates', async () => {
    const [file] = await collect('chain.crt');
    expect(
      file?.certificateChain?.map(({ isCA, isValid, subjectAlternativeNames: names }) => [
        isCA,
        isValid,
        names?.length,
      ]),
    ).toEqual([
      [false, true, 3],
      [true, false, undefined],
    ]);
  });

  test.each([
    ['no-such.crt', 'cert-missing'],
    ['', 'cert-missing'],
    ['key.pem', 'cert-invalid'],
    ['half.crt', 'cert-invalid'],
  ])('%j is %s', async (name, message) => {
    const [file] = await collect(name);
    expect(file).toMatchObject({ message });
    expect(file).not.toHaveProperty('certificateChain');
    expect('certificatePath' in (file ?? {})).toBe(name !== '');
  });
});

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 0, 1);
const inDays = (days: number) => `${new Date(nowMs + days * dayMs).toISOString().slice(0, 19)}Z`;

/** `F[when]`, `W[when]`, `P[when]`, each with the message M. */
function outcomes(...texts: readonly string[]): readonly SpecOutcome[] {
  const severities = { F: 'fail', W: 'warn', P: 'pass' } as const;
  return texts.map((text) => ({
    severity: severities[text[0] as 'F'],
    when: text.slice(2, -1),
    message: 'M',
    uri: '',
    matches: () => false,
    neverTrue: undefined,
  }));
}

type Link = NonNullable<CertificateFile['certificateChain']>[number];
const file = (...chain: readonly (readonly [isValid: boolean, days: number])[]): CertificateFile => ({
  certificatePath: 'a.crt',
  message: 'cert-valid',
  certificateChain: chain.map(([isValid, days]) => ({ isValid, notAfter: inDays(days) }) as Link),
});

async function judge(
  files: readonly CertificateFile[] | null,
  ...texts: readonly string[]
): Promise<readonly string[]> {
  const tools = { evaluator: { evaluate: async () => ({ failure: '' }) }, nowMs };
  const refined = await certificatesCollectionAnalyzer.refine?.(files, {}, tools);
  if (refined === undefined || 'reason' in refined) return [`unknown ${refined?.reason}`];
  const ruled = certificatesCollectionAnalyzer.rule?.(refined.judged, outcomes(...texts)) ?? [];
  return ruled.map(({ severity, message }) => `${severity} ${message}`);
}

describe('analyzer, as the tests of the Go tool', () => {
  const missing: CertificateFile = { certificatePath: 'a.crt', message: 'cert-missing' };
  const invalid: CertificateFile = {
    certificatePath: 'b.crt',
    message: 'cert-invalid',
    reason: 'it holds no PEM certificate',
  };
  const unknown = 'unknown no certificate can be obtained from b.crt (it holds no PEM certificate)';

  test.each([
    [[file([true, 365])], ['P[]'], ['pass M, obtained from a.crt']],
    [[{ ...file([false, -1000]), message: 'cert-invalid' }], ['F[notAfter < Today]'], ['fail M, obtained from a.crt']],
    [[file([true, 5])], ['W[notAfter < Today + 15 days]'], ['warn M in 15 days, obtained from a.crt']],
    [[missing], [], ['fail Certificate is missing, cannot be obtained from a.crt']],
    [
      [file([true, 5])],
      ['P[]', 'W[notAfter < Today + 15 days]', 'F[notAfter < Today]'],
      ['warn M in 15 days, obtained from a.crt'],
    ],
    [[file([true, 16])], ['W[notAfter < Today + 15 days]', 'P[]'], ['pass M, obtained from a.crt']],
    [[file([true, 15])], ['W[notAfter < Today + 15 days]', 'P[]'], ['pass M, obtained from a.crt']],
    [[file([false, -1])], ['F[notAfter < Today + 30 days]'], ['fail M, obtained from a.crt']],
    // Where it calls a certificate good beside the warning, or good several times over, we do not.
    [[file([true, 5])], ['W[notAfter < Today + 15 days]', 'P[]'], ['warn M in 15 days, obtained from a.crt']],
    [[file([true, 50], [true, 60])], ['P[]'], ['pass M, obtained from a.crt', 'pass M, obtained from a.crt']],
    // Where it says "no results", or nothing.
    [[invalid], ['P[]'], [unknown]],
    [[file([true, 50]), invalid], ['P[]'], ['pass M, obtained from a.crt', unknown]],
    [[], ['P[]'], ['unknown no certificate was collected']],
    [null, ['P[]'], ['unknown no certificate was collected']],
    [[file([true, 50])], ['F[notAfter < Today]'], []],
  ] as const)('%#', async (files, rules, expected) => {
    expect(await judge(files, ...rules)).toEqual(expected);
  });

  test('a `when` that is not looked at is told', () => {
    expect(() => certificatesCollectionAnalyzer.condition('notAfter < Tomorrow', {})).toThrow('is not looked at');
    expect(() => certificatesCollectionAnalyzer.condition('notAfter < Today + 30 days', {})).not.toThrow();
  });
});
