import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, closedPort, temporaryFolder, testWith } from '../src/net/lab.fixture.ts';
import { type Ended, hostbundle, run, shell, specFile, tcpConnect } from './lab.ts';

afterAll(cleanUp);

/** A spec, and two pairs of keys: `own.pem`, `other.pem`. */
let folder: string;
let spec: string;
let ownId: string;
const goTool = join(import.meta.dirname, '../fixtures/bundles/go-tool');

beforeAll(async () => {
  folder = await temporaryFolder();
  spec = await specFile([tcpConnect('one', `127.0.0.1:${await closedPort()}`)]);
  const made = await inFolder(['keygen', '-o', 'own.pem', '--format', 'json']);
  ownId = JSON.parse(made.stdout.toString()).keyId;
  await inFolder(['keygen', '-o', 'other.pem']);
  await collected('signed.tar.gz', ['--sign', 'own.pem']);
  await collected('plain.tar.gz');
});

function inFolder(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return hostbundle(args, { cwd: folder, env: { ...process.env, ...env } });
}

/** What `collect` says of itself. */
async function collected(
  name: string,
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly signedBy: string | null; readonly bundle: string }> {
  const args = ['collect', spec, '-q', '-o', name, '--format', 'json', ...options];
  const { stdout, stderr } = await inFolder(args, env);
  expect(stderr).toBe('');
  return JSON.parse(stdout.toString());
}

describe('keygen', () => {
  test('S7: the private key is its owner’s alone, whatever the umask', async () => {
    for (const umask of ['000', '077']) {
      const { code } = await shell(`umask ${umask}; hostbundle keygen -o umask-${umask}.pem`, { cwd: folder });
      expect(code).toBe(0);
      expect((await stat(join(folder, `umask-${umask}.pem`))).mode & 0o7777).toBe(0o600);
    }
    expect((await stat(join(folder, 'umask-000.pem.pub'))).mode & 0o7777).toBe(0o644);
  });

  test.each(['taken.pem', 'taken-too.pem.pub'])(
    'never over %s, and nothing is left of what was begun',
    async (name) => {
      const place = await temporaryFolder();
      await writeFile(join(place, name), 'theirs');
      const { code, stdout, stderr } = await hostbundle(['keygen', '-o', name.replace('.pub', '')], { cwd: place });
      expect([code, stdout.toString()]).toEqual([2, '']);
      expect(stderr).toBe(
        `${name}: error: this file exists already and is never overwritten; choose another name with --output\n`,
      );
      expect(await readdir(place)).toEqual([name]);
      expect(await readFile(join(place, name), 'utf8')).toBe('theirs');
    },
  );

  test('a folder that is not there is told', async () => {
    const { code, stderr } = await inFolder(['keygen', '-o', 'nowhere/key.pem']);
    expect(code).toBe(2);
    expect(stderr).toContain('nowhere/key.pem: error: there is no such folder');
  });

  testWith(
    'openssl',
    'A2, A4: OpenSSL takes the keys, comes to the same key id, and checks the signature',
    async () => {
      await run('tar', ['xzf', 'signed.tar.gz'], { cwd: folder });
      const line = `
      openssl pkey -pubin -in own.pem.pub -outform DER | sha256sum
      node -p 'JSON.parse(require("fs").readFileSync("signed/manifest.json.sig")).signature' | base64 -d > raw
      openssl pkeyutl -verify -pubin -inkey own.pem.pub -rawin -in signed/manifest.json -sigfile raw
      openssl pkeyutl -verify -pubin -inkey other.pem.pub -rawin -in signed/manifest.json -sigfile raw`;
      const { stdout } = await shell(line, { cwd: folder });
      expect(stdout.toString()).toBe(`${ownId}  -\nSignature Verified Successfully\nSignature Verification Failure\n`);
    },
  );
});

