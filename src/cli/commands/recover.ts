import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { inOrder } from '../../collect/outcome.ts';
import type { Entry } from '../../contract/bundle.ts';
import type { Ended } from '../../contract/ended.ts';
import { refusal } from '../../contract/problem.ts';
import { removeWorkingFolder, type WorkingFolder, workingFolderAt, workingFoldersIn } from '../../disk/temporary.ts';
import { type Journalled, readJournal } from '../../journal/read.ts';
import { createRedaction } from '../../redact/redaction.ts';
import { renderProblems } from '../../report/problems.ts';
import { exitCodes } from '../exit.ts';
import type { Gathered } from '../gathered.ts';
import { readSeal, type SealOptions } from '../key-files.ts';
import { writeErr, writeOut } from '../output.ts';
import { loadSpecTexts } from '../spec-options.ts';
import { conclude } from '../stages.ts';
import { bundleTarget } from '../target.ts';
import { tool } from '../version.ts';
import { write } from '../write.ts';
import { renderCollected } from './collect.ts';

export interface RecoverOptions extends SealOptions {
  readonly output?: string | undefined;
  readonly format: 'human' | 'json' | 'yaml';
  readonly maxBundleBytes: number;
}

/** What a killed run had noted, as a valid bundle marked incomplete (rule S8). The folder is removed once the bundle stands. */
export async function recover(path: string | undefined, options: RecoverOptions): Promise<number> {
  const seal = await readSeal(options);
  const isEncrypted = seal.recipients.length > 0;
  const folder = path === undefined ? await theOnly() : named(resolve(path));
  const journal = await readJournal(folder.path);
  if (journal === 'empty')
    throw refusal('nothing-noted', 'the run was killed before it had noted anything', { file: folder.path });
  if (journal === 'foreign')
    throw refusal('other-version', 'another version of hostbundle ran here; recover with that one', {
      file: folder.path,
    });
  const output = options.output ?? journal.beginning.target ?? undefined;
  const target = await bundleTarget(output, new Date(), { isEncrypted, isRedacted: true });
  const gathered = await gatheredFrom(journal);
  const written = await write(target, gathered, seal, options.maxBundleBytes);
  await removeWorkingFolder(folder);
  await writeOut(renderCollected(gathered, written, seal, { ...options, output: target }));
  return exitCodes.unknown;
}

function named(path: string): WorkingFolder {
  const folder = workingFolderAt(path);
  if (folder === undefined)
    throw refusal('no-run', 'this is no folder of a killed run of yours; they lie in $TMPDIR as hostbundle-*', {
      file: path,
    });
  if (!folder.isGone)
    throw refusal('still-running', 'this run has not ended; stop it, and it writes its bundle itself', { file: path });
  if (!folder.hasJournal)
    throw refusal('nothing-noted', 'the run was killed before it had noted anything', { file: path });
  return folder;
}

async function theOnly(): Promise<WorkingFolder> {
  const found = (await workingFoldersIn(tmpdir())).filter(({ hasJournal }) => hasJournal);
  const gone = found.filter(({ isGone }) => isGone);
  const [first, ...others] = gone;
  if (first !== undefined && others.length === 0) return first;
  const names = (folders: readonly WorkingFolder[]) => folders.map(({ path }) => path).join(', ');
  if (first !== undefined)
    throw refusal('several-runs', `several runs were killed; name one: ${names(gone)}`, { file: tmpdir() });
  const lasting = found.length === 0 ? '' : `; these may still last: ${names(found)}`;
  throw refusal('no-run', `no killed run left anything here${lasting}`, { file: tmpdir() });
}

async function gatheredFrom({ beginning, ended, isTorn }: Journalled): Promise<Gathered> {
  const { created, host, specName, notes, evals, collections, spec } = beginning;
  const outcomes = collections.map((collection): Ended<Entry> => ({ collection, entries: [] }));
  for (const { index, ended: outcome } of ended) outcomes[index] = outcome;
  const incompleteReason = 'the run was killed; this is what it had noted';
  const ordered = inOrder(outcomes);
  const facts = {
    tool,
    created,
    durationMs: Math.max(0, ...ended.map(({ atMs }) => atMs)),
    clockStepMs: null,
    host,
    spec: { name: specName },
    complete: false,
    incompleteReason,
    notes: isTorn ? [...notes, 'the last record of the journal was cut, and is left out'] : notes,
    collections: ordered.collections,
  };
  const options = { strict: false, offline: true, set: [] };
  const text = Buffer.from(spec.bytes).toString('utf8');
  const loaded = await loadSpecTexts([{ file: spec.path, text }], options);
  // It was loaded once; what it says by now was told then.
  if (loaded.spec === undefined) await writeErr(renderProblems(loaded.problems));
  return conclude(facts, [...ordered.entries, spec], loaded.spec?.analyzers ?? [], {
    redaction: createRedaction(),
    evals,
  });
}
