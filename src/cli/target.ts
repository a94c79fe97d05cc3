import { access, constants, lstat, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { refusal, SystemError } from '../contract/problem.ts';
import { diskFailure } from '../disk/failure.ts';

interface TargetKind {
  readonly isEncrypted: boolean;
  readonly isRedacted: boolean;
  /** What the name begins with that it gets when nobody chose one. */
  readonly prefix?: string;
}

/** Where a bundle goes, made certain before anything is collected: a mistake here costs nobody ten minutes. */
export async function bundleTarget(
  output: string | undefined,
  now: Date,
  { isEncrypted, isRedacted, prefix = '' }: TargetKind,
): Promise<string> {
  const name = `${prefix}support-bundle-${now.toISOString().slice(0, 19).replace(/:/g, '_')}.tar.gz`;
  const wanted = output === undefined ? name : await insideFolder(output, name);
  if (!isEncrypted && /\.age$/i.test(wanted))
    throw refusal('not-encrypted', 'this name says that the bundle is encrypted; say for whom with --recipient', {
      file: wanted,
    });
  const archive = wanted.replace(/\.age$/i, '');
  const named = /\.(tar\.gz|tgz)$/i.test(archive) ? archive : `${archive}.tar.gz`;
  const plain =
    isRedacted || /unredacted/i.test(basename(named)) ? named : named.replace(/(?=\.(tar\.gz|tgz)$)/i, '-unredacted');
  const file = isEncrypted ? `${plain}.age` : plain;
  if (/^\.*(\.tar\.gz|\.tgz)$/i.test(basename(plain)))
    throw refusal('no-name', 'give the bundle a name, such as -o host1.tar.gz', { file });
  await writableFolder(file, '--output');
  const existing = await lstat(file).catch(() => undefined);
  // A default name that is taken gets a number from the writer; a name that somebody chose is never silently another.
  if (existing !== undefined && output !== undefined)
    throw refusal('exists', 'this file exists already and is never overwritten; choose another name with --output', {
      file,
    });
  return file;
}

/** Whether a file can be made there, and whether nobody else can put another in its place. `option`: what names it. */
export async function writableFolder(file: string, option: string): Promise<void> {
  const folder = dirname(resolve(file));
  const found = await stat(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw unusable(file, folder, option, cause);
  });
  if (found === undefined)
    throw refusal('no-such-folder', `there is no folder ${folder}; make it, or choose another with ${option}`, {
      file,
    });
  if (!found.isDirectory())
    throw refusal('no-folder', `${folder} is not a folder; choose another place with ${option}`, { file });
  if (process.getuid?.() === 0 && (found.mode & 0o1002) === 0o002) {
    const message = `every user of this host may replace files in ${folder} (it is world-writable and not sticky); choose another folder with ${option}`;
    throw refusal('unsafe-folder', message, { file });
  }
  await access(folder, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw unusable(file, folder, option, cause);
  });
}

async function insideFolder(output: string, name: string): Promise<string> {
  const found = await stat(output).catch(() => undefined);
  return found?.isDirectory() === true || output.endsWith('/') ? join(output, name) : output;
}

/** A permission is the user's to get; what else a disk may say is not (rule W3). */
function unusable(file: string, folder: string, option: string, cause: NodeJS.ErrnoException): Error {
  const elsewhere = `choose another place with ${option}`;
  if (cause.code === 'EACCES' || cause.code === 'EPERM')
    return refusal('not-writable', `no permission to write in ${folder}; ${elsewhere}`, { file, cause });
  return new SystemError(`${file}: ${folder}: ${diskFailure(cause) ?? cause.message}; ${elsewhere}`, { cause });
}
