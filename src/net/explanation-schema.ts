import type { ObjectSchema, Written } from '../contract/schema.ts';

/** A route as evidence. */
export const routeSchema = {
  type: 'object',
  nullable: true,
  description: 'A route of this host',
  required: ['destination', 'gateway', 'interface', 'type'],
  properties: {
    destination: { type: 'string', description: 'Network and prefix length' },
    gateway: { type: 'string', nullable: true, description: 'Next hop; null where it is reached directly' },
    interface: { type: 'string', description: 'Interface it leaves by; * for a route that rejects' },
    type: {
      type: 'string',
      enum: ['unicast', 'reject', 'local'],
      description: 'reject is a blackhole, prohibit or unreachable route; the error code tells which',
    },
  },
} as const satisfies ObjectSchema;

/** What this host itself knows of why a dial failed: kept as evidence, put into a sentence when the bundle is judged. */
export const explanationSchema = {
  type: 'object',
  optional: true,
  description:
    'Of a failure alone: what this host knew of the way right afterwards, from its own tables; nothing was sent for it',
  required: [
    'destination',
    'isOwn',
    'source',
    'sourceCode',
    'route',
    'neighbour',
    'listeners',
    'hostsFile',
    'resolver',
    'firewall',
  ],
  properties: {
    destination: {
      type: 'string',
      nullable: true,
      description: 'The address whose failure decided; null when the name had none',
    },
    isOwn: { type: 'boolean', description: 'Whether that is an address of this host' },
    source: {
      type: 'string',
      nullable: true,
      description: 'The address from which the kernel sends to it; null without one',
    },
    sourceCode: {
      type: 'string',
      nullable: true,
      description: 'Why the kernel names no source (errno); null otherwise',
    },
    route: {
      ...routeSchema,
      description:
        'The route to it, by longest prefix in the main table; null without one, and for addresses of this host',
    },
    neighbour: {
      type: 'object',
      nullable: true,
      description:
        'Who the packets are handed to on the link: the gateway, or the address itself; null when not listed',
      required: ['address', 'interface', 'state'],
      properties: {
        address: { type: 'string', description: 'Its IP address' },
        interface: { type: 'string', description: 'On which link' },
        state: {
          type: 'string',
          enum: ['known', 'incomplete'],
          description: 'incomplete: asked by ARP or neighbour discovery, it has not answered',
        },
      },
    },
    listeners: {
      type: 'array',
      description: 'Addresses of this host at which something listens on the port, where the address is its own',
      items: { type: 'string', description: 'Address and port (/proc/net/tcp, tcp6)' },
    },
    hostsFile: {
      type: 'array',
      description: 'Lines of /etc/hosts for the name',
      items: {
        type: 'object',
        description: 'One of them',
        required: ['line', 'address'],
        properties: {
          line: { type: 'integer', minimum: 1, description: 'Line number' },
          address: { type: 'string', description: 'Address that it gives the name' },
        },
      },
    },
    resolver: {
      type: 'object',
      nullable: true,
      description: 'What /etc/resolv.conf says; null when the host is an address, or there is no such file',
      required: ['servers', 'search'],
      properties: {
        servers: { type: 'array', description: 'Name servers', items: { type: 'string', description: 'Address' } },
        search: { type: 'array', description: 'Search domains', items: { type: 'string', description: 'Domain' } },
      },
    },
    firewall: {
      type: 'object',
      nullable: true,
      description: 'What the nftables rules of this host do to the connection; null when not looked at',
      required: ['rules', 'unread'],
      properties: {
        rules: {
          type: 'array',
          description: 'Rules that drop or reject it, or may; empty where there are none',
          items: {
            type: 'object',
            description: 'One of them',
            required: ['rule', 'verdict', 'isCertain'],
            properties: {
              rule: { type: 'string', description: 'Its chain and its text' },
              verdict: { type: 'string', enum: ['drop', 'reject'], description: 'What it does' },
              isCertain: {
                type: 'boolean',
                description: 'False where it asks for something that cannot be told from outside',
              },
            },
          },
        },
        unread: {
          type: 'string',
          nullable: true,
          description: 'Why the rules, or which of them, were not read; null when all were',
        },
      },
    },
  },
} as const satisfies ObjectSchema & { optional: true };

export type Explanation = Written<typeof explanationSchema>;
