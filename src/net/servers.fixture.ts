import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Issued } from './certificates.fixture.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();

/** For `afterAll`: ends every server of this file, with its connections. */
export async function closeServers(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
}

/** Lets a server of any kind listen on loopback, and gives its port. */
export async function started(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  server.on('tlsClientError', () => {}).on('clientError', (_: Error, socket: Socket) => socket.destroy());
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A TCP server that does to each connection what it is told; absent: nothing at all. */
export function rawServer(serve: (socket: Socket) => void = () => {}, host?: string): Promise<number> {
  return started(createTcpServer(serve), host);
}

/** A TLS server that says nothing of its own. */
export function tlsServer(
  { certificate, key }: Pick<Issued, 'certificate' | 'key'>,
  options: TlsOptions = {},
  host?: string,
): Promise<number> {
  const server = createTlsServer({ cert: certificate, key, ...options }, (socket) => {
    socket.on('error', () => {}).resume();
  });
  return started(server, host);
}
