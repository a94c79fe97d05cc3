import { openBundle } from '../../bundle/open.ts';
import type { OpenedBundle } from '../../contract/bundle.ts';
import type { Limits } from '../../contract/limits.ts';
import { suggestion } from '../../contract/nearest.ts';
import { BundleError } from '../../contract/problem.ts';
import { renderDocument } from '../../report/document.ts';
import { renderSize } from '../../report/findings.ts';
import { printable, printableLine } from '../../report/printable.ts';
import { exitCodes } from '../exit.ts';
import { readIdentities } from '../key-files.ts';
import { writeErr, writeOut } from '../output.ts';

export interface InspectOptions {
  readonly format: 'human' | 'json' | 'yaml';
  /** Bytes as they are, also to a terminal. */
  readonly raw: boolean;
  /** Files of age identities. */
  readonly identity: readonly string[];
  readonly limits: Limits;
  /** Whether entries that are refused are passed over. */
  readonly keepGoing: boolean;
}

export async function inspect(source: string, path: string | undefined, options: InspectOptions): Promise<number> {
  // One file that a person asked for may be as large as an entry may be; nothing else is held.
  const { limits, keepGoing } = options;
  const bundle = await openBundle(source, {
    limits: { ...limits, heldBytes: limits.entryBytes },
    largestHeldBytes: limits.entryBytes,
    keepGoing,
    keep: (candidate) => candidate === path,
    stdin: process.stdin,
    decrypt: await readIdentities(options.identity),
  });
  for (const warning of bundle.warnings) await writeErr(`warning: ${printableLine(`${source}: ${warning}`)}\n`);
  if (path !== undefined) {
    await writeFile(bundle, path, options);
  } else if (options.format === 'human') {
    await writeOut(renderContents(bundle));
  } else {
    await writeOut(renderDocument(contents(bundle), options.format));
  }
  return bundle.refused.length > 0 ? exitCodes.userMistake : exitCodes.done;
}

async function writeFile(bundle: OpenedBundle, path: string, { raw }: InspectOptions): Promise<void> {
  const bytes = bundle.read(path);
  if (bytes === undefined) {
    const known = [...bundle.files.keys()];
    const hint =
      known.length > 20 ? '; see `hostbundle inspect` without a path for its files' : suggestion(path, known);
    const refused = bundle.refused.find((refusal) => refusal.path === path);
    const message = refused
      ? `${path} was refused: ${refused.message}`
      : `there is no file ${path} in this bundle${hint}`;
    throw new BundleError(refused?.code ?? 'no-such-path', message, { file: bundle.source });
  }
  if (raw || process.stdout.isTTY !== true) {
    await writeOut(bytes);
    return;
  }
  const text = new TextDecoder().decode(bytes);
  const shown = printable(text);
  await writeOut(shown.endsWith('\n') ? shown : `${shown}\n`);
  if (shown !== text)
    await writeErr('note: control characters are shown as \\u…; use --raw or a pipe for the bytes as they are\n');
}

function contents({ source, root, sizeBytes, files, manifest, integrity, refused }: OpenedBundle): object {
  const listed = new Map(manifest?.files.map((file) => [file.path, file]));
  return {
    schemaVersion: 'hostbundle.inspect/v1',
    bundle: source,
    root,
    sizeBytes,
    integrity,
    refused,
    created: manifest?.created ?? null,
    tool: manifest?.tool ?? null,
    host: manifest?.host ?? null,
    spec: manifest?.spec ?? null,
    complete: manifest?.complete ?? null,
    incompleteReason: manifest?.incompleteReason ?? null,
    notes: manifest?.notes ?? [],
    collections: manifest?.collections ?? [],
    files: [...files.values()].map((file) => ({
      ...file,
      mediaType: listed.get(file.path)?.mediaType ?? null,
      redactions: listed.get(file.path)?.redactions ?? null,
    })),
  };
}

function renderContents({ source, sizeBytes, files, manifest, integrity, refused }: OpenedBundle): string {
  const lines: string[] = [];
  const add = (text: string) => lines.push(printableLine(text));
  add(`${source}${sizeBytes === null ? '' : ` (${renderSize(sizeBytes)})`}`);
  if (manifest === null) {
    add('integrity cannot be checked: there is no usable manifest.json');
  } else {
    const { os, kernel, arch, hostname } = manifest.host ?? {};
    add(
      `made ${manifest.created} by ${manifest.tool.name} ${manifest.tool.version} on ${[hostname, os, kernel, arch].filter(Boolean).join(' ')}`,
    );
    add(manifest.complete ? 'complete' : `incomplete: ${manifest.incompleteReason ?? 'no reason given'}`);
    add(integrity.state === 'sound' ? 'sound: every file is as it was written' : 'NOT as it was written:');
  }
  if (integrity.signature.state === 'unchecked') {
    add(`signed by ${integrity.signature.keyId}, not checked: hostbundle verify --key does`);
  }
  for (const difference of integrity.differences) add(`  ${difference}`);
  for (const note of manifest?.notes ?? []) add(`note: ${note}`);
  if (manifest !== null) {
    lines.push('', 'collectors');
    for (const { type, name, state, reason, durationMs } of manifest.collections) {
      const time = typeof durationMs === 'number' ? ` ${durationMs} ms` : '';
      add(`  ${state.padEnd(9)} ${type}${name === '' ? '' : ` "${name}"`}${time}${reason ? ` (${reason})` : ''}`);
    }
  }
  if (refused.length > 0) lines.push('', 'refused');
  for (const { path, code, message } of refused) add(`  ${code}: ${path ?? 'the rest'}: ${message}`);
  lines.push('', 'files');
  for (const { path, size } of files.values()) add(`  ${renderSize(size).padStart(10)} ${path}`);
  return `${lines.join('\n')}\n`;
}
