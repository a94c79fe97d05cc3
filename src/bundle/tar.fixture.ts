import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { OpenedBundle } from '../contract/bundle.ts';
import { limits } from '../contract/limits.ts';
import { BundleError } from '../contract/problem.ts';
import { type OpenOptions, openBundle } from './open.ts';

/** Archives made block by block, so that every byte can be wrong on purpose. */
export interface Header {
  readonly name: string | Buffer;
  readonly type?: string;
  readonly size?: number;
  readonly target?: string;
  readonly prefix?: string;
  /** Bytes laid over the block before its checksum is made, by offset. */
  readonly over?: Readonly<Record<number, string | Buffer>>;
  readonly checksum?: number;
}

export const endMark = Buffer.alloc(1024);
export const zeroBlock = Buffer.alloc(512);
export const version = entry('b/version.yaml', 'apiVersion: troubleshoot.sh/v1beta2\n');

export function header({ name, type = '0', size = 0, target = '', prefix = '', over = {}, checksum }: Header): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(type, 156, 'latin1');
  block.write(target, 157, 100);
  block.write('ustar\u000000', 257);
  block.write(prefix, 345, 155);
  for (const [offset, bytes] of Object.entries(over)) Buffer.from(bytes).copy(block, Number(offset));
  block.write('        ', 148);
  const sum = checksum ?? block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

export function entry(name: string | Buffer, content: string | Buffer = '', more: Partial<Header> = {}): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([header({ name, size: bytes.length, ...more }), padded(bytes)]);
}

export function folder(name: string): Buffer {
  return header({ name, type: '5' });
}

export function symlink(name: string, target: string): Buffer {
  return header({ name, type: '2', target });
}

export function pax(records: Readonly<Record<string, string>> | Buffer, type = 'x'): Buffer {
  const body = Buffer.isBuffer(records) ? records : Buffer.from(Object.entries(records).map(paxRecord).join(''));
  return entry('PaxHeader/next', body, { type });
}

export function paxRecord([key, value]: readonly [string, string]): string {
  const body = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(body);
  while (String(length).length + Buffer.byteLength(body) !== length) length++;
  return `${length}${body}`;
}

export function tar(...blocks: readonly Buffer[]): Buffer {
  return Buffer.concat([...blocks, endMark]);
}

export function packed(...blocks: readonly Buffer[]): Buffer {
  return gzipSync(tar(...blocks));
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export interface ManifestFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

export function listed(path: string, content: string): ManifestFile {
  return { path, size: Buffer.byteLength(content), sha256: createHash('sha256').update(content).digest('hex') };
}

export function manifestText(files: readonly ManifestFile[], more: object = {}): string {
  return JSON.stringify({
    schemaVersion: 'hostbundle.manifest/v1',
    tool: { name: 'hostbundle', version: '0.1.0' },
    created: '2026-11-21T10:00:00.000Z',
    complete: true,
    collections: [{ type: 'cpu', name: '', state: 'collected', paths: ['host-collectors/system/cpu.json'] }],
    files,
    ...more,
  });
}

export const honestFiles: Readonly<Record<string, string>> = {
  'host-collectors/connect/api.json': '{"status":"connected","message":""}',
  'host-collectors/system/cpu.json': '{"logicalCount":2}',
  'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n',
};

/** The entries of a bundle of ours: each file, then the manifest that lists them. */
export function honestEntries(files: Readonly<Record<string, string>> = honestFiles, manifest: object = {}): Buffer[] {
  const list = Object.entries(files).map(([path, content]) => listed(path, content));
  const entries = Object.entries(files).map(([path, content]) => entry(`b/${path}`, content));
  return [...entries, entry('b/manifest.json', manifestText(list, manifest))];
}

/** A folder's files and links as a Go bundle has them: no entries of folders. */
export async function packFolder(folderPath: string, root: string): Promise<Buffer> {
  const found = await readdir(folderPath, { recursive: true, withFileTypes: true });
  const blocks: Buffer[] = [];
  for (const item of found) {
    const file = join(item.parentPath, item.name);
    const name = `${root}/${file.slice(folderPath.length + 1)}`;
    if (item.isSymbolicLink()) blocks.push(symlink(name, await readlink(file)));
    if (item.isFile()) blocks.push(entry(name, await readFile(file)));
  }
  return packed(...blocks);
}

export async function inTemporaryFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'hostbundle-open-'));
  try {
    return await act(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

export const keepAll: OpenOptions = { limits, keep: () => true };

export async function openBytes(
  bytes: Buffer,
  options: Partial<OpenOptions> = {},
  name = 'upload.tar.gz',
): Promise<OpenedBundle> {
  return inTemporaryFolder(async (path) => {
    const file = join(path, name);
    await writeFile(file, bytes);
    return openBundle(file, { ...keepAll, ...options });
  });
}

/** `code: message` of the refusal. */
export async function refusalOf(opening: Promise<OpenedBundle>): Promise<string> {
  return opening.then(
    () => 'opened',
    (error: unknown) => {
      if (error instanceof BundleError) return `${error.code}: ${error.message}`;
      throw error;
    },
  );
}

export async function refusalOfBytes(bytes: Buffer, options: Partial<OpenOptions> = {}): Promise<string> {
  return refusalOf(openBytes(bytes, options));
}
