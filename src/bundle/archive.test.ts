import { gzipSync } from 'node:zlib';
import { describe, expect, jest, test } from '@jest/globals';
import { limits } from '../contract/limits.ts';
import {
  endMark,
  entry,
  folder,
  header,
  honestEntries,
  openBytes,
  packed,
  pax,
  paxRecord,
  refusalOfBytes,
  symlink,
  tar,
  version,
  zeroBlock,
} from './tar.fixture.ts';

// Many bundles each; other work may share the machine.
jest.setTimeout(60_000);

const zstdMagic = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(600, 'x')]);
const wholeTar = tar(version, entry('b/a.json', '{}'));

describe('what it is, by content', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 'not-a-bundle: it is empty'],
    ['text', Buffer.from('hello'), 'not-a-bundle: it is neither gzip data nor a tar archive'],
    ['604 bytes of zstd magic', zstdMagic, 'not-a-bundle: it is zstd data'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'not-a-bundle: it is bzip2 data'],
    ['a zip', Buffer.from('PK\x03\x04and more'), 'not-a-bundle: it is zip data'],
    ['zeros', Buffer.alloc(4096), 'not-a-bundle'],
    ['a gzip of text', gzipSync('hello'), 'no-tar'],
    ['a gzip of nothing', gzipSync(''), 'no-tar'],
    ['an archive without entries', packed(), 'no-version: the archive is empty'],
  ])('R2: %s is refused', async (_, bytes, refusal) => {
    expect(await refusalOfBytes(bytes)).toContain(refusal);
  });

  test('R2: a bare tar opens like a gzipped one', async () => {
    const bundle = await openBytes(wholeTar, {}, 'upload.tar.gz');
    expect([...bundle.files.keys()]).toEqual(['a.json', 'version.yaml']);
  });

  test.each(['upload.tbr', 'upload.tar.br', 'upload.tzst', 'upload', 'upload.json'])(
    'R2, D0: the name %s decides nothing',
    async (name) => {
      expect((await openBytes(gzipSync(wholeTar), {}, name)).files.size).toBe(2);
      await expect(openBytes(Buffer.alloc(300, 'x'), {}, name)).rejects.toThrow('neither gzip data nor a tar');
    },
  );
});

describe('how much comes out', () => {
  const zeros = packed(version, entry('b/zeros', Buffer.alloc(4 * 1024 * 1024)));

  test('R3: more than the total is refused while it unpacks', async () => {
    const refusal = await refusalOfBytes(zeros, { limits: { ...limits, unpackedBytes: 1024 * 1024 } });
    expect(refusal).toBe(
      'too-large: it unpacks to more than allowed: the limit unpackedBytes is 1 MiB, which --limit unpackedBytes=N raises',
    );
  });

  test('R3: a bomb is refused by its ratio', async () => {
    const refusal = await refusalOfBytes(zeros, { limits: { ...limits, ratioAfterBytes: 1024 * 1024 } });
    expect(refusal).toMatch(
      /^ratio: it unpacks to \d+ times its size \(1\.\d MiB came out of .*; the limit ratio is 400/,
    );
  });

  test('R3: the ratio of a small bundle is nobody’s business', async () => {
    expect((await openBytes(zeros)).files.get('zeros')?.size).toBe(4 * 1024 * 1024);
  });

  test('R3: a packed bundle over its limit is refused', async () => {
    const refusal = await refusalOfBytes(wholeTar, { limits: { ...limits, bundleBytes: 1000 } });
    expect(refusal).toBe(
      'too-large: it is larger than allowed: the limit bundleBytes is 1000 bytes, which --limit bundleBytes=N raises',
    );
  });

  test('R3: too many entries are refused', async () => {
    const many = Array.from({ length: 20 }, (_, index) => entry(`b/${index}`));
    expect(await refusalOfBytes(packed(...many), { limits: { ...limits, entries: 10 } })).toMatch(/^too-many-entries/);
  });

  test('R3: an entry over its limit is refused at its header', async () => {
    const bytes = packed(version, header({ name: 'b/big', size: limits.entryBytes + 1 }));
    expect(await refusalOfBytes(bytes)).toBe(
      'too-large: the entry "b/big" holds 1 GiB; the limit entryBytes is 1 GiB, which --limit entryBytes=N raises',
    );
  });
});

describe('no second layer', () => {
  test.each([
    ['gzip', gzipSync(wholeTar)],
    ['short gzip', gzipSync('x')],
    ['zstd', zstdMagic],
    ['bzip2', Buffer.from('BZh91AY&SY'.padEnd(600))],
    ['xz', Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), Buffer.alloc(600)])],
  ])('R4: %s inside the gzip is refused', async (_, inner) => {
    expect(await refusalOfBytes(gzipSync(inner))).toMatch(/^second-layer/);
  });
});

