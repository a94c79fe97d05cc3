/** Every limit that guards us against hostile or broken input; passed in, so that a flag or a test can change one. */
export interface Limits {
  readonly bundleBytes: number;
  readonly unpackedBytes: number;
  /** Unpacked : packed, judged only after `ratioAfterBytes` came out. Honest bundles reach 293. */
  readonly ratio: number;
  readonly ratioAfterBytes: number;
  readonly entries: number;
  /** Of these, files without content, folders and links: a bomb has millions of them, a bundle hardly any. */
  readonly emptyEntries: number;
  readonly entryBytes: number;
  readonly pathBytes: number;
  readonly pathSegments: number;
  readonly segmentBytes: number;
  /** PAX or long-name header. */
  readonly metaBytes: number;
  /** One file held in memory: a result, a spec, a manifest. */
  readonly documentBytes: number;
  /** A raw file in a bundle that we write; of a larger one head and tail are kept. */
  readonly fileBytes: number;
  /** What an archive in a bundle may unpack to while it is redacted, with those in it; how many files, how deep. */
  readonly archiveBytes: number;
  readonly archiveMembers: number;
  readonly archiveDepth: number;
  /** All files held in memory at once. */
  readonly heldBytes: number;
  /** Nesting of JSON and YAML. */
  readonly depth: number;
  readonly specBytes: number;
  readonly specItems: number;
  readonly yamlAliases: number;
  readonly yamlMergeKeys: number;
  readonly templateSteps: number;
  readonly templateOutputBytes: number;
  readonly templateDepth: number;
  /** Characters of a message that a report shows. */
  readonly messageCharacters: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export const limits: Limits = {
  bundleBytes: 2 * GiB,
  unpackedBytes: 4 * GiB,
  ratio: 400,
  ratioAfterBytes: 256 * MiB,
  entries: 100_000,
  emptyEntries: 20_000,
  entryBytes: GiB,
  pathBytes: 1024,
  pathSegments: 64,
  segmentBytes: 255,
  metaBytes: 64 * KiB,
  documentBytes: 16 * MiB,
  fileBytes: 64 * MiB,
  archiveBytes: 64 * MiB,
  archiveMembers: 10_000,
  archiveDepth: 6,
  heldBytes: 256 * MiB,
  depth: 100,
  specBytes: 4 * MiB,
  specItems: 20_000,
  yamlAliases: 100,
  yamlMergeKeys: 10_000,
  templateSteps: 10_000,
  templateOutputBytes: MiB,
  templateDepth: 50,
  messageCharacters: 4000,
};

/** Those of them that guard the opening of a bundle, and that whoever trusts one may change. */
export const openingLimits = [
  'bundleBytes',
  'unpackedBytes',
  'ratio',
  'entries',
  'emptyEntries',
  'entryBytes',
  'pathBytes',
  'pathSegments',
  'segmentBytes',
  'metaBytes',
  'documentBytes',
  'heldBytes',
  'depth',
] as const satisfies readonly (keyof Limits)[];

export type OpeningLimit = (typeof openingLimits)[number];
