import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import { formatHostPort } from './address.ts';
import { isErrno, isShortage } from './classify.ts';
import { passed, roundMs } from './clock.ts';
import { connect, type Endpoint, reset, type Unconnected } from './connect.ts';
import { type Deadline, startDeadline } from './deadline.ts';

export interface SelfConnection {
  /** Tried in this order; the next one only where the family of the one before is off. */
  readonly listen: readonly string[];
  readonly dial: Address;
  readonly listenPort: number;
  readonly dialPort: number;
  readonly totalMs: number;
}

/** `unverified`: something took the connection, but it did not know our token. */
export const tryEndings = ['verified', 'unverified', 'no-answer', 'refused', 'failed'] as const;

export interface SelfConnected {
  readonly status: 'connected' | 'address-in-use' | 'connection-refused' | 'connection-timeout' | 'error';
  readonly message: string;
  /** What the Go tool calls it as an error of the collector; undefined when connected. */
  readonly complaint: string | undefined;
  readonly code: string | null;
  readonly listenAddress: string;
  readonly latencyMs: number | null;
  readonly tries: number;
  readonly lastTry: (typeof tryEndings)[number] | null;
}

const tryMs = 1000;
const pauseMs = 1000;
const tokenBytes = 20;
const mostBytes = 1024;

/**
 * Listens, dials, and makes sure by a token each way that it met its own listener and not somebody else's. Rejects only
 * when the signal aborts. Everything it opened is closed when it ends.
 */
export async function connectToSelf(plan: SelfConnection, signal: Ending): Promise<SelfConnected> {
  const tokens = { request: randomBytes(tokenBytes), response: randomBytes(tokenBytes) };
  const deadline = startDeadline(plan.totalMs, signal);
  const listener = await openListener(plan, tokens).catch((error: unknown) => refusal(plan, error));
  if ('status' in listener) {
    deadline.end();
    signal.throwIfAborted();
    return listener;
  }
  try {
    const outcome = await dialSelf(plan, tokens, deadline);
    signal.throwIfAborted();
    return { ...outcome, listenAddress: formatHostPort(listener.address, plan.listenPort) };
  } finally {
    deadline.end();
    await listener.close();
  }
}

interface Tokens {
  readonly request: Buffer;
  readonly response: Buffer;
}

interface Listener {
  readonly address: string;
  close(): Promise<void>;
}

async function openListener(plan: SelfConnection, tokens: Tokens): Promise<Listener> {
  for (const [index, address] of plan.listen.entries()) {
    const held = new Set<Socket>();
    const server = createServer((socket) => {
      held.add(socket.on('error', () => {}).on('close', () => held.delete(socket)));
      answer(socket, tokens);
    });
    server.maxConnections = 64;
    try {
      await listening(server, address, plan.listenPort);
    } catch (error) {
      const isFamilyOff = isErrno(error) && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
      if (isFamilyOff && index < plan.listen.length - 1) continue;
      throw error;
    }
    return {
      address,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of held) socket.destroy();
        }),
    };
  }
  throw new Error('no address to listen on');
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', reject).once('listening', resolve);
    // With ipv6Only off, :: takes the port of every address of both families, as Go's 0.0.0.0 does.
    server.listen({ host, port, ipv6Only: false, exclusive: true });
  });
}

function refusal(plan: SelfConnection, error: unknown): SelfConnected {
  if (!isErrno(error)) throw error;
  const code = error.code ?? null;
  const listenAddress = formatHostPort(plan.listen[0] ?? '', plan.listenPort);
  const message = `listen ${code} ${listenAddress}${code === null ? '' : (listenWords[code] ?? '')}`;
  return {
    status: code === 'EADDRINUSE' ? 'address-in-use' : 'error',
    message,
    complaint: `failed to create listener: ${message}`,
    code,
    listenAddress,
    latencyMs: null,
    tries: 0,
    lastTry: null,
  };
}

const listenWords: Readonly<Record<string, string>> = {
  EADDRINUSE: ': address already in use',
  EACCES: ': permission denied',
  EADDRNOTAVAIL: ': this host does not have the address',
};

function answer(socket: Socket, { request, response }: Tokens): void {
  const timer = setTimeout(() => socket.destroy(), tryMs);
  socket.once('close', () => clearTimeout(timer));
  onBytes(socket, (bytes) => {
    if (bytes.includes(request)) socket.end(response);
    else if (bytes.length >= mostBytes) socket.destroy();
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

type Dialled = Omit<SelfConnected, 'listenAddress'>;

async function dialSelf(plan: SelfConnection, tokens: Tokens, deadline: Deadline): Promise<Dialled> {
  const endpoint: Endpoint = { ...plan.dial, port: plan.dialPort, sourcePort: undefined };
  for (let tries = 1; ; tries++) {
    const attempt = startDeadline(tryMs, deadline.signal);
    const outcome = await connect(endpoint, attempt.signal).finally(attempt.end);
    if (outcome.socket !== undefined) {
      const isOurs = await verify(outcome.socket, tokens, deadline.signal);
      await reset(outcome.socket);
      const connected = { status: 'connected', message: '', complaint: undefined, code: null } as const;
      if (isOurs) return { ...connected, latencyMs: roundMs(outcome.latencyMs), tries, lastTry: 'verified' };
    } else if (isFinal(outcome)) {
      return failed(outcome, endpoint, tries);
    }
    if (await passed(pauseMs, deadline.signal)) continue;
    if (outcome.socket === undefined && isShortage(outcome.code)) return failed(outcome, endpoint, tries);
    const isSilent = outcome.socket === undefined && outcome.code !== 'ECONNRESET';
    const lastTry = isSilent ? 'no-answer' : 'unverified';
    const message = 'connection timeout';
    return { status: 'connection-timeout', message, complaint: message, code: null, latencyMs: null, tries, lastTry };
  }
}

/** Whoever takes the connection and resets it before we look is somebody else, and may be gone in a second. */
const passing = new Set(['ETIMEDOUT', 'ECONNRESET']);

function isFinal({ code }: Unconnected): boolean {
  return code !== null && !passing.has(code) && !isShortage(code);
}

function failed({ code, syscall }: Unconnected, endpoint: Endpoint, tries: number): Dialled {
  const message = `${syscall} ${code} ${formatHostPort(endpoint.address, endpoint.port)}`;
  const isRefused = code === 'ECONNREFUSED';
  return {
    status: isRefused ? 'connection-refused' : 'error',
    message,
    complaint: `failed to dial: ${message}`,
    code,
    latencyMs: null,
    tries,
    lastTry: isRefused ? 'refused' : 'failed',
  };
}

function verify(socket: Socket, { request, response }: Tokens, signal: Ending): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = startDeadline(tryMs, signal);
    const settle = (isOurs: boolean) => {
      attempt.end();
      resolve(isOurs);
    };
    attempt.signal.addEventListener('abort', () => settle(false), { once: true });
    socket.once('close', () => settle(false));
    socket.resume();
    onBytes(socket, (bytes) => {
      if (bytes.includes(response)) settle(true);
      else if (bytes.length >= mostBytes) settle(false);
    });
    if (attempt.signal.aborted || socket.destroyed) settle(false);
    else socket.write(request);
  });
}
