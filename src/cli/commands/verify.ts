import { openBundle } from '../../bundle/open.ts';
import { limits } from '../../contract/limits.ts';
import { renderDocument } from '../../report/document.ts';
import { printableLine } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { writeOut } from '../output.ts';

export async function verify(source: string, options: { readonly format: 'human' | 'json' | 'yaml' }): Promise<number> {
  const { integrity, manifest, files } = await openBundle(source, { limits, keep: () => false, stdin: process.stdin });
  const complete = manifest?.complete ?? null;
  if (options.format !== 'human') {
    await writeOut(
      renderDocument({ schemaVersion: 'hostbundle.verify/v1', bundle: source, ...integrity, complete }, options.format),
    );
  } else {
    const words = {
      sound: `sound: all ${files.size} files are as they were written${complete === false ? ', but collecting did not come to its end' : ''}`,
      broken: 'broken: this is not what was written',
      unverifiable: 'integrity cannot be checked: there is no manifest.json, as in bundles of the Go tools',
    };
    const lines = [words[integrity.state], ...integrity.differences.map((difference) => `  ${difference}`)];
    await writeOut(`${lines.map((line) => printableLine(line)).join('\n')}\n`);
  }
  return { sound: exitCodes.done, broken: exitCodes.userMistake, unverifiable: exitCodes.unknown }[integrity.state];
}
