import { defineCollector, type Host } from '../../contract/collector.ts';
import type { ObjectSchema, Schema, Written } from '../../contract/schema.ts';
import { interfaceNames } from '../../net/interface-files.ts';
import { allAddresses, type OwnAddress } from '../../net/interfaces.ts';
import example from './example.yaml';
import { type Link, readLinks } from './links.ts';

const params = { type: 'object', description: 'Nothing of its own', properties: {} } as const satisfies ObjectSchema;

const counted = {
  type: 'object',
  description: 'An interface that is up, is not loopback and has an IPv4 address',
  required: ['Name'],
  properties: {
    Index: { type: 'integer', description: 'Number that the kernel gave it (ifindex); 0 when it is not told' },
    MTU: { type: 'integer', description: 'Largest packet that it sends, in bytes; 0 when it is not told' },
    Name: { type: 'string', description: 'What the kernel calls it, such as eth0' },
    HardwareAddr: { type: 'string', nullable: true, description: 'Its hardware address in base64; null without one' },
    Flags: {
      type: 'integer',
      minimum: 0,
      description: 'Sum of 1 up, 2 broadcast, 4 loopback, 8 point-to-point, 16 multicast, 32 running',
    },
    addresses: {
      type: 'array',
      description: 'Its IPv4 and IPv6 addresses',
      items: { type: 'string', description: 'Address and prefix length, where that is known' },
    },
  },
} as const satisfies ObjectSchema;

const result = {
  type: 'array',
  nullable: true,
  description: 'The interfaces by their number; null without any, as the Go tool writes it',
  items: counted,
} as const satisfies Schema;

type Counted = Written<typeof counted>;

interface Interface extends Counted {
  /** Why it is not counted; null when it is. */
  readonly leftOut: string | null;
}

export const ipv4Interfaces = defineCollector({
  type: 'ipv4Interfaces',
  title: 'IPv4 Interfaces',
  summary: 'Which network interfaces of this host are up and have an IPv4 address',
  example,
  params,
  result,
  defaultName: 'ipv4Interfaces',
  // The Go tool reads it nowhere else, whatever its collector is called.
  output: () => 'host-collectors/system/ipv4Interfaces.json',
  deadlineMs: () => 10_000,
  load: 'host',
  // Not while networkNamespaceConnectivity has its own there.
  claims: () => [{ resource: 'interfaces', alone: false }],
}).collect(async (_, host) => {
  const interfaces = await readInterfaces(host);
  const listed = interfaces.filter(({ leftOut }) => leftOut === null).map(({ leftOut: _, ...rest }) => rest);
  return { result: listed.length === 0 ? null : listed, evidence: { interfaces } };
});

async function readInterfaces(host: Host): Promise<readonly Interface[]> {
  const [dev, addresses] = await Promise.all([host.readText('/proc/net/dev'), allAddresses(host)]);
  const names = interfaceNames(dev);
  const links = await readLinks(names, host);
  const all = names.map((name) => {
    const own = addresses.filter((address) => address.interface === name);
    return interfaceOf(name, links.get(name) ?? unknownLink, own);
  });
  return all.toSorted((one, other) => one.Index - other.Index);
}

/** Of an interface that has gone meanwhile. */
const unknownLink: Link = { Index: 0, MTU: 0, HardwareAddr: null, Flags: 0 };

function interfaceOf(name: string, { Index, MTU, HardwareAddr, Flags }: Link, own: readonly OwnAddress[]): Interface {
  const hasIPv4 = own.some(({ family }) => family === 4);
  return {
    Index,
    MTU,
    Name: name,
    HardwareAddr,
    Flags,
    addresses: own.map(({ address: text, prefix }) => text.replace(/%.*/, '') + (prefix === null ? '' : `/${prefix}`)),
    leftOut: leftOut({ isLoopback: (Flags & 4) !== 0, isUp: (Flags & 1) !== 0, hasIPv4 }),
  };
}

interface Facts {
  readonly isLoopback: boolean;
  readonly isUp: boolean;
  readonly hasIPv4: boolean;
}

function leftOut({ isLoopback, isUp, hasIPv4 }: Facts): string | null {
  if (isLoopback) return 'loopback';
  if (!isUp) return 'not up';
  return hasIPv4 ? null : 'no IPv4 address';
}
