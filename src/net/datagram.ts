import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Address } from '../contract/collector.ts';
import { type Ending, EndingSource } from '../contract/ending.ts';
import { formatHostPort } from './address.ts';
import { isErrno } from './classify.ts';
import { passed, roundMs } from './clock.ts';
import { startDeadline } from './deadline.ts';
import { isFamilyOff, type Unlistened, unlistened } from './own-listener.ts';

interface Bound {
  readonly socket: Socket;
  readonly address: string;
  close(): Promise<void>;
}

/** Takes a port. The addresses are tried in their order, the next one only where the family of the one before is off. */
export async function bindUdp(addresses: readonly string[], port: number): Promise<Bound | Unlistened> {
  for (const [index, address] of addresses.entries()) {
    // With ipv6Only off, :: takes the port of every address of both families, as Go's 0.0.0.0 does.
    const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', ipv6Only: false });
    const failure = await began(socket, 'listening', () => socket.bind({ address, port, exclusive: true }));
    const where = formatHostPort(address, port);
    if (failure === undefined) return { socket, address: where, close: () => closed(socket) };
    await closed(socket);
    if (isFamilyOff(failure) && index < addresses.length - 1) continue;
    return unlistened('bind', failure.code ?? null, formatHostPort(addresses[0] ?? '', port));
  }
  throw new Error('no address to bind to');
}

const betweenMs = 200;

export interface Sent {
  readonly tries: number;
  readonly lastTry: 'verified' | 'no-answer' | 'refused' | 'failed';
  readonly latencyMs: number | null;
  readonly code: string | null;
}

interface Way extends Address {
  readonly port: number;
  readonly totalMs: number;
}

/**
 * Sends datagrams from a socket of its own, as any program of this host would, until one has arrived at the receiver; without one,
 * until its echo has come back.
 */
export async function sendUntilHeard(
  { address, family, port, totalMs }: Way,
  signal: Ending,
  receiver?: Socket,
): Promise<Sent> {
  const token = randomBytes(20);
  const deadline = startDeadline(totalMs, signal);
  const sender = createSocket(family === 6 ? 'udp6' : 'udp4');
  let sentMs = 0;
  let latencyMs: number | undefined;
  (receiver ?? sender).on('message', (bytes) => {
    if (!bytes.equals(token)) return;
    latencyMs ??= performance.now() - sentMs;
    arrived.abort();
  });
  // Ends the wait as soon as a datagram has arrived.
  const arrived = new EndingSource();
  deadline.signal.addEventListener('abort', () => arrived.abort(), { once: true });
  try {
    // Connected, so that the kernel tells of a port-unreachable.
    let failure = await began(sender, 'connect', () => sender.connect(port, address));
    sender.on('error', (error) => {
      failure = isErrno(error) ? error : failure;
    });
    let tries = 0;
    while (failure === undefined && !arrived.aborted) {
      tries++;
      sentMs = performance.now();
      sender.send(token, (error) => {
        failure = isErrno(error) ? error : failure;
      });
      await passed(betweenMs, arrived);
    }
    const code = failure?.code ?? null;
    if (latencyMs !== undefined) return { tries, lastTry: 'verified', latencyMs: roundMs(latencyMs), code: null };
    if (failure === undefined) return { tries, lastTry: 'no-answer', latencyMs: null, code };
    return { tries, lastTry: code === 'ECONNREFUSED' ? 'refused' : 'failed', latencyMs: null, code };
  } finally {
    deadline.end();
    await closed(sender);
  }
}

/** Waits until what was begun has happened, or failed. */
function began(
  socket: Socket,
  event: 'listening' | 'connect',
  begin: () => void,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => (isErrno(error) ? resolve(error) : reject(error));
    socket.on('error', fail).once(event, () => {
      socket.off('error', fail).on('error', () => {});
      resolve(undefined);
    });
    try {
      begin();
    } catch (error) {
      fail(error);
    }
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
