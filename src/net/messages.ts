import { formatHostPort } from './address.ts';
import { type Cause, type Failure, isShortage } from './classify.ts';
import { formatMs } from './clock.ts';
import type { Family } from './dial.ts';

export function connectMessage(failure: Failure, cause: Cause, address: string, port: number, limitMs: number): string {
  const where = formatHostPort(address, port);
  if (failure.code === null) return `no answer from ${where} within ${formatMs(limitMs)}`;
  const plain = `${failure.syscall ?? 'connect'} ${failure.code} ${where}`;
  if (cause === 'local-resources')
    return `${plain}: this host ran out of resources; that says nothing about the target`;
  if (failure.code === 'EINVAL' && /^fe[89ab]/i.test(address) && !address.includes('%')) {
    return `${plain}: a link-local address needs its zone, such as ${address}%eth0`;
  }
  return plain;
}

const lookupWords: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name servers gave no usable answer for now',
  EAI_FAIL: 'the name servers refused to answer',
  EINVAL: 'this is no host name',
  ERESOLVER: 'our own resolver process failed',
};

export function lookupMessage({ code }: Failure, name: string, family: Family, limitMs: number): string {
  if (code === null) return `lookup ${name}: no answer from the name servers within ${formatMs(limitMs)}`;
  if (code === 'ENODATA') {
    const [wanted, other] = family === 'ipv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
    return `lookup ${name}: it has no ${wanted} address, only ${other} (ENODATA)`;
  }
  return `lookup ${name}: ${lookupWords[code] ?? (isShortage(code) ? 'this host ran out of resources' : 'failed')} (${code})`;
}
