import type { Collection, Manifest } from './manifest.ts';

/** What a collector left, or what was made from it: not yet redacted, so nothing that writes takes it. */
export interface RawEntry {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** A file beside a result, such as a log: no program reads it as a document, so its middle may be left out. */
  readonly isRaw?: true;
}

/** A redacted file on its way into a bundle. Only redaction makes these. */
export interface Entry {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What was masked in it; absent: nothing. */
  readonly masked?: readonly Masked[];
  /** Why its content is not there, but a note in its place; absent: it is there. */
  readonly withheld?: string;
  /** Of an archive: the files in it whose content is not there. */
  readonly withheldMembers?: readonly WithheldMember[];
  readonly isRaw?: true;
  /** How many bytes of its middle were left out; absent: none. */
  readonly omittedBytes?: number;
}

/** A redacted file that is too large to be held: its content is read when it is asked for, as often as it is. */
export interface StoredEntry extends Omit<Entry, 'bytes'> {
  readonly size: number;
  /** Hexadecimal SHA-256 of its content. */
  readonly sha256: string;
  read(): Iterable<Uint8Array>;
}

/** Takes the content of a file, piece by piece; the pieces are only lent. */
export interface ContentSink {
  write(piece: Uint8Array): void;
  end(): void;
}

export interface WithheldMember {
  /** The archive's, and then its own. */
  readonly path: string;
  readonly reason: string;
}

/** What one rule masked in one file: where, and digests by which the same secret is recognised elsewhere; never the secret. */
export interface Masked {
  readonly rule: string;
  /** Of an archive: in which file of it; absent: in the file itself. */
  readonly member?: string;
  readonly count: number;
  /** From 1, of the file as it was; the first hundred. */
  readonly lines: readonly number[];
  /** Under a salt that is drawn for each run and never shown. */
  readonly digests: readonly string[];
}

/** A file of an opened bundle. */
export interface BundleFile {
  readonly path: string;
  readonly size: number;
  /** Hexadecimal SHA-256 of its content. */
  readonly sha256: string;
}

/**
 * What R6 of the trust rules found. `sound`: the manifest is there, at the end, and lists exactly what is there; and one of the
 * keys given signed it, if any were. `broken`: it is there and something differs. `unverifiable`: no manifest, as in bundles of
 * the Go tools.
 */
export interface Integrity {
  readonly state: 'sound' | 'broken' | 'unverifiable';
  /** One sentence for each difference, beside what was refused; empty unless broken. */
  readonly differences: readonly string[];
  readonly signature: Signature;
}

/**
 * Who vouches for the manifest. `absent`: nobody. `unchecked`: somebody, but no key was given to check it by. `valid`: one of the
 * keys given. `otherKey`: none of them. `otherManifest`: the signature is over other bytes. `broken`: it is no signature, or
 * not one that its key made.
 */
export interface Signature {
  readonly state: 'absent' | 'unchecked' | 'valid' | 'otherKey' | 'otherManifest' | 'broken';
  /** The key that it names, believed only when `valid`; null when it names none. */
  readonly keyId: string | null;
}

/** Something of a bundle that was refused while the rest was read. */
export interface Refusal {
  /** The entry, by its name; null for all that was not read any more. */
  readonly path: string | null;
  /** Stable, lower case with hyphens: `bad-name`. */
  readonly code: string;
  readonly message: string;
}

/** A bundle from anywhere, opened and indexed; nothing of it is trusted, nothing of it was written to disk. */
export interface OpenedBundle {
  /** As the user named it. */
  readonly source: string;
  /** Name of the root folder inside; empty when the files stand at top level. */
  readonly root: string;
  /** Size of the archive in bytes; null for a folder. */
  readonly sizeBytes: number | null;
  /** By path relative to the root, sorted. */
  readonly files: ReadonlyMap<string, BundleFile>;
  readonly manifest: Manifest | null;
  readonly integrity: Integrity;
  /** Empty unless it was opened to keep going: everything else refuses the bundle. */
  readonly refused: readonly Refusal[];
  /** What was ignored or looked odd, for stderr. */
  readonly warnings: readonly string[];
  /** Content of a file that was kept; undefined when there is none or it was not asked for. Follows links inside. */
  read(path: string): Uint8Array | undefined;
  /** Reads it once more for a visitor. Rejects when it is not what was opened any more. Absent for a stream, which comes by only once. */
  readonly pass?: (visitor: Visitor) => Promise<void>;
}

export interface Visitor {
  /** Where the content of a file is to go; undefined: nowhere. What a link leads to comes once for each of its paths. */
  visit(file: BundleFile): ContentSink | undefined;
  /** Waited for between pieces. */
  between?(): Promise<void>;
  /** Sees all of the unpacked archive, headers too. */
  observe?(piece: Uint8Array): void;
}

/** What an analysis may look at: the same for a bundle just collected and for one opened years later. */
export interface Results {
  has(path: string): boolean;
  /** Content of a file; undefined when there is none, or it was too large to hold. */
  read(path: string): Uint8Array | undefined;
  /** Why whatever stood at this path is not there to be read, if something of the bundle was refused. */
  readonly refusal?: (path: string) => string | undefined;
  /** What became of the collectors; null where no manifest says so (bundles of the Go tools). */
  readonly collections: readonly Collection[] | null;
}
