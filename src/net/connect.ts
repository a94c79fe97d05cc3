import { Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import { causeOf, isErrno } from './classify.ts';
import { passed } from './clock.ts';
import type { Ending } from './ending.ts';
import { isFamilyHere } from './interfaces.ts';

export interface Endpoint extends Address {
  readonly port: number;
  readonly sourcePort: number | undefined;
}

export interface Connection {
  readonly socket: Socket;
  readonly latencyMs: number;
}

/** The system's word for why an address did not connect; no code when we stopped waiting. */
export interface Unconnected {
  readonly socket: undefined;
  readonly code: string | null;
  readonly syscall: string;
}

/**
 * Connects to one literal address. A shortage of our own (descriptors, ephemeral ports) says nothing about the target:
 * it is waited out for as long as the signal allows, and only then told.
 */
export async function connect(endpoint: Endpoint, signal: Ending): Promise<Connection | Unconnected> {
  for (let waitMs = 10; ; waitMs = Math.min(waitMs * 2, 250)) {
    const outcome = await connectOnce(endpoint, signal);
    if (outcome.socket !== undefined || outcome.code === null) return outcome;
    const circumstances = {
      sourcePort: endpoint.sourcePort !== undefined,
      isFamilyHere: () => isFamilyHere(endpoint.address),
    };
    if (causeOf(outcome, circumstances) !== 'local-resources') return outcome;
    if (!(await passed(waitMs, signal))) return outcome;
  }
}

function connectOnce(endpoint: Endpoint, signal: Ending): Promise<Connection | Unconnected> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ socket: undefined, code: null, syscall: 'connect' });
      return;
    }
    const socket = new Socket();
    // Nothing is ever read from it: without this, Node would begin to as soon as it connects.
    socket.pause();
    let failure: Unconnected = { socket: undefined, code: null, syscall: 'connect' };
    const startedMs = performance.now();

    socket.on('error', (error) => {
      failure = failureOf(error);
    });
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(failure);
    });
    socket.once('connect', () => {
      const latencyMs = performance.now() - startedMs;
      signal.removeEventListener('abort', stop);
      resolve({ socket, latencyMs });
    });
    signal.addEventListener('abort', stop, { once: true });

    function stop(): void {
      socket.destroy();
    }

    try {
      socket.connect({
        host: endpoint.address,
        port: endpoint.port,
        ...(endpoint.sourcePort === undefined ? {} : { localPort: endpoint.sourcePort }),
        autoSelectFamily: false,
      });
    } catch (error) {
      failure = failureOf(error);
      socket.destroy();
    }
  });
}

function failureOf(error: unknown): Unconnected {
  if (!isErrno(error)) return { socket: undefined, code: 'EUNKNOWN', syscall: 'connect' };
  return { socket: undefined, code: error.code ?? 'EUNKNOWN', syscall: error.syscall ?? 'connect' };
}

/** Ends a connection that carried no data with a reset, so that it leaves nothing in TIME_WAIT; resolves once it is gone. */
export function reset(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    socket.once('close', () => resolve());
    // libuv refuses to reset while it shuts down, and Node would then never close.
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  });
}
