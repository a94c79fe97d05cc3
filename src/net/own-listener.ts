import type { Server, Socket } from 'node:net';
import type { ObjectSchema, Written } from '../contract/schema.ts';
import { formatHostPort } from './address.ts';
import { isErrno } from './classify.ts';
import { plainAddress } from './exchange.ts';

export const visitorSchema = {
  type: 'object',
  description: 'An address that connected to our listener while it was open',
  required: ['address', 'connections'],
  properties: {
    address: { type: 'string', description: 'Where they came from (getpeername): a balancer, a monitor, ourselves' },
    connections: { type: 'integer', minimum: 1, description: 'How many connections it made' },
    verified: { type: 'integer', minimum: 0, description: 'How many of them brought the token that we had sent' },
  },
} as const satisfies ObjectSchema;

export type Visitor = Written<typeof visitorSchema>;

/** Why there is no listener. */
export interface Unlistened {
  readonly code: string | null;
  readonly message: string;
  readonly address: string;
}

const mostConnections = 64;
const mostVisitors = 16;

/** A server of ours that knows who came, so that a balancer which only checks us can be told from one that never does. */
export class OwnListener {
  readonly #server: Server;
  readonly #held = new Set<Socket>();
  readonly #visitors = new Map<string, { connections: number; verified: number }>();

  constructor(server: Server) {
    this.#server = server;
    server.maxConnections = mostConnections;
    server.on('connection', (socket) => {
      this.#held.add(socket.on('error', () => {}).on('close', () => this.#held.delete(socket)));
      const address = visitorAddress(socket);
      const visitor = this.#visitors.get(address);
      if (visitor !== undefined) visitor.connections++;
      else if (this.#visitors.size < mostVisitors) this.#visitors.set(address, { connections: 1, verified: 0 });
    });
  }

  /** Tries the addresses in their order, the next one only where the family of the one before is off. Gives where it listens. */
  async listen(addresses: readonly string[], port: number): Promise<string | Unlistened> {
    for (const [index, address] of addresses.entries()) {
      try {
        await listening(this.#server, address, port);
        return formatHostPort(address, port);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (isFamilyOff(error) && index < addresses.length - 1) continue;
        return unlistened('listen', error.code ?? null, formatHostPort(addresses[0] ?? '', port));
      }
    }
    throw new Error('no address to listen on');
  }

  verify(socket: Socket): void {
    const visitor = this.#visitors.get(visitorAddress(socket));
    if (visitor !== undefined) visitor.verified++;
  }

  get visitors(): readonly Visitor[] {
    return [...this.#visitors].map(([address, counts]) => ({ address, ...counts }));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#held) socket.destroy();
    });
  }
}

/** `::` where IPv6 is off. */
export function isFamilyOff({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}

const words: Readonly<Record<string, string>> = {
  EADDRINUSE: ': address already in use',
  EACCES: ': permission denied',
  EADDRNOTAVAIL: ': this host does not have the address',
};

export function unlistened(syscall: 'listen' | 'bind', code: string | null, address: string): Unlistened {
  return { code, address, message: `${syscall} ${code} ${address}${words[code ?? ''] ?? ''}` };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const listened = () => {
      server.off('error', reject);
      // One connection that cannot be accepted is not the end of the others.
      server.on('error', () => {});
      resolve();
    };
    server.once('error', (error) => {
      server.off('listening', listened);
      reject(error);
    });
    server.once('listening', listened);
    // With ipv6Only off, :: takes the port of every address of both families, as Go's 0.0.0.0 does.
    server.listen({ host, port, ipv6Only: false, exclusive: true });
  });
}

function visitorAddress({ remoteAddress = 'unknown' }: Socket): string {
  return plainAddress(remoteAddress);
}
