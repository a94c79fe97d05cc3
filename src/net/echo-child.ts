import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer, isIP, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EndingSource, longestTimerMs } from '../contract/ending.ts';
import { bindUdp, sendUntilHeard } from './datagram.ts';
import { startDeadline } from './deadline.ts';
import { dialUnexplained } from './dial.ts';
import type { EchoEvent, EchoedTcp, EchoOrder } from './echo-events.ts';
import { OwnListener } from './own-listener.ts';

const never = new EndingSource();
const pollMs = 20;
/** Nobody waits for it any longer than this beyond its time. */
const graceMs = 15_000;

/**
 * The whole life of one end of `networkNamespaceConnectivity`: a process in a network namespace that lives as long as the process
 * does, so that nothing of it is left whatever happens to any of us.
 */
export async function runEchoChild(text: string): Promise<void> {
  const order = JSON.parse(text) as EchoOrder;
  const parent = process.ppid;
  setTimeout(leave, Math.min(order.timeoutMs + graceMs, longestTimerMs));
  setInterval(() => {
    if (process.ppid !== parent) leave();
  }, 250);
  process.stdout.on('error', leave);
  say({ event: 'started', pid: process.pid });
  if (order.role === 'server') await serve(order);
  else await ask(order);
}

function leave(): void {
  process.kill(process.pid, 'SIGKILL');
}

function say(event: EchoEvent, then?: () => void): void {
  process.stdout.write(`${JSON.stringify(event)}\n`, then);
}

async function serve({ address, port }: EchoOrder): Promise<void> {
  const udp = await until(() => bindUdp([address], port), isHere);
  if ('message' in udp) return say({ event: 'unable', protocol: 'udp', message: udp.message });
  udp.socket.on('message', (bytes, from) => {
    say({ event: 'arrived', protocol: 'udp', from: from.address });
    udp.socket.send(bytes, from.port, from.address, () => {});
  });
  const tcp = new OwnListener(
    createServer((socket) => {
      say({ event: 'arrived', protocol: 'tcp', from: socket.remoteAddress ?? 'unknown' });
      socket.pipe(socket);
    }),
  );
  // While its device comes up an address may be there for one and not yet for the other.
  const listening = await until(() => tcp.listen([address], port), isHere);
  if (typeof listening !== 'string') return say({ event: 'unable', protocol: 'tcp', message: listening.message });
  say({ event: 'listening' });
}

/** False while our address is yet to come. */
function isHere(bound: string | object): boolean {
  return typeof bound === 'string' || !('code' in bound) || bound.code !== 'EADDRNOTAVAIL';
}

async function until<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    await sleep(pollMs);
  }
}

/** Connecting a datagram socket sends nothing, but it needs an address and a route. */
function hasRoute(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const end = (has: boolean) => socket.close(() => resolve(has));
    socket.once('error', () => end(false)).once('connect', () => end(true));
    socket.connect(port, address);
  });
}

/** Both at the same time, so that one that gets no answer takes no time from the other. */
async function ask({ peer, port, timeoutMs }: EchoOrder): Promise<void> {
  const family = isIP(peer) === 6 ? 6 : 4;
  await until(() => hasRoute(peer, port), Boolean);
  const [udp, tcp] = await Promise.all([
    sendUntilHeard({ address: peer, family, port, totalMs: timeoutMs }, never),
    askByTcp(peer, port, timeoutMs),
  ]);
  say({ event: 'done', udp, tcp }, leave);
}

async function askByTcp(host: string, port: number, timeoutMs: number): Promise<EchoedTcp> {
  const target = { host, port, family: 'any', timeoutMs, attempts: 1, retryDelayMs: 0 } as const;
  const taken: Socket[] = [];
  const lookup = () => Promise.reject(new Error('only addresses are dialled here'));
  const { latencyMs, message, code } = await dialUnexplained(
    target,
    { lookup, signal: never },
    (socket) => void taken.push(socket),
  );
  const [socket] = taken;
  if (socket === undefined) return { isEchoed: false, latencyMs: null, message: `error dialing tcp: ${message}`, code };
  const isEchoed = await comesBack(socket, timeoutMs);
  socket.destroy();
  return {
    isEchoed,
    latencyMs,
    message: isEchoed ? '' : 'error reading from tcp socket: no echo came back',
    code: null,
  };
}

function comesBack(socket: Socket, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const token = randomBytes(20);
    const deadline = startDeadline(timeoutMs, never);
    deadline.signal.addEventListener('abort', () => resolve(false), { once: true });
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {}).once('close', () => resolve(false));
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= token.length) resolve(bytes.equals(token));
    });
    socket.resume();
    socket.write(token);
  });
}
