import { randomBytes } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { IdentityLevel } from '../contract/manifest.ts';
import { refusal } from '../contract/problem.ts';
import type { Spec } from '../contract/spec.ts';
import type { Masking } from '../redact/identities/masking.ts';
import { checks } from './checks.ts';
import { readMaskKey } from './key-files.ts';
import { writableFolder } from './target.ts';

export interface MaskOptions {
  readonly mask: IdentityLevel;
  /** File of a key that other runs share. */
  readonly maskKey?: string | undefined;
  /** File to be made, which says whose each stand-in is. */
  readonly maskMap?: string | undefined;
}

export interface OpenMask {
  readonly masking: Masking;
  /** Writes the map, if one was asked for, and then the bundle, so that none is ever without; where that fails, the map goes too. */
  withMap<T>(work: () => Promise<T>): Promise<T>;
}

/** What `--mask` asks for, made ready before anything is collected; undefined when it is off. */
export async function openMask(
  {
    mask,
    maskKey,
    maskMap,
    redact,
    output,
  }: MaskOptions & { readonly redact: boolean; readonly output?: string | undefined },
  spec: Pick<Spec, 'collectors' | 'analyzers'>,
): Promise<OpenMask | undefined> {
  if (mask === 'off') {
    if (maskKey === undefined && maskMap === undefined) return undefined;
    throw refusal(
      'arguments',
      `--mask-${maskKey === undefined ? 'map' : 'key'} does nothing without --mask public or --mask all`,
    );
  }
  if (!redact)
    throw refusal('arguments', '--mask is for bundles that are handed on, and --no-redact for those that are not');
  const { createMasking } = await import('../redact/identities/masking.ts');
  const { exists, writeMaskMap } = await import('./mask-map.ts');
  const { ownIdentities } = await import('./own-identities.ts');
  const key = maskKey === undefined ? randomBytes(32) : await readMaskKey(maskKey);
  if (maskMap !== undefined) {
    await writableFolder(resolve(maskMap), '--mask-map');
    if (output !== undefined && resolve(output) === resolve(maskMap))
      throw refusal('arguments', '--mask-map and --output name the same file; the map is never in the bundle');
    if ((await lstat(maskMap).catch(() => undefined)) !== undefined) throw exists(maskMap);
  }
  const masking = createMasking({ level: mask, key, vocabulary: vocabulary(), remembers: maskMap !== undefined });
  masking.know(await ownIdentities());
  masking.learn([spec.collectors, spec.analyzers].map((items) => items.map(({ raw }) => raw)));
  return {
    masking,
    async withMap(work) {
      if (maskMap === undefined) return work();
      await writeMaskMap(maskMap, masking.standIns());
      return work().catch(async (error) => {
        await rm(maskMap, { force: true });
        throw error;
      });
    },
  };
}

/** Words with which results, specs and bundles are written: a host of such a name is not masked where it stands bare. */
function vocabulary(): ReadonlySet<string> {
  const text = `${JSON.stringify(checks)} ${bundleWords}`.toLowerCase();
  return new Set(text.match(/[a-z0-9]+(?:-[a-z0-9]+)*/g));
}

const bundleWords = `apiVersion kind metadata spec hostCollectors hostAnalyzers collectors analyzers outcomes pass warn fail unknown
  skipped message when uri strict exclude collectorName checkName SupportBundle HostPreflight troubleshoot v1beta2 host-collectors
  host collectors execution-data execution data summary analysis json yaml txt version manifest errors error insight labels severity
  connect hostbundle collected failed timed out withheld incomplete null true false`;
