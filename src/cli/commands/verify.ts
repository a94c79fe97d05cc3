import { openBundle } from '../../bundle/open.ts';
import type { Integrity } from '../../contract/bundle.ts';
import type { Limits } from '../../contract/limits.ts';
import { renderDocument } from '../../report/document.ts';
import { printableLine } from '../../report/printable.ts';
import { exitCodes, worstExitCode } from '../exit.ts';
import { readIdentities, readPublicKeys } from '../key-files.ts';
import { boundNewSpace } from '../memory.ts';
import { writeOut } from '../output.ts';
import { lookAgain, type SecondLook } from '../second-look.ts';

export interface VerifyOptions {
  readonly format: 'human' | 'json' | 'yaml';
  /** Public keys, one of which must have signed. */
  readonly key: readonly string[];
  /** Files of age identities. */
  readonly identity: readonly string[];
  readonly limits: Limits;
  /** Whether it is searched for secrets once more. */
  readonly redaction: boolean;
  /** File of known secrets. */
  readonly canary?: string | undefined;
}

export async function verify(source: string, options: VerifyOptions): Promise<number> {
  const { format, key, identity, limits, redaction, canary } = options;
  if (redaction) boundNewSpace();
  const keys = await readPublicKeys(key);
  const decrypt = await readIdentities(identity);
  const bundle = await openBundle(source, {
    limits,
    keep: () => false,
    stdin: process.stdin,
    keys,
    decrypt,
  });
  const { integrity, manifest, files } = bundle;
  const secondLook = redaction ? await lookAgain(bundle, canary, limits) : undefined;
  const complete = manifest?.complete ?? null;
  if (format !== 'human') {
    const document = { schemaVersion: 'hostbundle.verify/v1', bundle: source, ...integrity, complete };
    await writeOut(renderDocument({ ...document, ...(secondLook && { redaction: secondLook }) }, format));
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
      ...(secondLook === undefined ? [] : renderSecondLook(secondLook)),
    ];
    await writeOut(`${lines.map((line) => printableLine(line)).join('\n')}\n`);
  }
  const code = { sound: exitCodes.done, broken: exitCodes.userMistake, unverifiable: exitCodes.unknown };
  return worstExitCode([code[integrity.state], ...(secondLook === undefined ? [] : [codeOf(secondLook)])]);
}

function codeOf({ sightings, unsearched }: SecondLook): number {
  if (sightings.length > 0) return exitCodes.fail;
  return unsearched.length > 0 ? exitCodes.unknown : exitCodes.done;
}

function renderSecondLook({ filesSearched, canaries, sightings, unsearched }: SecondLook): readonly string[] {
  const looked = canaries === 0 ? '' : `, and for ${canaries} known secrets in every form`;
  const total = sightings.reduce((sum, { count }) => sum + count, 0);
  const verdict = total === 0 ? 'no secrets found' : `${total} found that should not be there`;
  return [
    `${verdict}: ${filesSearched} files searched by every rule${looked}`,
    ...sightings.map(({ path, rule, lines, count }) => {
      const place = path ?? 'headers of the archive';
      const where = lines.length === 0 ? 'in the name' : `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
      return `  ${place}: ${rule}: ${path === null ? `${count} times` : where}`;
    }),
    ...unsearched.map(({ path, reason }) => `  ${path}: not searched by rules: ${reason}`),
  ];
}

function signer({ signature: { state, keyId } }: Integrity): readonly string[] {
  if (state === 'valid') return [`signed by ${keyId}`];
  return state === 'unchecked' ? [`signed by ${keyId}, not checked: give its public key with --key`] : [];
}
