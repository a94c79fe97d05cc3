import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP, Socket } from 'node:net';
import type { Ending } from '../contract/ending.ts';
import { isErrno } from './classify.ts';
import { roundMs } from './clock.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { type DnsRecord, decodeAnswer, encodeQuestion, type RecordType } from './dns-message.ts';

/** What one name server said to one question. */
export interface Asked {
  readonly type: RecordType;
  /** The server's own word, such as NXDOMAIN; null when it gave no answer. */
  readonly responseCode: string | null;
  /** Why there is no answer: the system's code, ETIMEOUT for our time limit, EBADRESP for an answer that is none, EBADNAME. */
  readonly error: string | null;
  readonly records: readonly DnsRecord[];
  readonly transport: 'udp' | 'tcp';
  /** Our own address, as the kernel chose it; null where it had no way. */
  readonly source: string | null;
  readonly durationMs: number;
}

type Heard = Pick<Asked, 'responseCode' | 'error' | 'records' | 'source'> & { readonly truncated: boolean };

const tryMs = 2000;
const tries = 2;
const dnsPort = 53;

/**
 * Asks one server, over UDP and again when nothing came, over TCP when the answer was cut. It always ends, and nothing of it is
 * left then: c-ares would do neither what libc does nor show what came. Rejects when `ending` aborts.
 */
export async function askServer(server: string, name: string, type: RecordType, ending: Ending): Promise<Asked> {
  const startedMs = performance.now();
  const question = encodeQuestion(randomInt(0x1_0000), name, type);
  const told = ({ truncated: _, ...heard }: Heard, transport: Asked['transport']): Asked => {
    return { type, ...heard, transport, durationMs: roundMs(performance.now() - startedMs) };
  };
  if (question === undefined) return told(unheard('EBADNAME'), 'udp');
  // Node would look its name up, which nothing can end.
  if (isIP(server) === 0) return told(unheard('EINVAL'), 'udp');
  let heard = unheard('ETIMEOUT');
  for (let tried = 0; tried < tries && heard.error === 'ETIMEOUT'; tried++) {
    heard = await within(tryMs, ending, (deadline) => overUdp(server, question, deadline));
  }
  if (!heard.truncated) return told(heard, 'udp');
  const whole = await within(tryMs, ending, (deadline) => overTcp(server, question, deadline));
  // What was cut is more than nothing.
  return whole.error === null ? told(whole, 'tcp') : told(heard, 'udp');
}

async function within(limitMs: number, ending: Ending, ask: (deadline: Deadline) => Promise<Heard>): Promise<Heard> {
  ending.throwIfAborted();
  const deadline = startDeadline(limitMs, ending);
  try {
    const heard = await ask(deadline);
    ending.throwIfAborted();
    return heard;
  } finally {
    deadline.end();
  }
}

function overUdp(server: string, question: Buffer, { signal }: Deadline): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server) === 6 ? 'udp6' : 'udp4');
    let source: string | null = null;
    const end = (heard: Heard) => {
      signal.removeEventListener('abort', onTimeout);
      try {
        socket.close();
      } catch {
        // It is closed already.
      }
      resolve({ ...heard, source });
    };
    const onTimeout = () => end(unheard('ETIMEOUT'));
    signal.addEventListener('abort', onTimeout, { once: true });
    socket.on('error', (error) => end(unheard(codeOf(error))));
    // Not as its callback, which is told errors as well.
    socket.on('connect', () => {
      source = socket.address().address;
      socket.send(question);
    });
    socket.on('message', (message) => {
      const heard = hear(message, question);
      // Not to this question: the answer may still come.
      if (heard !== undefined) end(heard);
    });
    try {
      // Connected, so that nobody else's answers get in, and a closed port is told.
      socket.connect(dnsPort, server);
    } catch (error) {
      end(unheard(codeOf(error)));
    }
  });
}

function overTcp(server: string, question: Buffer, { signal }: Deadline): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const chunks: Buffer[] = [];
    let source: string | null = null;
    const end = (heard: Heard) => {
      signal.removeEventListener('abort', onTimeout);
      socket.destroy();
      resolve({ ...heard, source });
    };
    const onTimeout = () => end(unheard('ETIMEOUT'));
    signal.addEventListener('abort', onTimeout, { once: true });
    socket.on('error', (error) => end(unheard(codeOf(error))));
    socket.on('close', () => end(unheard('EBADRESP')));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      if (all.length < 2 || all.length < 2 + all.readUInt16BE(0)) return;
      end(hear(all.subarray(2, 2 + all.readUInt16BE(0)), question) ?? unheard('EBADRESP'));
    });
    socket.connect({ host: server, port: dnsPort, autoSelectFamily: false }, () => {
      source = socket.localAddress ?? null;
      socket.write(Buffer.concat([Buffer.from([question.length >> 8, question.length & 255]), question]));
    });
  });
}

function hear(message: Buffer, question: Buffer): Heard | undefined {
  try {
    const answer = decodeAnswer(message, question);
    return answer && { ...answer, error: null, source: null };
  } catch {
    return unheard('EBADRESP');
  }
}

function unheard(error: string): Heard {
  return { responseCode: null, error, records: [], source: null, truncated: false };
}

function codeOf(error: unknown): string {
  return isErrno(error) ? (error.code ?? 'EUNKNOWN') : 'EUNKNOWN';
}