describe('A2: collect signs', () => {
  test('by a file, by the environment as text and as a file, and through a pipe', async () => {
    const pem = await readFile(join(folder, 'own.pem'), 'utf8');
    expect((await collected('none.tar.gz')).signedBy).toBeNull();
    expect((await collected('a.tar.gz', ['--sign', 'own.pem'])).signedBy).toBe(ownId);
    expect((await collected('b.tar.gz', [], { HOSTBUNDLE_SIGN_KEY: pem })).signedBy).toBe(ownId);
    expect((await collected('c.tar.gz', [], { HOSTBUNDLE_SIGN_KEY: 'own.pem' })).signedBy).toBe(ownId);
    const both = await collected('d.tar.gz', ['--sign', 'own.pem'], { HOSTBUNDLE_SIGN_KEY: 'other.pem' });
    expect(both.signedBy).toBe(ownId);
    const piped = await shell(`hostbundle collect '${spec}' -q -o e.tar.gz --sign <(cat own.pem)`, { cwd: folder });
    expect(piped.stdout.toString()).toContain('e.tar.gz (');
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      expect((await inFolder(['verify', `${name}.tar.gz`, '--key', 'own.pem.pub'])).code).toBe(0);
    }
  });

  test('to standard output, and what preflight keeps', async () => {
    const { stdout } = await inFolder(['collect', spec, '-q', '-o', '-', '--sign', 'own.pem']);
    const args = ['verify', '-', '--key', 'own.pem.pub'];
    expect((await hostbundle(args, { cwd: folder, input: stdout })).code).toBe(0);
    await inFolder(['preflight', spec, '-q', '-o', 'preflight.tar.gz', '--sign', 'own.pem']);
    expect((await inFolder(['verify', 'preflight.tar.gz', '--key', 'own.pem.pub'])).code).toBe(0);
    const { code, stderr } = await inFolder(['preflight', spec, '-q', '--sign', 'own.pem']);
    expect([code, stderr]).toEqual([2, 'error: there is no bundle to sign or to encrypt without --output\n']);
  });

  test.each([
    ['a file that is not there', 'no.pem', 'error: --sign no.pem: there is no such file\n'],
    ['a folder', '.', 'error: --sign .: it is a folder; name a file\n'],
    [
      'a public key',
      'own.pem.pub',
      'error: --sign own.pem.pub: this is a public key, and signing takes the private one\n',
    ],
    [
      'no key',
      'signed.tar.gz',
      'error: --sign signed.tar.gz: this is no private key in PEM; hostbundle keygen makes a pair\n',
    ],
    ['too much', '/dev/zero', 'error: --sign /dev/zero: it holds more than 65536 bytes; is it the right file?\n'],
  ])('%s is refused before anything is collected', async (_, file, message) => {
    const { code, stderr } = await inFolder(['collect', spec, '-o', 'never.tar.gz', '--sign', file]);
    expect([code, stderr]).toEqual([2, message]);
    expect(await readdir(folder)).not.toContain('never.tar.gz');
  });

  testWith('openssl', 'keys of other kinds, and locked ones, are refused', async () => {
    const made = await shell(
      `openssl genpkey -algorithm X25519 -out x25519.pem
       openssl genpkey -algorithm ED25519 -aes256 -pass pass:secret -out locked.pem`,
      { cwd: folder },
    );
    expect(made.code).toBe(0);
    expect((await inFolder(['collect', spec, '--sign', 'x25519.pem'])).stderr).toBe(
      'error: --sign x25519.pem: this is a key for x25519, not for Ed25519; hostbundle keygen makes a pair\n',
    );
    expect((await inFolder(['collect', spec, '--sign', 'locked.pem'])).stderr).toBe(
      'error: --sign locked.pem: this key is locked by a passphrase; give it unlocked, as openssl pkey does\n',
    );
  });

  test('O7: no message repeats a secret, wherever it was put by mistake', async () => {
    const pem = await readFile(join(folder, 'own.pem'), 'utf8');
    const secret = pem.split('\n')[1] ?? '';
    const ended = await Promise.all([
      inFolder(['collect', spec, '--debug', '--sign', pem]),
      inFolder(['collect', spec, '--debug', `--sign=${pem}`]),
      inFolder(['collect', pem, '--debug']),
      inFolder(['collect', spec, '--debug'], { HOSTBUNDLE_SIGN_KEY: pem.replace(secret, secret.slice(4)) }),
      inFolder(['collect', spec, '--debug'], { HOSTBUNDLE_SIGN_KEY: secret }),
      inFolder(['collect', spec, '--debug'], { HOSTBUNDLE_SIGN_KEY: pem.replaceAll('\n', '\\n') }),
      inFolder(['verify', 'signed.tar.gz', '--key', 'own.pem', '--debug']),
    ]);
    for (const { code, stdout, stderr } of ended) {
      expect(code).toBe(2);
      expect(stdout.toString() + stderr).not.toContain(secret.slice(4));
    }
    expect(
      ended.map(
        ({ stderr }) =>
          stderr
            .replace(/^error: /, '')
            .match(/^(an argument holds a secret key|HOSTBUNDLE_SIGN_KEY|--key own\.pem)/)?.[0],
      ),
    ).toEqual([
      ...Array(3).fill('an argument holds a secret key'),
      ...Array(3).fill('HOSTBUNDLE_SIGN_KEY'),
      '--key own.pem',
    ]);
  });
});

