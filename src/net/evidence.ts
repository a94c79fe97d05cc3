import type { ObjectSchema, Written } from '../contract/schema.ts';
import { causes, dialStatuses } from './classify.ts';
import { explanationSchema, routeSchema } from './explanation-schema.ts';

const candidate = {
  type: 'object',
  description: 'One address of the host, in the order in which the resolver gave it',
  required: ['address', 'family', 'status'],
  properties: {
    address: { type: 'string', description: 'The address that was dialled, with its zone if it has one' },
    family: { type: 'integer', minimum: 4, maximum: 6, description: '4 or 6' },
    status: {
      type: 'string',
      enum: [...dialStatuses, 'abandoned', 'not-tried'],
      description:
        'As the status of the whole; abandoned when another address connected first, not-tried when never begun',
    },
    code: { type: 'string', nullable: true, description: 'Error code of the system (errno); null without one' },
    syscall: { type: 'string', nullable: true, description: 'The system call that failed: bind or connect' },
    durationMs: {
      type: 'number',
      nullable: true,
      description:
        'From the start of this address to its end, in milliseconds of a monotonic clock; null when not tried',
    },
    localAddress: { type: 'string', nullable: true, description: 'Our end of the connection (getsockname)' },
    localPort: { type: 'integer', nullable: true, description: 'Our port of the connection (getsockname)' },
  },
} as const satisfies ObjectSchema;

/** What every TCP check writes of its dial. */
export const dialSchema = {
  type: 'object',
  description: 'How one TCP target answered, and everything that was tried',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: dialStatuses, description: 'How the last attempt ended' },
    message: { type: 'string', description: 'Why, in words; empty when connected' },
    code: {
      type: 'string',
      nullable: true,
      description:
        'Error code of the system (errno) that decided; null when connected or when only our time limit ran out',
    },
    cause: { type: 'string', enum: causes, nullable: true, description: 'Finer than the status; null when connected' },
    address: { type: 'string', description: 'host:port that was dialled' },
    host: { type: 'string', description: 'Host name or address' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'TCP port' },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    durationMs: {
      type: 'number',
      description: 'From there to the verdict, name lookup and delays included, in milliseconds of a monotonic clock',
    },
    dnsMs: {
      type: 'number',
      nullable: true,
      description: 'How long the name lookup was waited for, in milliseconds; null when the host is an address',
    },
    latencyMs: {
      type: 'number',
      nullable: true,
      description: 'TCP handshake of the address that connected, in milliseconds; null when none did',
    },
    attempts: {
      type: 'array',
      description: 'Every attempt that was made, the deciding one last',
      items: {
        type: 'object',
        description: 'One attempt at all addresses of the host under one time limit',
        required: ['startMs', 'durationMs', 'candidates'],
        properties: {
          startMs: { type: 'number', description: 'Its begin, in milliseconds since the begin of the check' },
          durationMs: { type: 'number', description: 'How long it took, in milliseconds' },
          status: { type: 'string', enum: dialStatuses, description: 'How it ended' },
          code: {
            type: 'string',
            nullable: true,
            description: 'Error code of the system that decided; null without one',
          },
          candidates: { type: 'array', description: 'Empty when the name had no address', items: candidate },
        },
      },
    },
    route: {
      ...routeSchema,
      optional: true,
      description:
        'Of a connection that leaves this host: the route to the other end, by longest prefix in the main table, which is read once for a run',
    },
    explanation: explanationSchema,
  },
} as const satisfies ObjectSchema;

export type Dialled = Written<typeof dialSchema>;
export type Attempt = Dialled['attempts'][number];
export type Candidate = Written<typeof candidate>;
