import { generateKeyPairSync } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { keyId } from '../../bundle/signature.ts';
import { refusal, SystemError } from '../../contract/problem.ts';
import { renderDocument } from '../../report/document.ts';
import { printableLine } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { writeOut } from '../output.ts';

export async function keygen(
  file: string,
  { format }: { readonly format: 'human' | 'json' | 'yaml' },
): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicFile = `${file}.pub`;
  await writeNew(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  try {
    await writeNew(publicFile, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  } catch (error) {
    // Half a pair is of no use, and nobody has seen it yet.
    await rm(file, { force: true });
    throw error;
  }
  const id = keyId(publicKey);
  if (format !== 'human') {
    const document = { schemaVersion: 'hostbundle.keygen/v1', keyId: id, privateKey: file, publicKey: publicFile };
    await writeOut(renderDocument(document, format));
    return exitCodes.done;
  }
  const lines = [
    `key     ${id}`,
    `private ${file}: keep it secret`,
    `public  ${publicFile}: give it to those who verify`,
  ];
  await writeOut(`${lines.map((line) => printableLine(line)).join('\n')}\n`);
  return exitCodes.done;
}

async function writeNew(file: string, text: string | Buffer, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode).catch((cause: NodeJS.ErrnoException) => {
    const message = reasons[cause.code ?? ''];
    if (message === undefined) throw notWritten(file, cause);
    throw refusal('no-key-file', message, { file, cause });
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (cause) {
    await rm(file, { force: true });
    throw notWritten(file, cause as Error);
  } finally {
    await handle.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'this file exists already and is never overwritten; choose another name with --output',
  ENOENT: 'there is no such folder; make it, or choose another with --output',
  ENOTDIR: 'its folder is a file; choose another with --output',
  EACCES: 'no permission to write there; choose another place with --output',
};

function notWritten(file: string, cause: Error): SystemError {
  return new SystemError(`${file}: the key was not written: ${cause.message}`, { cause });
}