describe('A2: verify', () => {
  const exits = [
    ['signed, by its key', 'signed.tar.gz', ['own.pem.pub'], 0],
    ['signed, by one of several keys', 'signed.tar.gz', ['other.pem.pub', 'own.pem.pub'], 0],
    ['signed, without a key', 'signed.tar.gz', [], 0],
    ['signed, by a wrong key', 'signed.tar.gz', ['other.pem.pub'], 2],
    ['not signed, by a key', 'plain.tar.gz', ['own.pem.pub'], 2],
    ['a bundle of the Go tools', goTool, [], 5],
    ['a bundle of the Go tools, by a key', goTool, ['own.pem.pub'], 5],
  ] satisfies [string, string, string[], number][];

  test.each(exits)('%s', async (_, bundle, keys, code) => {
    const ended = await inFolder(['verify', bundle, ...keys.flatMap((key) => ['--key', key])]);
    expect(ended.stdout.toString()).toMatch(
      { 0: /^sound: /, 2: /^broken: /, 5: /^integrity cannot be checked: / }[code] ?? /$^/,
    );
    expect([ended.code, ended.stderr]).toEqual([code, '']);
  });

  test('analyze counts what no given key signed as not judged for certain', async () => {
    const rules = await specFile(
      [],
      [{ tcpConnect: { collectorName: 'one', outcomes: [{ pass: { message: 'fine' } }] } }],
    );
    const verdictOf = async (bundle: string, ...keys: string[]) => {
      const { code, stdout } = await inFolder(['analyze', bundle, '--spec', rules, '--format', 'json', ...keys]);
      const [{ verdict, notes }] = JSON.parse(stdout.toString()).bundles;
      return { code, verdict, notes };
    };
    const passed = { code: 0, verdict: 'pass', notes: [] };
    expect(await verdictOf('signed.tar.gz')).toEqual(passed);
    expect(await verdictOf('signed.tar.gz', '--key', 'own.pem.pub')).toEqual(passed);
    expect(await verdictOf('plain.tar.gz', '--key', 'own.pem.pub')).toEqual({
      code: 5,
      verdict: 'unknown',
      notes: [expect.stringMatching(/^not as it was written, .*: it is not signed: there is no manifest\.json\.sig/)],
    });
  });

  test('a private key is refused as --key, before the bundle is read', async () => {
    const { code, stderr } = await inFolder(['verify', 'missing.tar.gz', '--key', 'own.pem']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'error: --key own.pem: this is a private key; checking takes the public one, which keygen wrote as .pub\n',
    );
  });
});
