import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refusal, SystemError, type UserError } from '../contract/problem.ts';
import { diskFailure } from '../disk/failure.ts';
import { isStandIn } from '../redact/identities/reveal.ts';
import { mostGiven, type StandIn } from '../redact/identities/stand-ins.ts';
import { writeErr } from './output.ts';
import { readSmallFile } from './small-file.ts';

/** The map of `--mask-map`: which stand-in is whose. It is as secret as what was masked, so it is never in a bundle. */

const schemaVersion = 'hostbundle.mask-map/v1';
/** More than a line of it holds as a rule: a stand-in, and a name. */
const standInBytes = 256;

/** For its owner alone, and never over what is there. */
export async function writeMaskMap(file: string, standIns: readonly StandIn[]): Promise<void> {
  const lines = standIns.map((standIn) => JSON.stringify(standIn)).sort();
  const text = `{"schemaVersion":"${schemaVersion}","identities":[\n${lines.join(',\n')}\n]}\n`;
  let isOurs = false;
  try {
    const handle = await open(file, 'wx', 0o600);
    isOurs = true;
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (isOurs) await rm(file, { force: true });
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw exists(file);
    throw new SystemError(`--mask-map ${file}: ${diskFailure(cause) ?? (cause as Error).message}`, { cause });
  }
  if (standIns.length >= mostGiven)
    await writeErr(`warning: ${resolve(file)} holds the first ${mostGiven} stand-ins, and there are more\n`);
}

export function exists(file: string): UserError {
  return refusal(
    'exists',
    `--mask-map ${file}: this file exists already and is never overwritten; choose another name`,
  );
}

export async function readMaskMap(file: string): Promise<readonly StandIn[]> {
  const text = await readSmallFile(file, { named: `--mask-map ${file}`, mostBytes: mostGiven * standInBytes });
  const identities = identitiesIn(text);
  if (identities?.every(isStandIn) !== true)
    throw refusal('wrong-map', `--mask-map ${file}: this is no map that collect --mask-map wrote`);
  return identities;
}

function identitiesIn(text: string): readonly unknown[] | undefined {
  try {
    const map = JSON.parse(text) as { schemaVersion?: unknown; identities?: unknown } | null;
    return map?.schemaVersion === schemaVersion && Array.isArray(map.identities) ? map.identities : undefined;
  } catch {
    return undefined;
  }
}
