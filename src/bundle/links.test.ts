import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { openBundle } from './open.ts';
import { entry, folder, header, keepAll, openBytes, packed, pax, symlink, version } from './tar.fixture.ts';

const target = entry('b/logs/web-1.log', 'listening\n');

async function readLink(...blocks: readonly Buffer[]) {
  const bundle = await openBytes(packed(version, target, ...blocks));
  const bytes = bundle.read('logs/current.log');
  return { text: bytes && Buffer.from(bytes).toString(), warnings: bundle.warnings, files: bundle.files };
}

describe('links', () => {
  test.each([
    ['in its folder', symlink('b/logs/current.log', 'web-1.log')],
    ['by way of another folder', symlink('b/logs/current.log', '../logs/./web-1.log')],
    ['a hard link from the top', header({ name: 'b/logs/current.log', type: '1', target: 'b/logs/web-1.log' })],
    ['with a long target', Buffer.concat([pax({ linkpath: 'web-1.log' }), symlink('b/logs/current.log', 'cut')])],
  ])('R9: a link is resolved inside the bundle: %s', async (_, block) => {
    const { text, warnings, files } = await readLink(block);
    expect(text).toBe('listening\n');
    expect(warnings).toEqual([]);
    expect(files.get('logs/current.log')).toEqual({ ...files.get('logs/web-1.log'), path: 'logs/current.log' });
  });

  test.each([
    ['to an absolute path', '/etc/passwd', 'it leads out of the bundle'],
    ['above the top', '../../../etc/passwd', 'it leads out of the bundle'],
    ['with a drive letter', 'C:x', 'it leads out of the bundle'],
    ['with a backslash', '..\\web-1.log', 'it leads out of the bundle'],
    ['to nothing', 'none.log', 'it leads to nothing in the bundle'],
    ['to the root folder’s neighbour', '../../x', 'it leads to nothing in the bundle'],
    ['to a folder', '../logs', 'it leads to a folder'],
    ['to itself', 'current.log', 'it leads over more than 8 links or in a circle'],
  ])('R9: a link %s is ignored', async (_, linkTarget, reason) => {
    const { text, warnings, files } = await readLink(folder('b/logs'), symlink('b/logs/current.log', linkTarget));
    expect(text).toBeUndefined();
    expect(files.has('logs/current.log')).toBe(false);
    expect(warnings).toEqual([`Ignored link, ${reason}: "logs/current.log"`]);
  });

  test('R9: a link with a target longer than any path is ignored', async () => {
    const long = `${'x/'.repeat(2000)}y`;
    const { warnings } = await readLink(pax({ linkpath: long }), symlink('b/logs/current.log', 'cut'));
    expect(warnings).toEqual(['Ignored link, it leads out of the bundle: "logs/current.log"']);
  });

  test.each([
    [8, true],
    [9, false],
  ])('R9: %i links one after the other: %s', async (hops, resolves) => {
    const chain = Array.from({ length: hops }, (_, index) =>
      symlink(`b/logs/${index}`, index === 0 ? 'web-1.log' : String(index - 1)),
    );
    const bundle = await openBytes(packed(version, target, ...chain));
    expect(bundle.files.has(`logs/${hops - 1}`)).toBe(resolves);
  });

  test('R9: two links in a circle are ignored', async () => {
    const bundle = await openBytes(packed(version, symlink('b/x', 'y'), symlink('b/y', 'x')));
    expect(bundle.warnings).toEqual([
      'Ignored link, it leads over more than 8 links or in a circle: 2, the first is "x"',
    ]);
  });

  const late = packed(version, target, symlink('b/wanted.log', 'logs/web-1.log'));
  const keep = (path: string) => path === 'wanted.log';

  test('R9: content behind a kept link is read again when it had passed', async () => {
    const bundle = await openBytes(late, { keep });
    expect(bundle.read('wanted.log')).toEqual(Buffer.from('listening\n'));
    expect(bundle.read('logs/web-1.log')).toBeUndefined();
  });

  test('R11: on standard input, which comes by once, it is missing and said to be', async () => {
    const bundle = await openBundle('-', { ...keepAll, keep, stdin: Readable.from([late]) });
    expect(bundle.read('wanted.log')).toBeUndefined();
    expect(bundle.warnings).toEqual(['Not read, for the link that leads there came after it: "wanted.log"']);
  });
});
