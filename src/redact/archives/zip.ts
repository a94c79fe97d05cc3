import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { Withheld } from '../withheld.ts';
import type { Budget, Member } from './archive.ts';

/**
 * PKWARE's APPNOTE 6.3.10, as far as common programs write it: stored and deflated files, in one part, without ZIP64 and without
 * encryption. All that is not is refused; comments and extra fields are left out.
 */

const endBytes = 22;
const endMark = 0x06054b50;
const centralMark = 0x02014b50;
const localMark = 0x04034b50;
const longestComment = 0xffff;
const stored = 0;
const deflated = 8;
const flags = { encrypted: 0x1, utf8: 0x800 } as const;

export function readZip(bytes: Buffer, budget: Budget): readonly Member[] {
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  const members: Member[] = [];
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Withheld('it is an archive (zip) in the format ZIP64');
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== centralMark) throw new Error('no entry where one was announced');
    budget.takeMember();
    members.push(readMember(bytes, at, budget));
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return members;
}

/** Its place is known only from behind: the comment that ends it has any length. */
function findEnd(bytes: Buffer): number {
  for (let at = bytes.length - endBytes; at >= Math.max(0, bytes.length - endBytes - longestComment); at--) {
    if (bytes.readUInt32LE(at) === endMark && at + endBytes + bytes.readUInt16LE(at + 20) === bytes.length) return at;
  }
  throw new Error('no end');
}

function readMember(bytes: Buffer, at: number, budget: Budget): Member {
  const flag = bytes.readUInt16LE(at + 8);
  const method = bytes.readUInt16LE(at + 10);
  const packedSize = bytes.readUInt32LE(at + 20);
  const size = bytes.readUInt32LE(at + 24);
  const nameBytes = bytes.readUInt16LE(at + 28);
  const local = bytes.readUInt32LE(at + 42);
  if ((flag & flags.encrypted) !== 0) throw new Withheld('it is an archive (zip) that is encrypted');
  if (bytes.readUInt32LE(local) !== localMark) throw new Error('no content where it was announced');
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  if (at + 46 + nameBytes > bytes.length || start + packedSize > bytes.length) throw new Error('it is cut');
  budget.takeBytes(size);
  const path = nameOf(bytes.subarray(at + 46, at + 46 + nameBytes));
  const content = contentOf(bytes.subarray(start, start + packedSize), method, size);
  if (crc32(content) !== bytes.readUInt32LE(at + 16)) throw new Error('its checksum is wrong');
  const isFolder = path.endsWith('/') && size === 0;
  const mtime = timeOf(bytes.readUInt16LE(at + 14), bytes.readUInt16LE(at + 12));
  return { path, bytes: isFolder ? undefined : content, mtime, mode: isFolder ? 0o700 : 0o600 };
}

function contentOf(packed: Buffer, method: number, size: number): Buffer {
  if (method !== stored && method !== deflated) throw new Withheld('it is an archive (zip) of an unknown method');
  const content = method === stored ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  if (content.length !== size) throw new Error('its size is wrong');
  return content;
}

/** Older programs wrote other encodings, without saying which. */
function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : bytes.toString('latin1');
}

/** The clock of MS-DOS, which knows of no zone and of even seconds alone. */
function timeOf(date: number, time: number): Date {
  return new Date(
    Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2),
  );
}

function dosTime(moment: Date): { readonly date: number; readonly time: number } {
  const year = Math.min(127, Math.max(0, moment.getUTCFullYear() - 1980));
  return {
    date: (year << 9) | ((moment.getUTCMonth() + 1) << 5) | moment.getUTCDate(),
    time: (moment.getUTCHours() << 11) | (moment.getUTCMinutes() << 5) | (moment.getUTCSeconds() >> 1),
  };
}

export function writeZip(members: readonly Member[]): Buffer {
  const pieces: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes = Buffer.alloc(0), mtime } of members) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(bytes);
    const { date, time } = dosTime(mtime);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags.utf8, 2);
    common.writeUInt16LE(deflated, 4);
    common.writeUInt16LE(time, 6);
    common.writeUInt16LE(date, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([mark(localMark), common, name, packed]);
    const behind = Buffer.alloc(14);
    behind.writeUInt32LE(path.endsWith('/') ? 0x10 : 0, 6);
    behind.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([mark(centralMark), Buffer.from([20, 0]), common, behind, name]));
    pieces.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(endBytes);
  end.writeUInt32LE(endMark, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...pieces, directory, end]);
}

function mark(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
