import { defineAnalyzer, WhenError } from '../../contract/analyzer.ts';
import type { ObjectSchema, Schema } from '../../contract/schema.ts';
import { contains, formatIP, formatNetwork, type IP, type Network, readCIDR, readIP } from '../../go/net-ip.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'A network and an address',
  required: ['cidr', 'ip'],
  properties: {
    cidr: {
      type: 'string',
      description:
        'Network such as 10.0.0.0/8 or 2001:db8::/32 (RFC 4632, RFC 4291); bits behind the prefix do not count',
    },
    ip: {
      type: 'string',
      description: 'Address such as 10.0.0.5 or 2001:db8::5; an IPv4-mapped one (::ffff:10.0.0.5) counts as IPv4',
    },
  },
} as const satisfies ObjectSchema;

interface Question {
  readonly network: Network;
  readonly ip: IP;
}

interface Judged {
  readonly contains: boolean;
  readonly network: string;
  readonly ip: string;
  readonly isSameFamily: boolean;
}

export const subnetContainsIPAnalyzer = defineAnalyzer<typeof params, Schema, Question, Judged>({
  type: 'subnetContainsIP',
  title: 'Subnet Contains IP',
  summary: 'Judges whether an address lies in a network; looks at no host',
  params,
  example,
  prepare({ cidr, ip }) {
    const [network, address] = [readCIDR(cidr), readIP(ip)];
    if ('network' in network && 'ip' in address) return { params: { ...network, ...address } };
    return {
      mistakes: [
        ...('mistake' in network ? [{ path: 'cidr', message: network.mistake }] : []),
        ...('mistake' in address ? [{ path: 'ip', message: address.mistake }] : []),
      ],
    };
  },
  async refine(_, { network, ip }) {
    return {
      judged: {
        contains: contains(network, ip),
        network: formatNetwork(network),
        ip: formatIP(ip),
        isSameFamily: network.family === ip.family,
      },
    };
  },
  when: '"true" (the address lies in the network) or "false" (it does not), in quotes',
  evidence: ['contains', 'network', 'ip'],
  condition(when) {
    const word = when.trim();
    if (word !== 'true' && word !== 'false') {
      throw new WhenError(
        `"${when}" is neither true nor false; write "true" for an address in the network, else "false"`,
      );
    }
    return (judged) => judged.contains === (word === 'true');
  },
  advice({ isSameFamily, network, ip }) {
    return isSameFamily ? undefined : `${network} and ${ip} are of different families, so one never contains the other`;
  },
});
