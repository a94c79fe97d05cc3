import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { SystemError } from '../contract/problem.ts';
import { decryptBy, encryptionFor, isIdentity, isRecipient } from './age.ts';
import { refuser } from './refusal.ts';
import { outcomeOf } from './signed.fixture.ts';
import { honestEntries, openBytes, packed, refusalOfBytes, tar } from './tar.fixture.ts';

// Many bundles each; other work may share the machine.
jest.setTimeout(60_000);

const refuse = refuser('b.age');
let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

async function* pieces(bytes: Buffer, size = bytes.length): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of stream) found.push(piece);
  return Buffer.concat(found);
}

function encrypted(plain: Buffer, size?: number): Promise<Buffer> {
  return gathered(encryptionFor([recipient]).encrypt(pieces(plain, size)));
}

describe('encryption', () => {
  const chunk = 64 * 1024;
  test.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 200_003])(
    '%d bytes come back, in pieces of any size',
    async (size) => {
      const plain = Buffer.alloc(size, 'plain ');
      const bytes = await encrypted(plain, 1000);
      expect(bytes.subarray(0, 22).toString()).toBe('age-encryption.org/v1\n');
      for (const by of [7919, bytes.length]) {
        expect((await gathered(decryptBy([identity])(pieces(bytes, by), refuse))).equals(plain)).toBe(true);
      }
    },
  );

  test('opens what it encrypted without an identity, and leaves nothing of that in the file', async () => {
    const encryption = encryptionFor([recipient]);
    const bytes = await gathered(encryption.encrypt(pieces(Buffer.from('mine'))));
    expect((await gathered(encryption.decrypt(pieces(bytes), refuse))).toString()).toBe('mine');
    expect(bytes.toString('latin1').match(/^-> .*/gm)).toEqual([expect.stringMatching(/^-> X25519 \S{43}$/)]);
    const others = await encrypted(Buffer.from('theirs'));
    await expect(gathered(encryption.decrypt(pieces(others), refuse))).rejects.toThrow(/damaged/);
  });

  test('what fails in its source fails as it is', async () => {
    const failure = new SystemError('the disk is gone');
    async function* broken(): AsyncGenerator<Buffer> {
      yield (await encrypted(Buffer.alloc(200_000))).subarray(0, 70_000);
      throw failure;
    }
    await expect(gathered(decryptBy([identity])(broken(), refuse))).rejects.toBe(failure);
    await expect(gathered(encryptionFor([recipient]).encrypt(broken()))).rejects.toBe(failure);
  });

  test('one who stops listening ends its source', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(1000);
      } finally {
        isEnded = true;
      }
    }
    for await (const _ of encryptionFor([recipient]).encrypt(endless())) break;
    expect(isEnded).toBe(true);
  });
});

describe('an encrypted bundle', () => {
  let archive: Buffer;
  beforeAll(async () => {
    archive = await encrypted(packed(...honestEntries()));
  });

  test('opens with the identity, packed or not, and nothing else does', async () => {
    const stranger = await generateX25519Identity();
    expect(await outcomeOf(archive, { decrypt: decryptBy([stranger, identity]) })).toBe('sound');
    expect(await outcomeOf(await encrypted(tar(...honestEntries())), { decrypt: decryptBy([identity]) })).toBe('sound');
    expect(await refusalOfBytes(archive, { decrypt: decryptBy([stranger]) })).toBe(
      'wrong-identity: it is encrypted, and none of the identities given opens it',
    );
    expect(await refusalOfBytes(archive)).toBe(
      'encrypted: it is encrypted; give the file of your age identity with --identity FILE',
    );
  });

  test('R2: whatever its name is', async () => {
    const { integrity } = await openBytes(archive, { decrypt: decryptBy([identity]) }, 'upload.json');
    expect(integrity.state).toBe('sound');
  });

  test('R5, P3: every prefix of it is refused', async () => {
    for (let length = 0; length < archive.length; length++) {
      const outcome = await outcomeOf(archive.subarray(0, length), { decrypt: decryptBy([identity]) });
      expect(outcome).toMatch(/^(damaged|not-a-bundle|wrong-identity)$/);
    }
  }, 60_000);

  test('R5, P2: one changed byte anywhere in it is refused, and so is a byte more', async () => {
    const options = { decrypt: decryptBy([identity]) };
    for (let at = 0; at < archive.length; at++) {
      const changed = Buffer.from(archive);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(await outcomeOf(changed, options)).toMatch(/^(damaged|not-a-bundle|wrong-identity)$/);
    }
    expect(await outcomeOf(Buffer.concat([archive, Buffer.alloc(1)]), options)).toBe('damaged');
  }, 60_000);

  test('R4: a second layer of encryption is refused, and so is armor', async () => {
    expect(await refusalOfBytes(await encrypted(archive), { decrypt: decryptBy([identity]) })).toMatch(/^second-layer/);
    expect(await refusalOfBytes(Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n'))).toMatch(
      /^encrypted: .* armored as text; decrypt it with `age -d`/,
    );
    expect(
      await refusalOfBytes(await encrypted(Buffer.from('no archive')), { decrypt: decryptBy([identity]) }),
    ).toMatch(/^not-a-bundle/);
  });

  test('R5: a header without an end is refused before more of it is read', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('age-encryption.org/v1\n');
      for (; ; taken++) yield Buffer.alloc(1024, '-> X25519 x\n');
    }
    await expect(gathered(decryptBy([identity])(endless(), refuse))).rejects.toThrow(
      'its age header is damaged: it does not end within 64 KiB',
    );
    expect(taken).toBeLessThan(100);
  });

  test('a passphrase, and keys of other kinds, are named as what they are', async () => {
    const locked = new Encrypter();
    locked.setPassphrase('secret');
    locked.setScryptWorkFactor(4);
    const byPassphrase = Buffer.from(await locked.encrypt(packed(...honestEntries())));
    const decrypt = decryptBy([identity]);
    expect(await refusalOfBytes(byPassphrase, { decrypt })).toMatch(/^wrong-identity: .* with a passphrase, .*age -d/);
    const other = archive.toString('latin1').replace('-> X25519 ', '-> ssh-ed25519 ');
    expect(await refusalOfBytes(Buffer.from(other, 'latin1'), { decrypt })).toMatch(/for other kinds of keys/);
  });
});

describe('keys', () => {
  test.each([
    ['a recipient of another kind', 'age1pq1qqqq'],
    ['a wrong checksum', 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47q'],
    ['a point that nobody can encrypt to', 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z'],
    ['nothing', ''],
  ])('%s is no recipient', async (_, word) => {
    expect(await isRecipient(word)).toBe(false);
  });

  test('those of age are taken, and none for the other', async () => {
    expect([await isRecipient(recipient), await isIdentity(identity)]).toEqual([true, true]);
    expect([await isRecipient(identity), await isIdentity(recipient)]).toEqual([false, false]);
    expect(await isIdentity(`${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}`)).toBe(false);
  });
});
