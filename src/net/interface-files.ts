import { endianness } from 'node:os';

/** The names in /proc/net/dev, which lists every interface, whatever its state. */
export function interfaceNames(dev: string): readonly string[] {
  return dev.split('\n').flatMap((line) => /^\s*([^\s|]+):/.exec(line)?.[1] ?? []);
}

/**
 * The IPv4 addresses of each interface by name, from /proc/net/fib_trie (which addresses are this host's) and
 * /proc/net/route (which interface their network is on): no file of /proc says both.
 */
export function localAddresses(fibTrie: string, route: string): ReadonlyMap<string, readonly string[]> {
  const networks = route.split('\n').slice(1).flatMap(network);
  networks.sort((one, other) => other.mask - one.mask);
  const byInterface = new Map<string, string[]>();
  for (const address of new Set(hostAddresses(fibTrie))) {
    const number = numberOf(address);
    const home = networks.find(({ destination, mask }) => (number & mask) >>> 0 === destination);
    if (home === undefined) continue;
    byInterface.set(home.interface, [...(byInterface.get(home.interface) ?? []), address]);
  }
  return byInterface;
}

function* hostAddresses(fibTrie: string): Generator<string> {
  let address: string | undefined;
  for (const line of fibTrie.split('\n')) {
    const leaf = /^\s*\|-- ([\d.]+)$/.exec(line)?.[1];
    if (leaf !== undefined) address = leaf;
    else if (address !== undefined && /^\s*\/32 host LOCAL$/.test(line)) yield address;
  }
}

function network(line: string): { interface: string; destination: number; mask: number }[] {
  const [name = '', destination = '', gateway = '', , , , , mask = ''] = line.split('\t').map((cell) => cell.trim());
  if (name === '' || gateway !== '00000000' || mask === '00000000') return [];
  return [{ interface: name, destination: wordOf(destination), mask: wordOf(mask) }];
}

/** The kernel prints a word of network order as if it were one of its own order. */
function wordOf(hex: string): number {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length !== 4) return 0;
  return endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
}

function numberOf(address: string): number {
  return Buffer.from(address.split('.').map(Number)).readUInt32BE();
}
