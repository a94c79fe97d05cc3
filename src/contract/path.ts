/** Names from a spec as parts of a path in a bundle. The same function names a file and finds it again. */

const unfit =
  /[/\\\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/**
 * A name as one path part that no path can be made of: blanks and colons stay, because the Go tools look for a file
 * under exactly its collectorName; slashes, control and bidi characters become `_`; at most `maxBytes` of UTF-8.
 */
export function pathPart(name: string, maxBytes = 255): string {
  const mapped = name.normalize('NFC').replace(unfit, '_');
  const part = mapped === '.' || mapped === '..' || mapped === '' ? mapped.replaceAll('.', '_') || '_' : mapped;
  return cutToBytes(part, maxBytes);
}

function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let cut = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) return cut;
    cut += character;
  }
  return cut;
}

/** Where a collector's result stands, for a `collectorName` as written; empty means the default. */
export function resultPath(collector: { defaultName: string; output(name: string): string }, name: string): string {
  // The longest ending that any output adds to a name, kept free below the limit of 255 bytes of a path part.
  return collector.output(pathPart(name === '' ? collector.defaultName : name, 255 - '-9999.json'.length));
}

/** Where the Go tools put the same file, which take a slash in a name for a folder. Only for finding theirs in a bundle. */
export function writtenPath(collector: { defaultName: string; output(name: string): string }, name: string): string {
  return collector.output(name === '' ? collector.defaultName : name);
}

/** `a/b.json` with number 2 is `a/b-2.json`. */
export function numbered(path: string, number: number): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? `${path.slice(0, dot)}-${number}${path.slice(dot)}` : `${path}-${number}`;
}

/** Where a failed collector's message goes, by its title as written. */
export function errorPath(title: string): string {
  return `host-collectors/errors/${pathPart(title, 255 - '-error-9999.json'.length)}-error.json`;
}
