import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../contract/collector.ts';
import { abortSignalOf, type Ending, EndingSource } from '../contract/ending.ts';
import { runCommand } from './command.ts';
import { createFacts } from './facts.ts';
import { readText, takeFile } from './take.ts';

/** The real machine, or a captured one below `root`. */
export function openHost({ lookup, child }: Pick<Host, 'lookup' | 'child'>, root = '/'): (signal: Ending) => Host {
  const know = createFacts((own) => hostOf(new EndingSource(), own));
  return (signal) => hostOf(signal, know);

  function hostOf(signal: Ending, know: Host['know']): Host {
    let forNode: AbortSignal | undefined;
    const signalForNode = () => {
      forNode ??= abortSignalOf(signal);
      return forNode;
    };
    return {
      signal,
      know,
      lookup,
      child,
      readText: (path) => readText(join(root, path), signalForNode()),
      take: (path, maxBytes) => takeFile(join(root, path), maxBytes, signalForNode()),
      list: async (path) => (await readdir(join(root, path))).sort(),
      readLink: (path) => readlink(join(root, path)),
      environment: (name) => (root === '/' ? process.env[name] || undefined : undefined),
      run: (file, args, options) =>
        root === '/' ? runCommand(file, args, { signal, ...options }) : Promise.reject(notHere(file)),
    };
  }
}

/** The commands of a captured machine cannot be run. */
function notHere(file: string): Error {
  return Object.assign(new Error(`spawn ${file} ENOENT`), { code: 'ENOENT', syscall: `spawn ${file}` });
}

/** How many files this process may have open at once: its limit where the system tells, else a cautious guess. */
export async function descriptorLimit(): Promise<number> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+)/m.exec(text)?.[1];
  return soft === undefined ? 1024 : Number(soft);
}
