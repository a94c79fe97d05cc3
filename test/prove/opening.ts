/** What the proofs of opening take of the product, in one bundle, so that its errors are of one class. */
import { readArchive } from '../../src/bundle/archive.ts';
import { filePieces, openFile } from '../../src/bundle/source.ts';
import { limits } from '../../src/contract/limits.ts';

export { decryptBy, encryptionFor } from '../../src/bundle/age.ts';
export { openBundle } from '../../src/bundle/open.ts';
export { refuser } from '../../src/bundle/refusal.ts';
export { signManifest } from '../../src/bundle/signature.ts';
export {
  endMark,
  entry,
  folder,
  header,
  honestEntries,
  listed,
  manifestText,
  packFolder,
  pax,
  symlink,
} from '../../src/bundle/tar.fixture.ts';
export { analyze } from '../../src/cli/commands/analyze.ts';
export { inspect } from '../../src/cli/commands/inspect.ts';
export { verify } from '../../src/cli/commands/verify.ts';
export { reportError } from '../../src/cli/exit.ts';
export { limits };

/** Name, kind and size of every entry of a file, as the reader sees them; undefined when it is refused. */
export async function entriesOf(file: string, refuse: Parameters<typeof readArchive>[2]) {
  const handle = await openFile(file, refuse);
  try {
    const keeping = { limits, keep: () => false };
    return [...(await readArchive(filePieces(file, handle), keeping, refuse)).contents.entries];
  } finally {
    await handle.close();
  }
}