describe('one archive and nothing after it', () => {
  test.each([
    [
      'gzip cut in half',
      gzipSync(wholeTar).subarray(0, 60),
      /^damaged: the gzip data is damaged or an incomplete .* 0 entr/,
    ],
    ['gzip without its checksum', gzipSync(wholeTar).subarray(0, -8), /^damaged: .*incomplete download/],
    [
      'tar cut inside an entry',
      gzipSync(wholeTar.subarray(0, 1300)),
      /^damaged: .* 1 entry was found .*"b\/version\.yaml"/,
    ],
    ['tar cut inside content', gzipSync(wholeTar.subarray(0, 512)), /^damaged/],
    ['a changed byte of gzip', changed(gzipSync(wholeTar), -6), /^damaged/],
    ['text after the end', gzipSync(Buffer.concat([wholeTar, Buffer.from('more')])), /^trailing-data/],
    ['a second tar after the first', gzipSync(Buffer.concat([wholeTar, wholeTar])), /^trailing-data/],
    ['two gzip members, each a whole tar', Buffer.concat([gzipSync(wholeTar), gzipSync(wholeTar)]), /^trailing-data/],
    ['garbage after the gzip', Buffer.concat([gzipSync(wholeTar), Buffer.from('garbage')]), /^damaged/],
    ['garbage behind zeros', Buffer.concat([gzipSync(wholeTar), Buffer.from('\0\0garbage')]), /^trailing-data/],
    [
      'a member behind zeros',
      Buffer.concat([gzipSync(wholeTar), Buffer.alloc(9), gzipSync(wholeTar)]),
      /^trailing-data/,
    ],
    ['a zero block between entries', packed(version, zeroBlock, entry('b/a')), /^trailing-data: a block of zeros/],
  ])('R5: %s is refused', async (_, bytes, refusal) => {
    expect(await refusalOfBytes(bytes)).toMatch(refusal);
  });

  test.each([
    ['zeros after the end', gzipSync(Buffer.concat([wholeTar, Buffer.alloc(9000)]))],
    ['zeros after the gzip', Buffer.concat([gzipSync(wholeTar), Buffer.alloc(100_000)])],
    [
      'two gzip members that hold one tar',
      Buffer.concat([gzipSync(wholeTar.subarray(0, 700)), gzipSync(wholeTar.subarray(700))]),
    ],
  ])('R5: %s are accepted', async (_, bytes) => {
    expect((await openBytes(bytes)).files.size).toBe(2);
  });

  test.each([
    ['without end blocks', gzipSync(Buffer.concat(honestEntries()))],
    ['with one of them', gzipSync(Buffer.concat([...honestEntries(), zeroBlock]))],
    ['cut between entries', gzipSync(Buffer.concat([version, entry('b/a.json', '{}')]))],
  ])('R5: an archive %s opens as broken', async (_, bytes) => {
    const { integrity } = await openBytes(bytes);
    expect(integrity).toMatchObject({
      state: 'broken',
      differences: ['the archive has no end mark: it may be cut short'],
    });
  });
});

