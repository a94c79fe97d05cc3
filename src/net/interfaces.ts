import { isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Whether this host has an address from which the given one could be dialled at all. */
export function isFamilyHere(target: string): boolean {
  if (isIP(target) === 4) return true;
  const own = ownAddresses().filter(({ family }) => family === 'IPv6');
  return target === '::1' ? own.some(({ address }) => address === '::1') : own.some(({ internal }) => !internal);
}

function ownAddresses(): readonly NetworkInterfaceInfo[] {
  try {
    return Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  } catch {
    // Out of descriptors: then nothing is known, and a shortage is the likelier reason for a failure.
    return [{ address: '::1', internal: false, family: 'IPv6', netmask: '', mac: '', cidr: null, scopeid: 0 }];
  }
}
