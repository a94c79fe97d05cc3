import type { ObjectSchema, Written } from './schema.ts';

/** What became of one planned collector. */
export const collectionStates = ['collected', 'skipped', 'failed', 'timedOut'] as const;

/** Whose addresses and names are replaced: nobody's, those that the whole world knows, or all. */
export const identityLevels = ['off', 'public', 'all'] as const;

export type IdentityLevel = (typeof identityLevels)[number];

/** `manifest.json`: the contract between collecting and judging, and all that an archive needs to index a bundle. */
export const manifestSchema = {
  type: 'object',
  description: 'What was asked, what came of it, how long it took, by which version, and what the bundle holds',
  required: ['schemaVersion', 'tool', 'created', 'complete', 'collections', 'files'],
  properties: {
    schemaVersion: {
      type: 'string',
      description: 'hostbundle.manifest/v1; a reader refuses a major version it does not know',
    },
    tool: {
      type: 'object',
      description: 'The program that wrote the bundle',
      required: ['name', 'version'],
      properties: {
        name: { type: 'string', description: 'Its name' },
        version: { type: 'string', description: 'Its version' },
      },
    },
    created: { type: 'string', description: 'When collecting began: UTC, RFC 3339, wall clock of the host' },
    durationMs: {
      type: 'number',
      description: 'From then to the end of collecting, in milliseconds of a monotonic clock',
    },
    clockStepMs: {
      type: 'number',
      nullable: true,
      description: 'By how much the wall clock jumped while collecting, in milliseconds; null when by no more than 1 s',
    },
    host: {
      type: 'object',
      description: 'The machine, as Node reports it from uname(2)',
      required: [],
      properties: {
        os: { type: 'string', description: 'Operating system, such as linux' },
        kernel: { type: 'string', description: 'Kernel release' },
        arch: { type: 'string', description: 'Processor architecture, such as x64' },
        hostname: { type: 'string', description: 'Host name' },
      },
    },
    spec: {
      type: 'object',
      description: 'The spec that was run',
      required: ['name', 'sha256'],
      properties: {
        name: { type: 'string', description: 'Its metadata.name' },
        sha256: { type: 'string', description: 'Hexadecimal SHA-256 of spec.yaml in this bundle' },
      },
    },
    redaction: {
      type: 'object',
      optional: true,
      description: 'How secrets were kept out; absent in bundles of versions that did not say',
      required: ['mode'],
      properties: {
        mode: {
          type: 'string',
          enum: ['on', 'off'],
          description: 'Whether every file was searched for secrets; off is for the own host alone',
        },
        masked: { type: 'integer', minimum: 0, description: 'How many values were masked, of all files' },
        withheld: {
          type: 'integer',
          minimum: 0,
          description: 'How many files, those in archives too, were left out, because they could not be',
        },
        skippedRules: {
          type: 'array',
          description: 'Rules that were not applied, as they were named',
          items: { type: 'string', description: 'RULE, or RULE:GLOB' },
        },
        identities: {
          type: 'string',
          enum: identityLevels,
          description: 'Whose addresses and names were replaced by made-up ones',
        },
        source: {
          type: 'string',
          nullable: true,
          description: 'Hexadecimal SHA-256 of the bundle that this one was made from; null when it was collected',
        },
      },
    },
    complete: { type: 'boolean', description: 'Whether every planned collector came to its end' },
    incompleteReason: { type: 'string', nullable: true, description: 'Why not; null when complete' },
    notes: {
      type: 'array',
      description: 'What a reader should know besides: parts of the spec that were left alone',
      items: { type: 'string', description: 'One sentence' },
    },
    collections: {
      type: 'array',
      description: 'One entry per collector of the spec, in its order',
      items: {
        type: 'object',
        description: 'What became of one collector',
        required: ['type', 'name', 'state', 'paths'],
        properties: {
          type: { type: 'string', description: 'Its key in the spec' },
          name: { type: 'string', description: 'Its collectorName; empty when it has none' },
          source: { type: 'string', description: 'FILE:LINE where the spec asks for it' },
          state: { type: 'string', enum: collectionStates, description: 'What became of it' },
          reason: {
            type: 'string',
            nullable: true,
            description: 'Why it was skipped, failed or ran out of time; else null',
          },
          errorCode: {
            type: 'string',
            nullable: true,
            description: 'Stable code of that failure, such as ENOENT; else null',
          },
          startedAt: { type: 'string', nullable: true, description: 'UTC, RFC 3339; null when it never started' },
          durationMs: {
            type: 'number',
            nullable: true,
            description: 'Milliseconds, monotonic; null when it never started',
          },
          paths: {
            type: 'array',
            description: 'Its files in the bundle',
            items: { type: 'string', description: 'Path from the root of the bundle' },
          },
        },
      },
    },
    files: {
      type: 'array',
      description: 'One entry per file except this one, in the order in which they stand in the archive',
      items: {
        type: 'object',
        description: 'One file',
        required: ['path', 'size', 'sha256'],
        properties: {
          path: { type: 'string', description: 'Path from the root of the bundle' },
          size: { type: 'integer', minimum: 0, description: 'Bytes' },
          sha256: { type: 'string', description: 'Hexadecimal SHA-256 of its content' },
          mediaType: { type: 'string', description: 'IANA media type, such as application/json' },
          redactions: { type: 'integer', minimum: 0, description: 'How many values were masked in it' },
          withheld: {
            type: 'string',
            optional: true,
            description: 'Why its content was left out, with a note in its place; absent: it was not',
          },
          withheldMembers: {
            type: 'array',
            optional: true,
            description: 'Files in this archive whose content was left out; absent: none',
            items: {
              type: 'object',
              description: 'One of them',
              required: ['path', 'reason'],
              properties: {
                path: { type: 'string', description: "The archive's path, and then its own" },
                reason: { type: 'string', description: 'Why' },
              },
            },
          },
          omittedBytes: {
            type: 'integer',
            minimum: 1,
            optional: true,
            description: 'How many bytes of its middle were left out, because it was too large; absent: none',
          },
        },
      },
    },
  },
} as const satisfies ObjectSchema;

export const manifestVersion = 'hostbundle.manifest/v1';

export type Manifest = Written<typeof manifestSchema>;
export type Collection = Manifest['collections'][number];
