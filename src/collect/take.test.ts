import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanUp, temporaryFolder } from '../net/lab.fixture.ts';
import { takeFile } from './take.ts';

let folder: string;
const take = (path: string, maxBytes = 1000) => takeFile(join(folder, path), maxBytes, new AbortController().signal);

beforeAll(async () => {
  folder = await temporaryFolder();
  for (const path of ['home/.ssh/id_rsa', 'var/log/a.log']) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'content');
  }
  await symlink('../../home', join(folder, 'var/log/home'));
  await symlink(join(folder, 'home/.ssh/id_rsa'), join(folder, 'var/log/link.log'));
  execFileSync('mkfifo', [join(folder, 'fifo')]);
});
afterAll(cleanUp);

test.each([
  ['home/.ssh/id_rsa', 'NEVER_COLLECTED'],
  ['var/log/link.log', 'NEVER_COLLECTED'],
  ['var/log/home/.ssh/../.ssh//id_rsa', 'NEVER_COLLECTED'],
  ['fifo', 'EINVAL'],
  ['var', 'EINVAL'],
  ['nothing', 'ENOENT'],
])('S4: %s is not taken: %s', async (path, code) => {
  await expect(take(path)).rejects.toMatchObject({ code });
});

test('S4: what may be collected is taken, up to its limit', async () => {
  expect(String(await take('var/log/a.log'))).toBe('content');
  await expect(take('var/log/a.log', 3)).rejects.toMatchObject({ code: 'EFBIG' });
  expect((await takeFile('/proc/self/status', 65_536, new AbortController().signal)).length).toBeGreaterThan(100);
});

test('a message says what it is, and never what is in it', async () => {
  await expect(take('var/log/link.log')).rejects.toThrow(/link\.log is never collected: it is a private key$/);
});
