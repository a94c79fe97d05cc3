import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import type { Host } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import { reset } from './connect.ts';
import { startDeadline } from './deadline.ts';
import { dial } from './dial.ts';
import { OwnListener, type Visitor } from './own-listener.ts';
import {
  type Met,
  type Patience,
  printable,
  type Tried,
  tryUntil,
  undialled,
  untried,
  unverified,
  verified,
} from './trying.ts';

export interface SelfConnection extends Patience {
  /** Tried in this order; the next one only where the family of the one before is off. */
  readonly listen: readonly string[];
  readonly listenPort: number;
  /** What is dialled: a name, or a literal address. */
  readonly host: string;
  readonly port: number;
}

export interface SelfConnected extends Tried {
  readonly status: 'connected' | 'address-in-use' | 'connection-refused' | 'connection-timeout' | 'error';
  /** What the Go tool calls it as an error of the collector; undefined when connected. */
  readonly complaint: string | undefined;
  readonly listenAddress: string;
  readonly visitors: readonly Visitor[];
}

const dialMs = 1000;
const exchangeMs = 1000;
const mostBytes = 1024;

interface Tokens {
  readonly request: Buffer;
  readonly response: Buffer;
}

/**
 * Listens, dials, and makes sure by a token each way that it met its own listener and not somebody else's. Rejects only
 * when the signal aborts. Everything it opened is closed when it ends.
 */
export async function connectToSelf(plan: SelfConnection, host: Host): Promise<SelfConnected> {
  const tokens: Tokens = { request: randomBytes(20), response: randomBytes(20) };
  const listener = new OwnListener(createServer((socket) => answer(socket, tokens, () => listener.verify(socket))));
  const listening = await listener.listen(plan.listen, plan.listenPort);
  if (typeof listening !== 'string') {
    host.signal.throwIfAborted();
    const { code, message, address } = listening;
    const status = code === 'EADDRINUSE' ? 'address-in-use' : 'error';
    const complaint = `failed to create listener: ${message}`;
    return { ...untried, status, message, complaint, code, listenAddress: address, visitors: [] };
  }
  try {
    const tried = await tryUntil(plan, (leftMs) => tryOnce(plan, tokens, leftMs, host), host);
    return { ...tried, ...verdictOf(tried), listenAddress: listening, visitors: listener.visitors };
  } finally {
    await listener.close();
  }
}

function verdictOf({
  lastTry,
  message,
  code,
}: Tried): Pick<SelfConnected, 'status' | 'message' | 'complaint' | 'code'> {
  if (lastTry === 'verified') return { status: 'connected', message: '', complaint: undefined, code: null };
  if (lastTry === 'refused' || lastTry === 'failed') {
    const status = lastTry === 'refused' ? 'connection-refused' : 'error';
    return { status, message, complaint: `failed to dial: ${message}`, code };
  }
  const timeout = 'connection timeout';
  return { status: 'connection-timeout', message: timeout, complaint: timeout, code: null };
}

async function tryOnce({ host: name, port }: SelfConnection, tokens: Tokens, leftMs: number, host: Host): Promise<Met> {
  const timeoutMs = Math.min(dialMs, leftMs);
  const taken: Socket[] = [];
  const target = { host: name, port, family: 'any', timeoutMs, attempts: 1, retryDelayMs: 0 } as const;
  const dialled = await dial(target, host, (socket) => taken.push(socket));
  const [socket] = taken;
  if (socket === undefined) return undialled(dialled);
  const limit = startDeadline(Math.min(exchangeMs, leftMs), host.signal);
  const { isOurs, heard } = await verify(socket, tokens, limit.signal).finally(limit.end);
  await reset(socket);
  return isOurs ? verified(dialled) : unverified(dialled, printable(heard, tokens.request));
}

function answer(socket: Socket, { request, response }: Tokens, verified: () => void): void {
  const timer = setTimeout(() => socket.destroy(), exchangeMs);
  socket.once('close', () => clearTimeout(timer));
  onBytes(socket, (bytes) => {
    if (bytes.includes(request)) {
      verified();
      socket.end(response);
    } else if (bytes.length >= mostBytes) socket.destroy();
  });
}

function onBytes(socket: Socket, look: (bytes: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    if (bytes.length >= mostBytes) return;
    bytes = Buffer.concat([bytes, chunk]).subarray(0, mostBytes);
    look(bytes);
  });
}

interface Heard {
  readonly isOurs: boolean;
  readonly heard: Buffer;
}

function verify(socket: Socket, { request, response }: Tokens, signal: Ending): Promise<Heard> {
  return new Promise((resolve) => {
    let heard: Buffer = Buffer.alloc(0);
    const settle = (isOurs: boolean) => resolve({ isOurs, heard });
    signal.addEventListener('abort', () => settle(false), { once: true });
    socket.once('close', () => settle(false));
    socket.resume();
    onBytes(socket, (bytes) => {
      heard = bytes;
      if (bytes.includes(response)) settle(true);
      else if (bytes.length >= mostBytes) settle(false);
    });
    if (signal.aborted || socket.destroyed) settle(false);
    else socket.write(request);
  });
}
