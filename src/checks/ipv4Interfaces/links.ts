import { networkInterfaces } from 'node:os';
import type { Host } from '../../contract/collector.ts';
import { flagsOf, hardwareOf } from './link.ts';

/** What the kernel says of an interface itself; 0 and null where it does not. */
export interface Link {
  readonly Index: number;
  readonly MTU: number;
  readonly HardwareAddr: string | null;
  readonly Flags: number;
}

const folder = '/sys/class/net';

/**
 * The links of those names, from /sys. After `nsenter --net` or `unshare --net`, /sys still shows the interfaces of the namespace in
 * which it was mounted; then ip(8) is asked. Rejects where that cannot tell either.
 */
export async function readLinks(names: readonly string[], host: Host): Promise<ReadonlyMap<string, Link>> {
  const read = async (name: string, file: string) => (await host.readText(`${folder}/${name}/${file}`)).trim();
  const fromSys = names.map(async (name): Promise<Shown> => {
    const files = ['ifindex', 'mtu', 'flags', 'operstate', 'address', 'type'].map((file) => read(name, file));
    const [index, mtu, flags, state, address, type] = await Promise.all(files.map((text) => text.catch(() => '')));
    return {
      name,
      address: address ?? '',
      link: {
        Index: Number(index),
        MTU: Number(mtu),
        HardwareAddr: hardwareOf(address ?? '', Number(type)),
        Flags: flagsOf(flags ?? '', state ?? ''),
      },
    };
  });
  const shown = await Promise.all(fromSys);
  if (shown.every(({ name, address, link }) => link.Index > 0 && isOurs(name, address))) {
    return new Map(shown.map(({ name, link }) => [name, link]));
  }
  return await askIp(host);
}

interface Shown {
  readonly name: string;
  readonly address: string;
  readonly link: Link;
}

/** Whether /sys and the kernel agree on a hardware address; getifaddrs knows none of an interface without an address. */
function isOurs(name: string, shown: string): boolean {
  const mac = networkInterfaces()[name]?.[0]?.mac;
  return mac === undefined || !/^([\da-f]{2}:){5}[\da-f]{2}$/.test(shown) || mac === shown;
}

/** IFF_ of Linux by the words of ip(8). */
const flagBits: Readonly<Record<string, number>> = {
  UP: 0x1,
  BROADCAST: 0x2,
  LOOPBACK: 0x8,
  POINTOPOINT: 0x10,
  MULTICAST: 0x1000,
};
/** ARPHRD_ of tunnels by the words of ip(8). */
const types: Readonly<Record<string, number>> = { ipip: 768, tunnel6: 769, sit: 776, gre: 778, gre6: 823 };

const listing = ['-json', 'link', 'show'];

async function askIp(host: Host): Promise<ReadonlyMap<string, Link>> {
  const foreign = `${folder} does not show the interfaces of this network namespace, and ip ${listing.join(' ')}`;
  const { stdout, exitCode, stderr } = await host.run('ip', listing, { limitMs: 5000 }).catch((error: unknown) => {
    host.signal.throwIfAborted();
    throw new Error(`${foreign} cannot be run: install iproute2, or mount /sys anew`, { cause: error });
  });
  const links = exitCode === 0 ? parseLinks(stdout) : undefined;
  if (links === undefined) throw new Error(`${foreign} does not tell them either: ${stderr.trim()}`);
  return links;
}

/** Undefined where it is no list of them: before iproute2 4.12, ip(8) knows no JSON. */
export function parseLinks(json: string): ReadonlyMap<string, Link> | undefined {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list)) return undefined;
  return new Map(
    (list as readonly Partial<Record<string, unknown>>[]).map((link) => {
      const { ifindex, ifname, mtu, flags, operstate, address, link_type: type } = link;
      const bits = (Array.isArray(flags) ? flags : []).reduce((sum: number, flag) => sum | (flagBits[flag] ?? 0), 0);
      return [
        String(ifname),
        {
          Index: Number(ifindex),
          MTU: Number(mtu),
          HardwareAddr: hardwareOf(String(address ?? ''), types[String(type)] ?? 1),
          Flags: flagsOf(`0x${bits.toString(16)}`, String(operstate).toLowerCase()),
        },
      ];
    }),
  );
}
