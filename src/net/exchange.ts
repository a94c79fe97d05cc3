import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Ending } from '../contract/ending.ts';
import type { ObjectSchema, Written } from '../contract/schema.ts';
import { formatHostPort } from './address.ts';

/**
 * Two of us at the two ends of a connection tell each other who they are. The listener speaks first, and the other answers only
 * what is one of us, so that no service of somebody else ever gets a byte. One line each:
 *
 *     hostbundle-listen/1 TOKEN 192.0.2.7:50122       TOKEN of this connection, and from where it arrived
 *     hostbundle-dial/1 TOKEN 10.0.0.7:50122          TOKEN of this dial, and from where it left
 */
const line = /^hostbundle-(listen|dial)\/1 ([0-9a-f]{32}) ([0-9a-fA-F.:%[\]\w-]{1,80})\n$/;
/** The longest line, and some more: whoever sends more is none of us. */
const mostBytes = 160;

const heardSchema = {
  type: 'object',
  nullable: true,
  description: 'What the other end said; null when it said nothing that we understand',
  required: ['token', 'from'],
  properties: {
    token: { type: 'string', description: 'Its token of this connection: 32 hexadecimal digits' },
    from: { type: 'string', description: 'Where the connection comes from, as the other end sees it: address:port' },
  },
} as const satisfies ObjectSchema;

export const exchangeSchema = {
  type: 'object',
  nullable: true,
  optional: true,
  description: 'What both ends told each other, for `analyze` of both bundles; null when nothing was connected',
  required: ['token', 'heard'],
  properties: {
    token: { type: 'string', description: 'Our token of this connection: 32 hexadecimal digits' },
    heard: heardSchema,
  },
} as const satisfies ObjectSchema;

export type Exchange = NonNullable<Written<typeof exchangeSchema>>;
type Heard = Exchange['heard'];

export const newToken = () => randomBytes(16).toString('hex');

/** The side that dialled: listens, answers, and lets go of the connection. Never rejects. */
export async function answer(socket: Socket, limitMs: number, ending: Ending): Promise<Exchange> {
  const token = newToken();
  const from = formatHostPort(socket.localAddress ?? '', socket.localPort ?? 0);
  const heard = await hear(socket, 'listen', limitMs, ending);
  if (heard !== null) await say(socket, `hostbundle-dial/1 ${token} ${from}\n`, limitMs);
  socket.resetAndDestroy();
  return { token, heard };
}

/** The side that listens: speaks, listens, and closes the connection. Never rejects. */
export async function greet(socket: Socket, token: string, limitMs: number, ending: Ending): Promise<Heard> {
  const from = formatHostPort(plainAddress(socket.remoteAddress), socket.remotePort ?? 0);
  socket.write(`hostbundle-listen/1 ${token} ${from}\n`);
  const heard = await hear(socket, 'dial', limitMs, ending);
  socket.destroy();
  return heard;
}

/** Without the wrap in which a listener for both families shows IPv4 addresses (RFC 4291, 2.5.5.2). */
export function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function hear(socket: Socket, who: 'listen' | 'dial', limitMs: number, ending: Ending): Promise<Heard> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const end = () => {
      clearTimeout(timer);
      ending.removeEventListener('abort', end);
      socket.removeAllListeners('data');
      const [, speaker, token = '', from = ''] = line.exec(bytes.toString('latin1')) ?? [];
      resolve(speaker === who ? { token, from } : null);
    };
    const timer = setTimeout(end, limitMs);
    ending.addEventListener('abort', end, { once: true });
    socket.on('error', end).on('close', end).on('end', end);
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      if (bytes.length > mostBytes || bytes.includes(10)) end();
    });
    socket.resume();
  });
}

/** Until the other end, which closes when it has heard us, is gone: a reset right behind the words would overtake them. */
function say(socket: Socket, text: string, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.end(text);
    socket.resume();
  });
}
