import { contentOf } from '../content.ts';
import { reasonOf, Withheld, withheldContent } from '../withheld.ts';
import { type ArchiveKind, type Budget, isArchive, type Member, openArchive, packArchive } from './archive.ts';

/** What is done with every file, those in archives too. */
export interface FileWork {
  readonly budget: Budget;
  /**
   * What is to stand in the place of its content. `path` goes on into an archive as into a folder; `member` is its name in that
   * archive alone. Throws what costs it its content.
   */
  file(path: string, bytes: Buffer, member?: string): Buffer;
  /** What a file in an archive, or a link there, is to be called. */
  name(raw: string): string;
  /** Told of the files in archives that lose their content. */
  withhold(path: string, reason: string): void;
  /** Whether an archive that cannot be opened is taken as it is. */
  isAllowed(path: string): boolean;
  /** Nothing is to change: no archive is made anew. */
  readonly isReading?: true;
}

/** A file, or the archive anew with each file in it. Throws what costs all of it its content. */
export function throughFiles(path: string, bytes: Buffer, work: FileWork, member?: string, depth = 0): Buffer {
  const content = contentOf(bytes);
  if (!isArchive(content)) return work.file(path, bytes, member);
  const members = opened(content, path, bytes, work, depth);
  if (members === undefined) return bytes;
  const made = members.map((one) => through(one, content, path, work, depth));
  return work.isReading ? bytes : packArchive(content, made);
}

function opened(
  kind: ArchiveKind,
  path: string,
  bytes: Buffer,
  { budget, isAllowed }: FileWork,
  depth: number,
): readonly Member[] | undefined {
  try {
    if (depth >= budget.maxDepth) throw new Withheld('it is an archive in too many others');
    return openArchive(kind, path, bytes, budget);
  } catch (error) {
    if (isAllowed(path)) return undefined;
    throw error;
  }
}

function through(member: Member, kind: ArchiveKind, path: string, work: FileWork, depth: number): Member {
  const { bytes, target } = member;
  const name = work.name(member.path);
  const own: Member = { ...member, path: name, ...(target !== undefined && { target: work.name(target) }) };
  if (bytes === undefined) return own;
  // Of `a.tar.gz` nobody wants to be told `a.tar.gz/a.tar/b`.
  const at = kind === 'gzip' && isArchive(contentOf(bytes)) ? path : `${path}/${name}`;
  try {
    return { ...own, bytes: throughFiles(at, bytes, work, name, depth + 1) };
  } catch (error) {
    const reason = reasonOf(error);
    work.withhold(at, reason);
    return { ...own, bytes: withheldContent(at, reason) };
  }
}