describe('headers that readers disagree on', () => {
  const huge = Buffer.from([0x80, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0]);
  const negative = Buffer.alloc(12, 0xff);
  test.each([
    ['a wrong checksum', [version, header({ name: 'b/a', checksum: 1 })], /^damaged: .*checksum failure.* 1 entry/],
    ['a wrong first checksum', [header({ name: 'b/a', checksum: 1 })], /^no-tar/],
    ['the PAX size 1.5', [pax({ size: '1.5' }), entry('b/a', 'x')], /^bad-header: .*"1\.5"/],
    ['the PAX size 1e3', [pax({ size: '1e3' }), entry('b/a', 'x')], /^bad-header/],
    ['the PAX size " 3"', [pax({ size: ' 3' }), entry('b/a', 'x')], /^bad-header/],
    ['a negative PAX size', [pax({ size: '-1' }), entry('b/a', 'x')], /^bad-header/],
    ['the PAX size abc', [pax({ size: 'abc' }), entry('b/a', 'x')], /^bad-header/],
    ['the PAX size 10²²', [pax({ size: '10000000000000000000000' }), entry('b/a', 'x')], /^bad-header/],
    ['the size 2⁶²', [entry('b/a', '', { over: { 124: huge } })], /^bad-header/],
    ['a negative size', [entry('b/a', '', { over: { 124: negative } })], /^bad-header/],
    ['no size', [entry('b/a', '', { over: { 124: Buffer.alloc(12) } })], /^bad-header/],
    ['a size with a letter', [entry('b/a', '', { over: { 124: '0000000012x\0' } })], /^bad-header/],
    [
      'an owner that is no number',
      [entry('b/a', '', { over: { 108: '00l0000' } })],
      /^bad-header: .*number that is none/,
    ],
    ['a time that is no number', [entry('b/a', '', { over: { 136: '0000@' } })], /^bad-header: .*number that is none/],
    ['a device that is no number', [entry('b/a', '', { over: { 329: 'x' } })], /^bad-header: .*number that is none/],
    [
      'an owner of blanks alone',
      [entry('b/a', '', { over: { 108: '        ' } })],
      /^bad-header: .*number that is none/,
    ],
    [
      'a negative owner',
      [entry('b/a', '', { over: { 108: Buffer.alloc(8, 0xff) } })],
      /^bad-header: .*number that is none/,
    ],
    [
      'an owner of more than 32 bits',
      [entry('b/a', '', { over: { 108: Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 0]) } })],
      /^bad-header: .*number that is none/,
    ],
    [
      'a prefix where the format has none',
      [entry('b/a', '', { over: { 257: 'ustar  \0', 345: 'b/c' } })],
      /^bad-name: .*beginning of its name/,
    ],
    ['a PAX owner that is no number', [pax({ uid: 'root' }), entry('b/a')], /^bad-header: .*uid "root"/],
    ['a PAX time out of range', [pax({ mtime: '9'.repeat(20) }), entry('b/a')], /^bad-header: .*mtime "9{20}"/],
    ['a PAX character set', [pax({ hdrcharset: 'KOI8-R' }), entry('b/a')], /^bad-header: .*character set "KOI8-R"/],
    ['a global PAX header at the end', [version, pax({ comment: 'x' }, 'g')], /^bad-header: .*entry to come/],
    [
      'two global PAX headers',
      [pax({ comment: 'x' }, 'g'), pax({ comment: 'x' }, 'g'), version],
      /^bad-header: .*second global/,
    ],
    [
      'PAX records behind the end of their header',
      [behindItsEnd(pax({ comment: 'x' }), '12 path=b/v\n'), entry('b/a')],
      /^bad-header: .*behind its end/,
    ],
    [
      'a long GNU name behind the end of its header',
      [behindItsEnd(entry('L', 'b/x', { type: 'L' }), 'yz'), entry('b/a')],
      /^bad-header: .*behind its end/,
    ],
    ['a folder with content', [entry('b/a', 'x', { type: '5' })], /^bad-header: .*folder with content/],
    ['a file named as a folder', [entry('b/a/')], /^bad-name: .*named as a folder/],
    [
      'a file that only PAX does not name as a folder',
      [pax({ path: 'b/v' }), entry('b/a/', 'x', { type: '\0' })],
      /^bad-name: .*named as a folder/,
    ],
    [
      'a device that is no number where the format has none',
      [entry('b/a', '', { type: '\0', over: { 257: Buffer.alloc(8), 329: '1e3' } })],
      /^bad-header: .*number that is none/,
    ],
    ['a link with content', [entry('b/a', 'x', { type: '2', target: 'v' })], /^bad-header/],
    ['a hard link with content', [entry('b/a', 'x', { type: '1', target: 'b/v' })], /^bad-header/],
    ['a file with a link target', [entry('b/a', '', { target: 'v' })], /^damaged: .*linkpath forbidden/],
    ['a foreign magic', [entry('b/a', '', { over: { 257: 'ustar\u0000 1' } })], /^bad-header/],
    ['a sparse file', [entry('b/a', '', { type: 'S' })], /^forbidden-type: .*"b\/a" is a GNU sparse file/],
    ['a continuation', [entry('b/a', '', { type: 'M' })], /^forbidden-type/],
    ['an unknown type', [entry('b/a', '', { type: 'Z' })], /^forbidden-type: .*unknown type "Z"/],
    ['a type beyond ASCII', [entry('b/a', '', { type: '\xff' })], /^forbidden-type/],
    ['a GNU dump folder', [entry('b/a', '', { type: 'D' })], /^forbidden-type/],
    ['a contiguous file', [entry('b/a', '', { type: '7' })], /^forbidden-type/],
    ['a PAX sparse file', [pax({ 'GNU.sparse.major': '1' }), entry('b/a')], /^forbidden-type/],
    ['a PAX real size', [pax({ 'SCHILY.realsize': '1' }), entry('b/a')], /^forbidden-type/],
    [
      'a long PAX header',
      [pax({ comment: 'x'.repeat(limits.metaBytes) }), entry('b/a')],
      /^too-large: .*metaBytes is 64 KiB/,
    ],
    [
      'a long GNU name',
      [entry('L', Buffer.alloc(limits.metaBytes + 1, 'x'), { type: 'L' }), entry('b/a')],
      /^too-large/,
    ],
    ['a global PAX path', [pax({ path: 'b/x' }, 'g'), entry('b/a')], /^bad-header: .*global PAX header sets "path"/],
    ['a NUL inside a name', [entry('b/a.json\0.txt')], /^bad-name: .*goes on after a NUL/],
    ['a NUL inside a prefix', [entry('a', '', { prefix: 'b\0c' })], /^bad-name/],
    ['a NUL inside a link target', [header({ name: 'b/l', type: '2', target: 'v\0w' })], /^bad-name/],
    ['a NUL in a PAX path', [pax({ path: 'b/a\0.txt' }), entry('b/a')], /^bad-name/],
    ['a NUL in a long GNU name', [entry('L', 'b/x\0y', { type: 'L' }), entry('b/a')], /^bad-name/],
    ['a PAX path that is not UTF-8', [pax(Buffer.from('10 path=\xff\n', 'latin1')), entry('b/a')], /^bad-name/],
    [
      'a PAX record in a PAX value',
      [pax({ comment: `x\n${paxRecord(['path', 'b/evil'])}` }), entry('b/a')],
      /^bad-header/,
    ],
    ['a PAX record of a wrong length', [pax(Buffer.from('99 path=b/x\n')), entry('b/a')], /^bad-header/],
    ['a PAX length with zeros', [pax(Buffer.from('012 path=b/x\n')), entry('b/a')], /^bad-header/],
    ['a PAX key twice', [pax(Buffer.from('10 path=a\n10 path=b\n')), entry('b/a')], /^bad-header: .*"path" twice/],
    ['two PAX headers', [pax({ path: 'b/x' }), pax({ path: 'b/y' }), entry('b/a')], /^bad-header/],
    [
      'a PAX header and a long GNU name',
      [pax({ path: 'b/x' }), entry('L', 'b/y', { type: 'L' }), entry('b/a')],
      /^bad-header/,
    ],
    [
      'two long GNU names',
      [entry('L', 'b/x', { type: 'L' }), entry('L', 'b/y', { type: 'L' }), entry('b/a')],
      /^bad-header/,
    ],
    ['a PAX header at the end', [version, pax({ path: 'b/x' })], /^bad-header: .*entry to come/],
    ['an empty PAX header', [pax({}), entry('b/a')], /^bad-header/],
    ['a character device', [entry('b/a', '', { type: '3' })], /^forbidden-type: .*"b\/a" is a character device/],
    ['a block device', [entry('b/a', '', { type: '4' })], /^forbidden-type/],
    ['a FIFO', [entry('b/a', '', { type: '6' })], /^forbidden-type: .*FIFO/],
  ] satisfies [string, Buffer[], RegExp][])('R5, R9: %s is refused', async (_, blocks, refusal) => {
    expect(await refusalOfBytes(packed(...blocks))).toMatch(refusal);
  });

  test('R5: what honest writers use is accepted', async () => {
    const longName = `b/${'é'.repeat(100)}/${'x'.repeat(200)}/${'y'.repeat(250)}.json`;
    const bundle = await openBytes(
      packed(
        pax({ comment: 'made by git' }, 'g'),
        folder('b/'),
        version,
        pax({ path: longName, size: '3', mtime: '1.5', 'SCHILY.xattr.user.a': 'x' }),
        entry('b/short', 'pax'),
        entry('././@LongLink', `b/${'z'.repeat(150)}\0`, { type: 'L' }),
        entry('b/zzz', 'gnu'),
        entry('prefixed', 'ustar', { prefix: 'b/deep' }),
        entry('b/old', 'v7', { type: '\0', over: { 257: Buffer.alloc(8) } }),
        entry('b/gnu', 'gnu', { over: { 257: 'ustar  \0' } }),
        entry('b/large', '256', { over: { 124: Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]) } }),
        symlink('b/link', 'large'),
      ),
    );
    expect(Buffer.from(bundle.read(longName.slice(2)) ?? '').toString()).toBe('pax');
    expect(Buffer.from(bundle.read('z'.repeat(150)) ?? '').toString()).toBe('gnu');
    expect([...bundle.files.keys()]).toEqual(
      expect.arrayContaining(['deep/prefixed', 'old', 'gnu', 'large', 'link', 'version.yaml']),
    );
  });
});

test('R3: 300 MiB of zeros in a real bomb are refused in little memory', async () => {
  const gigabyte = gzipSync(Buffer.concat([version, header({ name: 'b/z', size: 600 * 1024 * 1024 })]));
  const member = gzipSync(Buffer.alloc(50 * 1024 * 1024), { level: 9 });
  const bomb = Buffer.concat([gigabyte, ...Array.from({ length: 12 }, () => member), gzipSync(endMark)]);
  const before = process.memoryUsage().rss;
  expect(await refusalOfBytes(bomb)).toMatch(/^ratio/);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

/** More content than the header's size says, in the padding of its block. */
function behindItsEnd(extension: Buffer, more: string): Buffer {
  const size = Number.parseInt(extension.toString('latin1', 124, 135), 8);
  extension.write(more, 512 + size);
  return extension;
}

function changed(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? bytes.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
