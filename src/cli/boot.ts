import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';

/** Files of the built program, beside this one. */
export const programFile = 'hostbundle.cjs';
export const cacheFile = `${programFile}.cache`;

export interface Program {
  readonly main: (argv: readonly string[]) => Promise<void>;
  readonly script: Script;
}

/**
 * Loads the built program with the machine code that the build kept of it: half of a start would else be compiling. V8 takes
 * the cache only from its own version and for a source of this length; otherwise, or without the file, it compiles anew.
 */
export function loadProgram(folder = import.meta.dirname): Program {
  // A troubled host has better uses for memory than our garbage: collected when it has grown by a third, not by several times.
  setFlagsFromString('--heap-growing-percent=35');
  const filename = join(folder, programFile);
  const source = `(function(exports,require,module,__filename,__dirname){${readFileSync(filename, 'utf8')}\n})`;
  const cachedData = readIfThere(join(folder, cacheFile));
  const script = new Script(source, {
    filename,
    ...(cachedData !== undefined && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} as Pick<Program, 'main'> };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
  return { main: module.exports.main, script };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
