import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Limits } from '../contract/limits.ts';
import { refusal, SystemError } from '../contract/problem.ts';

export interface SourceText {
  /** As a person would name it in an error: a path, `<stdin>`, a URL. */
  readonly file: string;
  readonly text: string;
}

export interface SourceOptions {
  readonly limits: Limits;
  readonly offline: boolean;
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

/** Reads what SPEC arguments name: a file, a folder (its *.yaml, *.yml, *.json, sorted), `-`, or an http(s) URL. */
export async function readSources(args: readonly string[], options: SourceOptions): Promise<readonly SourceText[]> {
  const texts: SourceText[] = [];
  for (const arg of args) {
    if (arg === '-') {
      texts.push({ file: '<stdin>', text: await readStdin(options) });
    } else if (/^https?:\/\//i.test(arg)) {
      if (options.offline)
        throw refusal('offline', 'not fetched because of --offline; give a file instead', { file: arg });
      // Loaded only here: node:http and node:tls would cost every other start a tenth.
      const { fetchText } = await import('./fetch.ts');
      texts.push({ file: arg, text: decode(await fetchText(arg, options.limits.specBytes), arg) });
    } else {
      for (const file of await filesOf(arg)) texts.push({ file, text: await readSpecFile(file, options.limits) });
    }
  }
  return texts;
}

async function filesOf(arg: string): Promise<readonly string[]> {
  const found = await stat(arg).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw refusal(
        'no-such-file',
        'no such file; give a spec file, a folder of specs, - for standard input, or a URL',
        { file: arg },
      );
    }
    throw new SystemError(`${arg}: cannot be read (${error.code ?? error.message})`, { cause: error });
  });
  if (!found.isDirectory()) {
    if (!found.isFile()) throw refusal('not-a-file', 'neither a file nor a folder', { file: arg });
    return [arg];
  }
  const names = (await readdir(arg)).filter((name) => /\.(ya?ml|json)$/i.test(name)).sort();
  if (names.length === 0) throw refusal('no-specs', 'this folder has no *.yaml, *.yml or *.json file', { file: arg });
  return names.map((name) => join(arg, name));
}

async function readSpecFile(file: string, limits: Limits): Promise<string> {
  const { size } = await stat(file);
  if (size > limits.specBytes) {
    throw refusal('too-large', `${size} bytes are more than the ${limits.specBytes} that a spec may have`, { file });
  }
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new SystemError(`${file}: cannot be read (${error.code ?? error.message})`, { cause: error });
  });
  return decode(bytes, file);
}

async function readStdin({ stdin, limits }: SourceOptions): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limits.specBytes) {
      throw refusal('too-large', `more than the ${limits.specBytes} bytes that a spec may have`, { file: '<stdin>' });
    }
    chunks.push(bytes);
  }
  return decode(Buffer.concat(chunks), '<stdin>');
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('not-text', 'this is not UTF-8 text; save the spec as UTF-8', { file });
  }
}
