import { describe, expect, test } from '@jest/globals';
import { limits } from '../contract/limits.ts';
import { entry, folder, header, openBytes, packed, pax, refusalOfBytes, symlink, version } from './tar.fixture.ts';

const deep = `b/${'a/'.repeat(64)}x`;

describe('names', () => {
  test.each([
    ['..', 'b/../../etc/passwd', 'it leaves its folder with ".."'],
    ['.. in the middle', 'b/x/../y', 'it leaves its folder with ".."'],
    ['only ..', '..', 'it leaves its folder with ".."'],
    ['an absolute name', '/etc/passwd', 'it is absolute'],
    ['a leading backslash', '\\\\server\\share', 'a backslash is a separator'],
    ['a backslash', 'b/a\\b', 'a backslash is a separator'],
    ['a drive letter', 'C:/windows', 'it begins with a drive letter'],
    ['a drive letter after ./', './c:x', 'it begins with a drive letter'],
    ['an empty part', 'b//a', 'it has an empty part'],
    ['a part .', 'b/./a', 'it has a part "."'],
    ['a second ./', '././a', 'it has a part "."'],
    ['an end of line', 'b/a\nPASS everything ok', 'it holds a control character'],
    ['an escape sequence', 'b/\u001b[31ma', 'it holds a control character'],
    ['an 8-bit control', 'b/\u009ba', 'it holds a control character'],
    ['a right-to-left override', 'b/\u202etxt.exe', 'turns the direction of text'],
    ['an isolate', 'b/\u2066a', 'turns the direction of text'],
    ['a long part', `b/${'x'.repeat(256)}`, 'a part of it is 256 bytes long; the limit segmentBytes is 255 bytes'],
    ['a long name', 'b/long'.repeat(200), 'it is 1.2 KiB long; the limit pathBytes is 1 KiB'],
    ['too many parts', deep, 'it has 66 parts; the limit pathSegments is 64'],
  ])('R7: %s is refused', async (_, name, reason) => {
    const blocks = Buffer.byteLength(name) > 100 ? [pax({ path: name }), entry('b/short')] : [entry(name)];
    const refusal = await refusalOfBytes(packed(version, ...blocks));
    expect(refusal).toMatch(/^bad-name: the bundle holds an entry named "/);
    expect(refusal).toContain(reason);
    expect(refusal).not.toMatch(/[\u0000-\u001f\u0080-\u009f\u202e\u2066]/);
  });

  test.each([
    ['folder', folder('b/../x/')],
    ['symbolic link', symlink('/b/x', 'y')],
    ['hard link', header({ name: 'b/../x', type: '1', target: 'b/y' })],
  ])('R7: a bad name of a %s is refused too', async (_, block) => {
    expect(await refusalOfBytes(packed(version, block))).toMatch(/^bad-name/);
  });

  test('R7: one leading ./ is stripped, for the top folder too', async () => {
    const bundle = await openBytes(
      packed(folder('./'), folder('./b/'), entry('./b/version.yaml'), entry('./b/a.json')),
    );
    expect(bundle.root).toBe('b');
    expect([...bundle.files.keys()]).toEqual(['a.json', 'version.yaml']);
  });

  test('R7: names that only other systems stumble over are warnings, one for each kind', async () => {
    const names = ['a:b.json', 'c:d.json', 'dot.', 'blank /x', 'NUL.txt', 'Readme', 'README'];
    const { warnings } = await openBytes(packed(version, ...names.map((name) => entry(`b/${name}`))));
    expect(warnings).toEqual([
      'A name with a colon, which Windows cannot unpack: 2, the first is "a:b.json"',
      'A name with a dot or blank at the end of a part, which Windows drops: 2, the first is "dot."',
      'A name with a part that is a device on Windows: "NUL.txt"',
      'A name that differs from another only in case: "README"',
    ]);
  });

  test('R7: a name that is not UTF-8 is a warning', async () => {
    const { warnings } = await openBytes(packed(version, entry(Buffer.from('b/caf\xe9', 'latin1'))));
    expect(warnings).toEqual(['A name that is not UTF-8: "caf\ufffd"']);
  });

  test('R7: a path is the same in either Unicode form', async () => {
    const bundle = await openBytes(packed(version, entry('b/cafe\u0301.json', 'x')));
    expect([...bundle.files.keys()]).toEqual(['caf\u00e9.json', 'version.yaml']);
    expect(bundle.read('cafe\u0301.json')).toEqual(Buffer.from('x'));
  });
});

describe('two entries of one name', () => {
  const once = entry('b/r.json', '{"status":"connected"}');
  test.each([
    ['the same name', [once, entry('b/r.json', '{}')]],
    ['with and without ./', [once, entry('./b/r.json')]],
    ['in two Unicode forms', [entry('b/caf\u00e9'), entry('b/cafe\u0301')]],
    ['a file and a folder', [once, folder('b/r.json/')]],
    ['a file and a link', [once, symlink('b/r.json', 'x')]],
    ['a file and, without an entry, a folder', [once, entry('b/r.json/x')]],
    ['a link and a folder below', [symlink('b/l', 'x'), entry('b/l-x'), entry('b/l/y')]],
    ['two folders', [folder('b/f/'), folder('b/f')]],
    ['by way of PAX', [once, pax({ path: 'b/r.json' }), entry('b/other')]],
  ])('R8: %s is refused', async (_, blocks) => {
    expect(await refusalOfBytes(packed(version, ...blocks))).toMatch(/^duplicate-name: the bundle holds "/);
  });

  test('R8: names that share their beginning are not one', async () => {
    const names = ['a', 'a.b', 'a-b/c', 'a0', 'ab/c'];
    expect((await openBytes(packed(version, ...names.map((name) => entry(`b/${name}`))))).files.size).toBe(6);
  });
});

test('R7: limits are those that are passed in', async () => {
  const refusal = await refusalOfBytes(packed(version), { limits: { ...limits, segmentBytes: 4 } });
  expect(refusal).toContain('a part of it is 12 bytes long; the limit segmentBytes is 4 bytes');
});
