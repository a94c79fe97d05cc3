import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { runCommand } from '../collect/command.ts';
import { takeFile } from '../collect/take.ts';
import type { Address, Host } from '../contract/collector.ts';
import { abortSignalOf, type Ending, EndingSource } from '../contract/ending.ts';

/** Addresses, or the code of the error, by name; null never answers. What is not named goes to the real `dns.lookup`. */
export type Names = Readonly<Record<string, readonly Address[] | string | null>>;

/** The real machine, but for the names and the environment that a test makes up. */
export function labHost(
  names: Names = {},
  signal: Ending = new EndingSource(),
  environment: Readonly<Record<string, string>> = {},
): Host {
  const host: Host = {
    signal,
    readText: (path) => readFile(path, 'utf8'),
    take: (path, maxBytes) => takeFile(path, maxBytes, abortSignalOf(signal)),
    list: async (path) => (await readdir(path)).sort(),
    readLink: (path) => readlink(path),
    environment: (name) => environment[name],
    // In a script that `checkRunner` made.
    child: [process.execPath, process.argv[1] ?? '', '--child'],
    run: (file, args, options) => runCommand(file, args, { signal, ...options }),
    lookup(name) {
      const known = names[name];
      if (known === undefined) return lookup(name, { all: true, order: 'verbatim' }) as Promise<readonly Address[]>;
      if (known === null) return new Promise(() => {});
      if (typeof known !== 'string') return Promise.resolve(known);
      return Promise.reject(
        Object.assign(new Error(`getaddrinfo ${known} ${name}`), { code: known, syscall: 'getaddrinfo' }),
      );
    },
    know: (fact) => fact.read(host),
  };
  return host;
}
