import { types } from 'node:util';

export const dialStatuses = ['connected', 'connection-refused', 'connection-timeout', 'error'] as const;
export type DialStatus = (typeof dialStatuses)[number];

/** Why a dial did not connect, finer than its status. */
export const causes = [
  'refused',
  'timeout',
  'dns-not-found',
  'dns-temporary',
  'dns-timeout',
  'unreachable',
  'permission',
  'source-port-in-use',
  'local-resources',
  'reset',
  'invalid-address',
  'other',
] as const;
export type Cause = (typeof causes)[number];

export interface Failure {
  readonly code: string | null;
  readonly syscall: string | null;
}

const lookupCauses: Readonly<Record<string, Cause>> = {
  ENOTFOUND: 'dns-not-found',
  ENODATA: 'dns-not-found',
  EINVAL: 'invalid-address',
  ERESOLVER: 'local-resources',
  EAI_MEMORY: 'local-resources',
};

const connectCauses: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ENONET: 'unreachable',
  EAFNOSUPPORT: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  // A blackhole route, or a link-local address without a zone.
  EINVAL: 'unreachable',
  EACCES: 'permission',
  EPERM: 'permission',
  EADDRINUSE: 'source-port-in-use',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
};

const shortages = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAGAIN']);

/** What stays of EADDRNOTAVAIL depends on more than its name. */
export interface Circumstances {
  readonly sourcePort: boolean;
  /** Whether this host has an address from which this family could be dialled. */
  readonly isFamilyHere: () => boolean;
}

/** By system call and code, never by text. A failure without a code is our own deadline. */
export function causeOf(failure: Failure, circumstances: Circumstances): Cause {
  const { code, syscall } = failure;
  if (code === null) return syscall === 'getaddrinfo' ? 'dns-timeout' : 'timeout';
  if (isShortage(code)) return 'local-resources';
  if (syscall === 'getaddrinfo') return lookupCauses[code] ?? 'dns-temporary';
  if (code === 'EADDRNOTAVAIL' && syscall === 'connect' && circumstances.isFamilyHere()) {
    return circumstances.sourcePort ? 'source-port-in-use' : 'local-resources';
  }
  return connectCauses[code] ?? 'other';
}

/** The words that specs compare with. */
export function statusOf(cause: Cause): DialStatus {
  if (cause === 'refused') return 'connection-refused';
  return cause === 'timeout' || cause === 'dns-timeout' ? 'connection-timeout' : 'error';
}

/** The host has no way to speak this family at all, so another address of the name says more. */
export function isFamilyMissing(failure: Failure, circumstances: Circumstances): boolean {
  if (failure.code === 'EADDRNOTAVAIL') return !circumstances.isFamilyHere();
  return failure.code === 'ENETUNREACH' || failure.code === 'EAFNOSUPPORT';
}

/** Descriptors, buffers, memory: of this host, whatever the target does. */
export function isShortage(code: string | null | undefined): boolean {
  return code !== null && code !== undefined && shortages.has(code);
}

export function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return types.isNativeError(error) && 'code' in error && typeof error.code === 'string';
}
