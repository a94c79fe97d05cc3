import type { ObjectSchema, Written } from '../contract/schema.ts';
import { dialSchema } from './evidence.ts';
import { peerSchema } from './peer.ts';

/** Why an HTTP request got no whole answer, in the order of its stages. */
export const httpCauses = [
  'connection-refused',
  'connection-timeout',
  'address-refused',
  'proxy-refused',
  'handshake-timeout',
  'handshake-failed',
  'not-tls',
  'untrusted-certificate',
  'response-timeout',
  'bad-response',
  'closed',
  'body-timeout',
  'redirect-refused',
  'too-many-redirects',
  'unusable',
  'error',
] as const;
export type HttpCause = (typeof httpCauses)[number];

const ms = (description: string) => ({ type: 'number', nullable: true, description }) as const;

/** The times of one exchange. */
export const timingProperties = {
  dnsMs: ms('How long the name lookup was waited for, in milliseconds; null when there was none'),
  connectMs: ms('TCP handshake, in milliseconds; null when it was not made'),
  tlsMs: ms('TLS handshake, in milliseconds; null when it was not made'),
  firstByteMs: ms('From the request to the head of the answer, in milliseconds; null when none came'),
  totalMs: { type: 'number', description: 'From the begin to the end of the body or to the failure, in milliseconds' },
} as const satisfies ObjectSchema['properties'];

/** One request and what came of it. */
export const hopSchema = {
  type: 'object',
  description: 'One request, of which a redirect makes another',
  properties: {
    method: { type: 'string', description: 'GET, POST and so on' },
    url: { type: 'string', description: 'What was asked for, without a password' },
    proxy: { type: 'string', nullable: true, description: 'Through which proxy, without a password; null when none' },
    cause: { type: 'string', enum: httpCauses, nullable: true, description: 'Why it failed; null when it did not' },
    message: { type: 'string', description: 'The same in words; empty when it did not fail' },
    code: {
      type: 'string',
      nullable: true,
      description: 'Error code of the system, OpenSSL or the HTTP parser that decided',
    },
    status: { type: 'integer', nullable: true, description: 'Status code of the answer; null when none came' },
    ...timingProperties,
    dial: {
      ...dialSchema,
      nullable: true,
      description: 'The connection, as tcpConnect writes it; null when not begun',
    },
    tls: peerSchema,
  },
} as const satisfies ObjectSchema;

export type Hop = Written<typeof hopSchema>;
