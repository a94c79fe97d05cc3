import { chown, lutimes, mkdir, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cleanUp, temporaryFolder, testAsRoot } from '../net/lab.fixture.ts';
import { ownTag } from './owner.ts';
import { makeWorkingFolder, partialName, removeDeadFolders, removePartials, workingFolderAt } from './temporary.ts';

afterAll(cleanUp);

const live = ownTag();
/** Of this very process id, but of one that has ended. */
const dead = live.replace(/-[^-]*$/, '-1');
const hour = 60 * 60 * 1000;

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function working(tag: string, { journal = false, ageMs = 0, name = `hostbundle-${tag}-Ab3dEf` } = {}) {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  if (journal) await writeFile(join(path, 'journal'), 'x');
  const touched = new Date(Date.now() - ageMs);
  if (journal) await utimes(join(path, 'journal'), touched, touched);
  await utimes(path, touched, touched);
  return path;
}

test('S7: a working folder is its owner’s alone, and of no name that can be guessed', async () => {
  const umask = process.umask(0);
  const paths = [await makeWorkingFolder(folder), await makeWorkingFolder(folder)];
  process.umask(umask);
  for (const path of paths) {
    expect((await stat(path)).mode & 0o7777).toBe(0o700);
    expect(workingFolderAt(path)).toMatchObject({ path, isGone: false, hasJournal: false });
  }
  expect(new Set(paths).size).toBe(2);
  expect(partialName('/a/b.tar.gz')).not.toBe(partialName('/a/b.tar.gz'));
  expect(partialName('/a/b.tar.gz')).toMatch(/^\/a\/\.b\.tar\.gz\.partial-[0-9a-f]{8}-\d+-[0-9a-z]+-[0-9a-f]{12}$/);
});

describe('S8: the next run removes what dead ones left', () => {
  test('working folders without a journal at once, with one after a day, those of the living never', async () => {
    await working(dead);
    await working(live, { ageMs: 100 * hour, name: `hostbundle-${live}-live00` });
    const kept = await working(dead, { journal: true, ageMs: 23 * hour, name: `hostbundle-${dead}-kept00` });
    await working(dead, { journal: true, ageMs: 25 * hour, name: `hostbundle-${dead}-old000` });
    expect(await removeDeadFolders(folder)).toEqual([
      { path: kept, isGone: true, hasJournal: true, touchedMs: expect.any(Number) },
    ]);
    expect((await readdir(folder)).sort()).toEqual([`hostbundle-${dead}-kept00`, `hostbundle-${live}-live00`].sort());
  });

  test('partial files of the dead, not of the living, and nothing that is only named alike', async () => {
    const names = [
      `.b.tar.gz.partial-${live}-0123456789ab`,
      '.b.tar.gz.partial-0123456789ab',
      `b.tar.gz.partial-${dead}-0123456789ab`,
      `.b.tar.gz.partial-${dead}-0123456789abc`,
      `.b.tar.gz.partial-${dead}-0123456789ab.tar.gz`,
      `hostbundle-${dead}-Ab3dEf`,
    ];
    for (const name of [...names, `.b.tar.gz.partial-${dead}-0123456789ab`]) await writeFile(join(folder, name), '');
    await mkdir(join(folder, `.c.tar.gz.partial-${dead}-0123456789ab`));
    await removePartials(folder);
    await removeDeadFolders(folder);
    expect((await readdir(folder)).sort()).toEqual([...names, `.c.tar.gz.partial-${dead}-0123456789ab`].sort());
  });

  test('a link is not followed, and what it leads to stays', async () => {
    const precious = await temporaryFolder();
    await writeFile(join(precious, 'precious'), '');
    await symlink(precious, join(folder, `hostbundle-${dead}-Ab3dEf`));
    await symlink(join(precious, 'precious'), join(folder, `.b.tar.gz.partial-${dead}-0123456789ab`));
    await lutimes(join(folder, `hostbundle-${dead}-Ab3dEf`), 0, 0);
    expect(workingFolderAt(join(folder, `hostbundle-${dead}-Ab3dEf`))).toBeUndefined();
    expect(await removeDeadFolders(folder)).toEqual([]);
    await removePartials(folder);
    expect(await readdir(precious)).toEqual(['precious']);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('links inside go as links', async () => {
    const precious = await temporaryFolder();
    await writeFile(join(precious, 'precious'), '');
    await symlink(precious, join(await working(dead), 'link'));
    await removeDeadFolders(folder);
    expect(await readdir(folder)).toEqual([]);
    expect(await readdir(precious)).toEqual(['precious']);
  });

  testAsRoot('S7: what belongs to another user is left alone', async () => {
    const path = await working(dead, { journal: true });
    const partial = join(folder, `.b.tar.gz.partial-${dead}-0123456789ab`);
    await writeFile(partial, '');
    for (const name of [path, partial]) await chown(name, 65534, 65534);
    expect(workingFolderAt(path)).toBeUndefined();
    expect(await removeDeadFolders(folder)).toEqual([]);
    await removePartials(folder);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test('a folder that is not there is no failure', async () => {
    await removePartials(join(folder, 'none'));
    expect(await removeDeadFolders(join(folder, 'none'))).toEqual([]);
  });
});
