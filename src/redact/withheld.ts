/** Why the content of a file cannot be shown. */
export class Withheld extends Error {}

/** What stands in its place: JSON where JSON is looked for. */
export function withheldContent(path: string, reason: string): Buffer {
  const text = path.endsWith('.json') ? JSON.stringify({ withheld: reason }) : `[hostbundle: withheld: ${reason}]`;
  return Buffer.from(`${text}\n`);
}
