import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema } from '../../contract/schema.ts';
import { bitsOf, formatNetwork, type Network, readCIDR } from '../../go/net-ip.ts';
import { allAddresses } from '../../net/interfaces.ts';
import { readRoutes } from '../../net/routes.ts';
import example from './example.yaml';
import { findFree, type Taken } from './search.ts';

const params = {
  type: 'object',
  description: 'Looks for a subnet that no route and no address of this host overlaps',
  required: ['CIDRRangeAlloc', 'desiredCIDR'],
  properties: {
    CIDRRangeAlloc: {
      type: 'string',
      description: 'Where to look: a network such as 10.0.0.0/8 or fd00::/8',
    },
    desiredCIDR: {
      type: 'integer',
      minimum: 1,
      maximum: 128,
      description: 'Prefix length of the subnet that is wanted: 1 to 32, in an IPv6 network 1 to 128',
    },
  },
} as const satisfies ObjectSchema;

const mostBlockers = 64;

const result = {
  type: 'object',
  description: 'Whether a subnet is free, by the routes of this host',
  required: ['status'],
  properties: {
    CIDRRangeAlloc: { type: 'string', description: 'As the parameter' },
    desiredCIDR: { type: 'integer', description: 'As the parameter' },
    status: {
      type: 'string',
      enum: ['a-subnet-is-available', 'no-subnet-available', 'error'],
      description: 'Whether there is one; error when the routes cannot be read',
    },
    message: { type: 'string', description: 'Why it is an error, in words; else empty' },
    subnet: { type: 'string', nullable: true, description: 'The first one that is free; null without one' },
    routes: { type: 'integer', description: 'How many routes and addresses of this host lie in the range' },
    blockers: {
      type: 'array',
      description: `What takes the addresses before it; the first ${mostBlockers}`,
      items: { type: 'string', description: 'A route with its interface, or an address of an interface' },
    },
  },
} as const satisfies ObjectSchema;

export const subnetAvailable = defineCollector({
  type: 'subnetAvailable',
  title: 'Subnet Available',
  summary: 'Whether a network has a subnet of a size that no route of this host overlaps',
  example,
  params,
  result,
  defaultName: 'result',
  output: (name) => `host-collectors/subnetAvailable/${name}.json`,
  prepare({ CIDRRangeAlloc, desiredCIDR }) {
    const read = readCIDR(CIDRRangeAlloc);
    if ('mistake' in read) return { mistakes: [{ path: 'CIDRRangeAlloc', message: read.mistake }] };
    const { network: range } = read;
    const mistakes: ParamMistake[] = [];
    const bits = bitsOf(range.family);
    if (desiredCIDR > bits) {
      const message = `is ${desiredCIDR}, but an IPv4 prefix length is ${bits} at most`;
      mistakes.push({ path: 'desiredCIDR', message });
    }
    if (desiredCIDR < range.prefix) {
      const message = `is ${desiredCIDR}, which is more than the whole range; write ${range.prefix} to ${bits} for a subnet of ${formatNetwork(range)}`;
      mistakes.push({ path: 'desiredCIDR', message });
    }
    return mistakes.length > 0 ? { mistakes } : { params: { CIDRRangeAlloc, desiredCIDR, range } };
  },
  deadlineMs: () => 30_000,
  load: 'host',
  // Not while networkNamespaceConnectivity has its own there.
  claims: () => [{ resource: 'interfaces', alone: false }],
}).collect(async ({ range, ...asked }, host) => {
  let taken: readonly Taken[];
  try {
    taken = await readTaken(range.family, host);
  } catch (error) {
    host.signal.throwIfAborted();
    const message = `the routes of this host cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return {
      result: { ...asked, status: 'error', message, subnet: null, routes: 0, blockers: [] },
      complaint: message,
    };
  }
  const { found, blockers, inside } = findFree(range, asked.desiredCIDR, taken);
  return {
    result: {
      ...asked,
      status: found === undefined ? 'no-subnet-available' : 'a-subnet-is-available',
      message: '',
      subnet: found === undefined ? null : formatNetwork(found),
      routes: inside,
      blockers: blockers.slice(0, mostBlockers).map(({ what }) => what),
    },
  };
});

/** A default route takes nothing; an address may have no route in the main table, and is taken all the same. */
async function readTaken(family: 4 | 6, host: Host): Promise<readonly Taken[]> {
  const [routes, addresses] = await Promise.all([readRoutes(host), allAddresses(host)]);
  const ofRoutes = routes
    .filter((route) => route.family === family && route.prefix > 0)
    .map(({ destination, interface: name }) => ({ text: destination, what: `route ${destination} (${name})` }));
  const ofAddresses = addresses
    .filter((own) => own.family === family)
    .map(({ address, interface: name }) => {
      const plain = address.replace(/%.*/, '');
      return { text: `${plain}/${bitsOf(family)}`, what: `address ${plain} (${name})` };
    });
  return [...ofRoutes, ...ofAddresses].map(({ text, what }) => ({ network: networkOf(text), what }));
}

function networkOf(text: string): Network {
  const read = readCIDR(text);
  if ('mistake' in read) throw new Error(`${text} is no network`);
  return read.network;
}
