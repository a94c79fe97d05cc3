import type { ObjectSchema } from '../contract/schema.ts';
import { routeSchema } from './explanation-schema.ts';
import { visitorSchema } from './own-listener.ts';
import { holdersProperties } from './port-holders.ts';
import { type Tried, tryEndings } from './trying.ts';

/** A refusal is taken for a passing one for so long: until its health checks are through, a balancer may have no backend. */
export const refusalsMs = 10_000;

export const balancerTimeout = {
  type: 'string',
  format: 'go-duration',
  default: '5m',
  description: 'For how long the balancer is asked once a second; 60m in the Go tool',
} as const;

/** What both balancer checks write. */
export const balancingSchema = {
  type: 'object',
  description: 'Whether what was sent to the balancer came to this host, and the answer back',
  required: ['status'],
  properties: {
    status: {
      type: 'string',
      enum: [
        'connected',
        'connection-refused',
        'connection-timeout',
        'address-in-use',
        'bind-permission-denied',
        'invalid-address',
        'error',
      ],
      description: 'How it ended',
    },
    message: { type: 'string', description: 'Why, in words; empty when connected' },
    code: { type: 'string', nullable: true, description: 'Error code of the system (errno); null without one' },
    address: { type: 'string', description: 'The address of the balancer, as given' },
    port: { type: 'integer', minimum: 1, maximum: 65535, description: 'The port of this host that was listened on' },
    listenAddress: { type: 'string', nullable: true, description: 'Where it listened; null when it got not so far' },
    dialAddress: {
      type: 'string',
      nullable: true,
      description: 'The address that the last try was about, of those that the name has; null when it got not so far',
    },
    sourceAddress: { type: 'string', nullable: true, description: 'Our end of the last connection; null without one' },
    route: {
      ...routeSchema,
      description: 'The route of the last try; null without one, and where it did not leave this host',
    },
    startedAt: { type: 'string', description: 'When the check began: UTC, RFC 3339, wall clock of the host' },
    durationMs: { type: 'number', description: 'How long it took, in milliseconds of a monotonic clock' },
    dnsMs: {
      type: 'number',
      nullable: true,
      description: 'How long the last try waited for the name, in milliseconds; null for a literal address',
    },
    latencyMs: {
      type: 'number',
      nullable: true,
      description: 'TCP handshake with the balancer, in milliseconds; null when not connected',
    },
    tries: { type: 'integer', minimum: 0, description: 'How many connections were tried, one a second' },
    lastTry: {
      type: 'string',
      enum: tryEndings,
      nullable: true,
      description: 'What the last try met; unverified: something took the connection, but did not know our token',
    },
    answer: {
      type: 'string',
      nullable: true,
      description: 'The begin of what came instead of our own answer, made printable; null when nothing came',
    },
    visitors: {
      type: 'array',
      description: 'Who connected to our listener meanwhile: balancers that check it, and the one that passed us on',
      items: visitorSchema,
    },
    reachedFrom: {
      type: 'string',
      nullable: true,
      description: 'From where our own token arrived: the address that a firewall must let in; null when it did not',
    },
    ...holdersProperties,
  },
} as const satisfies ObjectSchema;

/** The part of a result that its tries tell. */
export function triedFields({ dialled, latencyMs, tries, lastTry, answer }: Omit<Tried, 'message' | 'code'>) {
  const candidates = dialled?.attempts.at(-1)?.candidates ?? [];
  const met =
    candidates.find(({ status }) => status === 'connected') ??
    candidates.find(({ code }) => code === dialled?.code) ??
    candidates[0];
  return {
    dialAddress: met?.address ?? null,
    sourceAddress: met?.localAddress ?? null,
    route: dialled?.route ?? dialled?.explanation?.route ?? null,
    dnsMs: dialled?.dnsMs ?? null,
    latencyMs,
    tries,
    lastTry,
    answer,
  };
}

interface Judged {
  readonly status: string;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly dialAddress?: string | null | undefined;
  readonly tries?: number | undefined;
  readonly lastTry?: string | null | undefined;
  readonly visitors?: readonly { readonly address: string; readonly verified?: number | undefined }[] | undefined;
}

/** What to look at next. */
export function balancerAdvice({
  status,
  address = 'the balancer',
  port = 0,
  dialAddress,
  tries = 0,
  lastTry,
  visitors,
}: Judged): string | undefined {
  const others = (visitors ?? []).filter(({ verified }) => verified === 0).map((visitor) => visitor.address);
  const came =
    visitors === undefined
      ? ''
      : others.length === 0
        ? `; nobody connected to port ${port} of this host meanwhile`
        : `; meanwhile port ${port} of this host was connected to from ${others.slice(0, 4).join(', ')}`;
  switch (status) {
    case 'connection-refused':
      return `whether something listens at ${address}, and has a backend that it takes for healthy${came}`;
    case 'address-in-use':
      return `which program has port ${port} of this host, and whether it is the one that is to be balanced already`;
    case 'bind-permission-denied':
      return `run as root: only root may listen on port ${port}`;
    case 'invalid-address':
      return 'the address in the spec, or in what filled it in';
    case 'connected':
      return undefined;
    default:
      if (dialAddress === null && tries > 0) {
        return `the name in ${address}: whether the name servers in /etc/resolv.conf answer, and know it`;
      }
      return lastTry === 'unverified'
        ? `to which hosts ${address} passes connections on: what took ours was not this host${came}`
        : `whether ${address} is up, and which firewalls are before it${came}`;
  }
}
