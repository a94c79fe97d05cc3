import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  request as startRequest,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
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
  server.on('tlsClientError', () => {});
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

/** An HTTP server, over TLS where it has a certificate. */
export function httpServer(
  answer: RequestListener,
  issued?: Pick<Issued, 'certificate' | 'key'>,
  options: TlsOptions = {},
  host?: string,
): Promise<number> {
  if (issued === undefined) return started(createHttpServer(answer), host);
  return started(createHttpsServer({ cert: issued.certificate, key: issued.key, ...options }, answer), host);
}

export interface Proxied {
  readonly port: number;
  /** What it was asked for: the method, the target, and Proxy-Authorization. */
  readonly asked: string[];
}

/** A proxy that forwards requests and makes tunnels to loopback, whatever host is asked for; `refuses` answers CONNECT with 403. */
export async function proxyServer({
  refuses = false,
  issued,
}: {
  refuses?: boolean;
  issued?: Issued;
} = {}): Promise<Proxied> {
  const asked: string[] = [];
  const note = ({ method, url, headers }: IncomingMessage) =>
    asked.push([method, url, headers['proxy-authorization'] ?? ''].join(' ').trim());
  const forward: RequestListener = (request, response) => {
    note(request);
    const { port, pathname, search } = new URL(request.url ?? '');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const { method } = request;
    const onward = startRequest({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server =
    issued === undefined
      ? createHttpServer(forward)
      : createHttpsServer({ cert: issued.certificate, key: issued.key }, forward);
  server.on('connect', (request, socket) => {
    note(request);
    socket.on('error', () => {});
    if (refuses) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const onward = connectTcp(Number(request.url?.replace(/.*:/, '')), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward.on('error', () => socket.destroy()));
  });
  return { port: await started(server), asked };
}
