import { layout } from '../contract/layout.ts';
import { type ContentEntry, firstSegment } from './contents.ts';
import { quoted, type Refuse } from './refusal.ts';

/**
 * Name of the folder that holds the bundle; empty when version.yaml stands at top level. Where that file may be among what was
 * refused, the one folder that there is.
 */
export function findRoot(entries: ReadonlyMap<string, ContentEntry>, isPartial: boolean, refuse: Refuse): string {
  if (hasContent(entries, layout.version)) return '';
  const tops = [...new Set([...entries.keys()].map(firstSegment))];
  const root = tops[0];
  if (root === undefined) throw refuse('no-version', 'it is empty');
  if (tops.length > 1) {
    const some = tops.slice(0, 3).map(quoted).join(', ');
    throw refuse(
      'several-roots',
      `a bundle has one root folder, or version.yaml at its top; this has neither, but ${tops.length} names: ${some}`,
    );
  }
  if (hasContent(entries, `${root}/version.yaml`) || (isPartial && !hasContent(entries, root))) return root;
  throw refuse('no-version', `there is no version.yaml in ${quoted(root)}, so it is no diagnostics bundle`);
}

function hasContent(entries: ReadonlyMap<string, ContentEntry>, path: string): boolean {
  const entry = entries.get(path);
  return entry !== undefined && entry.kind !== 'folder';
}
