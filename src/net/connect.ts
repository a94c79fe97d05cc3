import { Socket } from 'node:net';
import type { Address } from '../contract/collector.ts';
import type { Ending } from '../contract/ending.ts';
import { causeOf, isErrno } from './classify.ts';
import { passed } from './clock.ts';
import { isFamilyHere } from './interfaces.ts';

export interface Endpoint extends Address {
  readonly port: number;
  readonly sourcePort: number | undefined;
}

/** Who is told how it went: once, by one of the two. Ten thousand dials have no room for a promise at every step. */
export interface Opener {
  connected(socket: Socket, latencyMs: number): void;
  unconnected(code: string | null, syscall: string): void;
}

/**
 * A shortage of our own (descriptors, ephemeral ports) says nothing about the target: it is waited out for as long as
 * the ending allows, and only then told.
 */
export function open(endpoint: Endpoint, ending: Ending, opener: Opener, waitMs = 10): void {
  if (ending.aborted) {
    opener.unconnected(null, 'connect');
    return;
  }
  if (lacksZone(endpoint)) {
    opener.unconnected('EINVAL', 'connect');
    return;
  }
  const socket = new Socket();
  // Nothing is ever read from it: without this, Node would begin to as soon as it connects.
  socket.pause();
  let isConnected = false;
  let failure: NodeJS.ErrnoException | undefined;
  const stop = () => socket.destroy();
  const startedMs = performance.now();

  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('connect', () => {
    const latencyMs = performance.now() - startedMs;
    ending.removeEventListener('abort', stop);
    isConnected = true;
    opener.connected(socket, latencyMs);
  });
  socket.on('close', () => {
    if (isConnected) return;
    ending.removeEventListener('abort', stop);
    unconnected();
  });
  ending.addEventListener('abort', stop, { once: true });

  const { address: host, port, sourcePort: localPort } = endpoint;
  try {
    socket.connect(
      localPort === undefined
        ? { host, port, autoSelectFamily: false }
        : { host, port, localPort, autoSelectFamily: false },
    );
  } catch (error) {
    failure = isErrno(error) ? error : Object.assign(new Error(String(error)), { code: 'EUNKNOWN' });
    socket.destroy();
  }

  function unconnected(): void {
    const { code = 'EUNKNOWN', syscall = 'connect' } = failure ?? {};
    if (failure === undefined) opener.unconnected(null, 'connect');
    else if (!isOwnShortage(endpoint, code, syscall)) opener.unconnected(code, syscall);
    else
      void passed(waitMs, ending).then((isTime) => {
        if (isTime) open(endpoint, ending, opener, Math.min(waitMs * 2, 250));
        else opener.unconnected(code, syscall);
      });
  }
}

function isOwnShortage({ address, sourcePort }: Endpoint, code: string, syscall: string): boolean {
  const circumstances = { sourcePort: sourcePort !== undefined, isFamilyHere: () => isFamilyHere(address) };
  return causeOf({ code, syscall }, circumstances) === 'local-resources';
}

/** Ends a connection that carried no data with a reset, so that it leaves nothing in TIME_WAIT; resolves once it is gone. */
export function reset(socket: Socket): Promise<void> {
  return new Promise((resolve) => resetThen(socket, resolve));
}

export function resetThen(socket: Socket, gone: () => void): void {
  if (socket.closed) {
    gone();
    return;
  }
  socket.once('close', gone);
  // libuv refuses to reset while it shuts down, and Node would then never close.
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/**
 * A link-local address says nothing without its interface. Linux refuses it; libuv since 1.49 takes the first interface that it
 * finds, and so would answer for another network than the one that is meant.
 */
function lacksZone({ address, family }: Address): boolean {
  return family === 6 && /^fe[89ab]/i.test(address) && !address.includes('%');
}
