import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { checks } from '../src/cli/checks.ts';
import { EndingSource } from '../src/contract/ending.ts';
import { cleanUp, closedPort } from '../src/net/lab.fixture.ts';
import { labHost } from '../src/net/lab-host.fixture.ts';
import { closeServers, rawServer } from '../src/net/servers.fixture.ts';

/** Every check that listens on a port of this host gives it back, however it ends. */

afterEach(closeServers);
afterAll(cleanUp);

type Transport = 'tcp' | 'udp';
interface Way {
  readonly type: string;
  readonly transport?: Transport;
  /** Parameters with which it ends by itself, given its own port and that of a server that never says a word. */
  readonly ends: (port: number, silent: number) => object;
  /** And those with which it would go on for long; absent where it cannot. */
  readonly lasts?: (port: number, silent: number) => object;
}

const ways: readonly Way[] = [
  { type: 'tcpPortStatus', ends: (port) => ({ port, interface: 'lo' }) },
  { type: 'udpPortStatus', transport: 'udp', ends: (port) => ({ port, interface: 'lo' }) },
  {
    type: 'tcpLoadBalancer',
    ends: (port, silent) => ({ port, address: `127.0.0.1:${silent}`, timeout: '1500ms' }),
    lasts: (port, silent) => ({ port, address: `127.0.0.1:${silent}`, timeout: '1h' }),
  },
  {
    type: 'httpLoadBalancer',
    ends: (port, silent) => ({ port, address: `http://127.0.0.1:${silent}`, timeout: '1500ms' }),
    lasts: (port, silent) => ({ port, address: `http://127.0.0.1:${silent}`, timeout: '1h' }),
  },
  {
    type: 'listen',
    ends: (port) => ({ ports: [port], duration: '200ms' }),
    lasts: (port) => ({ ports: [port], duration: '1h' }),
  },
];

async function collect(type: string, written: object, signal = new EndingSource()): Promise<unknown> {
  const collector = checks.collectors.find((one) => one.type === type);
  const prepared = collector?.prepare?.(written as never) ?? { params: written };
  if ('mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  return collector?.collect(prepared.params, labHost({}, signal));
}

/** Throws where anybody has it on any address. */
async function take(port: number, transport: Transport): Promise<void> {
  if (transport === 'tcp') {
    const server = createServer().listen({ port, host: '::', exclusive: true });
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  } else {
    const socket = createSocket({ type: 'udp6' }).bind({ port, exclusive: true });
    await once(socket, 'listening');
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

describe('no port is left bound', () => {
  test('the test itself would see one', async () => {
    const server = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(take(port, 'tcp')).rejects.toThrow('EADDRINUSE');
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(ways)('$type, when it ends', async ({ type, transport = 'tcp', ends }) => {
    const [port, silent] = [await closedPort(), await rawServer()];
    await collect(type, ends(port, silent));
    await take(port, transport);
  });

  test.each(ways)('$type, when it is stopped', async ({ type, transport = 'tcp', ends, lasts = ends }) => {
    const [port, silent] = [await closedPort(), await rawServer()];
    const stopped = new EndingSource();
    const collecting = collect(type, lasts(port, silent), stopped).catch(() => 'stopped');
    if (lasts !== ends) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      await expect(take(port, transport)).rejects.toThrow('EADDRINUSE');
    }
    stopped.abort(new Error('the run is over'));
    await collecting;
    await take(port, transport);
  });
});
