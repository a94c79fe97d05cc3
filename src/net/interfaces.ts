import { isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { Address, Host } from '../contract/collector.ts';
import { isErrno } from './classify.ts';
import { interfaceNames, localAddresses } from './interface-files.ts';

export interface OwnAddress extends Address {
  readonly interface: string;
  /** How many leading bits its network shares; null when that is not known. */
  readonly prefix: number | null;
  readonly loopback: boolean;
  readonly linkLocal: boolean;
}

/** Addresses of interfaces that are up and have a carrier, in the order of the kernel. */
function ownAddresses(): readonly OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) => (infos ?? []).map((info) => own(name, info)));
}

function own(name: string, { address, family, internal, cidr }: NetworkInterfaceInfo): OwnAddress {
  const linkLocal = family === 'IPv6' && /^fe[89ab]/i.test(address);
  return {
    // An address label, such as eth0:1, belongs to eth0.
    interface: name.replace(/:.*$/, ''),
    address: linkLocal ? `${address}%${name}` : address,
    family: family === 'IPv6' ? 6 : 4,
    prefix: cidr === null ? null : Number(cidr.replace(/.*\//, '')),
    loopback: internal,
    linkLocal,
  };
}

/** Whether this host has an address from which the given literal could be dialled at all. */
export function isFamilyHere(target: string): boolean {
  if (isIP(target) === 4) return true;
  try {
    const addresses = ownAddresses().filter(({ family }) => family === 6);
    return target === '::1'
      ? addresses.some(({ address }) => address === '::1')
      : addresses.some((own) => !own.loopback);
  } catch {
    // Too short of descriptors to look; then the same shortage is the likelier reason for a failure.
    return true;
  }
}

/**
 * Where this host reaches itself as others would: the first IPv4 address that is not loopback, else the first global
 * IPv6 address, else loopback. Undefined when not even loopback is up.
 */
function ownAddress(): Address | undefined {
  const all = ownAddresses();
  const outer = all.filter(({ loopback }) => !loopback);
  const found =
    outer.find(({ family }) => family === 4) ??
    outer.find(({ linkLocal }) => !linkLocal) ??
    all.find(({ address }) => address === '127.0.0.1') ??
    all.find(({ address }) => address === '::1');
  return found && { address: found.address, family: found.family };
}

/** Where a program of this host would listen, and where it would be dialled. */
export interface OwnPlace {
  readonly listen: readonly string[];
  readonly dial: Address;
}

/** All addresses, or those of one interface; the mistake is in the words of the Go tool. */
export async function ownPlace(name: string | undefined, host: Host): Promise<OwnPlace | { readonly mistake: string }> {
  if (name) {
    const address = await addressOfInterface(name, host);
    return 'mistake' in address ? address : { listen: [address.address], dial: address };
  }
  const dial = ownAddress();
  return dial === undefined ? { mistake: 'No network interface has an address' } : { listen: everyAddress, dial };
}

/** Of both families; of IPv4 alone where IPv6 is off. */
export const everyAddress: readonly string[] = ['::', '0.0.0.0'];

/** The first IPv4 address of an interface, else its first IPv6 address; the mistake is in the words of the Go tool. */
async function addressOfInterface(name: string, host: Host): Promise<Address | { readonly mistake: string }> {
  const ofIt = ownAddresses().filter((address) => address.interface === name);
  const found = ofIt.find(({ family }) => family === 4) ?? ofIt.find(({ linkLocal }) => !linkLocal) ?? ofIt[0];
  if (found !== undefined) return { address: found.address, family: found.family };

  if (!interfaceNames(await textOf('/proc/net/dev', host)).includes(name)) {
    return { mistake: `lookup interface ${name}: route ip+net: no such network interface` };
  }
  const idle = (await idleAddresses(host)).get(name)?.[0];
  if (idle !== undefined) return { address: idle, family: 4 };
  return { mistake: `get ipv4 address for interface ${name}: interface does not have an ipv4 address` };
}

/** Every address of this host, of interfaces without a carrier too. */
export async function allAddresses(host: Host): Promise<readonly OwnAddress[]> {
  const known = ownAddresses();
  const idle = [...(await idleAddresses(host))].flatMap(([name, addresses]) =>
    addresses.map((address): OwnAddress => {
      return { interface: name, address, family: 4, prefix: null, loopback: false, linkLocal: false };
    }),
  );
  return [...known, ...idle.filter(({ address }) => known.every((other) => other.address !== address))];
}

/** Up without a carrier, as a bridge of a container engine is while no container runs: os.networkInterfaces() skips those. */
async function idleAddresses(host: Host): Promise<ReadonlyMap<string, readonly string[]>> {
  return localAddresses(await textOf('/proc/net/fib_trie', host), await textOf('/proc/net/route', host));
}

/** Empty where there is none. */
async function textOf(path: string, host: Host): Promise<string> {
  try {
    return await host.readText(path);
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}
