import { openBundle } from '../../bundle/open.ts';
import type { Integrity } from '../../contract/bundle.ts';
import type { Limits } from '../../contract/limits.ts';
import { renderDocument } from '../../report/document.ts';
import { printableLine } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { readIdentities, readPublicKeys } from '../key-files.ts';
import { writeOut } from '../output.ts';

export interface VerifyOptions {
  readonly format: 'human' | 'json' | 'yaml';
  /** Public keys, one of which must have signed. */
  readonly key: readonly string[];
  /** Files of age identities. */
  readonly identity: readonly string[];
  readonly limits: Limits;
}

export async function verify(source: string, { format, key, identity, limits }: VerifyOptions): Promise<number> {
  const keys = await readPublicKeys(key);
  const decrypt = await readIdentities(identity);
  const { integrity, manifest, files } = await openBundle(source, {
    limits,
    keep: () => false,
    stdin: process.stdin,
    keys,
    decrypt,
  });
  const complete = manifest?.complete ?? null;
  if (format !== 'human') {
    await writeOut(
      renderDocument({ schemaVersion: 'hostbundle.verify/v1', bundle: source, ...integrity, complete }, format),
    );
  } else {
    const words = {
      sound: `sound: all ${files.size} files are as they were written${complete === false ? ', but collecting did not come to its end' : ''}`,
      broken: `broken: this is not what ${keys.length === 0 ? 'was written' : 'a holder of the key wrote, as far as can be shown'}`,
      unverifiable: 'integrity cannot be checked: there is no manifest.json, as in bundles of the Go tools',
    };
    const lines = [
      words[integrity.state],
      ...signer(integrity),
      ...integrity.differences.map((difference) => `  ${difference}`),
    ];
    await writeOut(`${lines.map((line) => printableLine(line)).join('\n')}\n`);
  }
  return { sound: exitCodes.done, broken: exitCodes.userMistake, unverifiable: exitCodes.unknown }[integrity.state];
}

function signer({ signature: { state, keyId } }: Integrity): readonly string[] {
  if (state === 'valid') return [`signed by ${keyId}`];
  return state === 'unchecked' ? [`signed by ${keyId}, not checked: give its public key with --key`] : [];
}
