import type { Socket } from 'node:net';
import { defineCollector, type Host, type ParamMistake } from '../../contract/collector.ts';
import type { ObjectSchema, Written } from '../../contract/schema.ts';
import { parseTime } from '../../go/duration.ts';
import { hostMistake, parseHostPort } from '../../net/address.ts';
import { dialStatuses } from '../../net/classify.ts';
import { roundMs } from '../../net/clock.ts';
import { startDeadline } from '../../net/deadline.ts';
import { dial, type Target } from '../../net/dial.ts';
import { dialSchema } from '../../net/evidence.ts';
import { explanationMs } from '../../net/explain.ts';
import { handshakeMessage, handshakeStatus, handshakeStatuses, shakeHands } from '../../net/handshake.ts';
import { describePeer, peerSchema } from '../../net/peer.ts';
import { readIdentity, readTrust, secureContext } from '../../net/trust.ts';
import example from './example.yaml';

const params = {
  type: 'object',
  description: 'Dials a TCP address and makes a TLS handshake, whatever the certificate; sends nothing more',
  required: ['address'],
  properties: {
    address: { type: 'string', description: 'host:port; an IPv6 address in brackets' },
    timeout: {
      type: 'string',
      format: 'go-duration',
      default: '10s',
      description: 'Time limit of the whole: name lookup, connection and handshake; 0 is 150s',
    },
    serverName: {
      type: 'string',
      minLength: 1,
      description: 'Name that is asked for (SNI) and that the certificate must be for; absent: the host of the address',
    },
    alpn: {
      type: 'array',
      maxItems: 20,
      description: 'Application protocols to offer, such as h2 and http/1.1, the preferred first',
      items: { type: 'string', minLength: 1, description: 'Its registered name' },
    },
    caCert: {
      type: 'string',
      description:
        'Whom to trust: PEM is trusted alone; a file or folder of this host is trusted beside what the host trusts anyway',
    },
    clientCert: { type: 'string', description: 'Certificate to show, with its chain: PEM, or the path of a file' },
    clientKey: { type: 'string', description: 'Its private key: PEM, or the path of a file; never kept' },
  },
} as const satisfies ObjectSchema;

const result = {
  ...dialSchema,
  description: 'How a TLS server answered: the dial as tcpConnect writes it, and what the handshake told',
  properties: {
    ...dialSchema.properties,
    status: {
      type: 'string',
      enum: [...dialStatuses, ...handshakeStatuses],
      description: 'connected when the handshake was made, whatever the certificate; else what kept it from being made',
    },
    code: {
      ...dialSchema.properties.code,
      description: 'Error code of the system or of OpenSSL that decided; null when connected, or when the time ran out',
    },
    tls: peerSchema,
  },
} as const satisfies ObjectSchema;

export const tls = defineCollector({
  type: 'tls',
  title: 'TLS Handshake',
  summary: 'Whether a TLS server can be talked to, and what a strict client would say of its certificate',
  example,
  params,
  result,
  defaultName: 'tls',
  output: (name) => `host-collectors/tls/${name}.json`,
  prepare({ address, timeout, serverName, ...rest }) {
    const mistakes: ParamMistake[] = [];
    const { ms, mistake } = parseTime(timeout);
    if (mistake !== undefined) mistakes.push({ path: 'timeout', message: mistake });
    const nameMistake = serverName === undefined ? undefined : hostMistake(serverName);
    if (nameMistake !== undefined) mistakes.push({ path: 'serverName', message: `is wrong: ${nameMistake}` });
    if ((rest.clientCert === undefined) !== (rest.clientKey === undefined)) {
      const [path, other] = rest.clientCert === undefined ? ['clientKey', 'clientCert'] : ['clientCert', 'clientKey'];
      mistakes.push({ path, message: `is of no use without ${other}` });
    }
    const hostPort = parseHostPort(address);
    if ('mistake' in hostPort) return { mistakes: [{ path: 'address', message: hostPort.mistake }, ...mistakes] };
    if (mistakes.length > 0) return { mistakes };
    return { params: { ...rest, ...hostPort, serverName: serverName ?? hostPort.host, timeoutMs: ms || 150_000 } };
  },
  deadlineMs: ({ timeoutMs }) => timeoutMs + explanationMs + 1000,
  load: 'network',
  claims: ({ port }) => [{ resource: `port:${port}`, alone: false }],
}).collect(async (params, host) => {
  const result = await look(params, host);
  const { status, address, message } = result;
  return { result, ...(status !== 'connected' && { complaint: `failed to shake hands with ${address}: ${message}` }) };
});

interface Wanted extends Pick<Target, 'host' | 'port' | 'timeoutMs'> {
  readonly serverName: string;
  readonly alpn?: readonly string[] | undefined;
  readonly caCert?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

async function look(wanted: Wanted, host: Host): Promise<Written<typeof result>> {
  const { serverName, alpn = [], timeoutMs } = wanted;
  const trust = await readTrust(wanted.caCert, host);
  const identity = await readIdentity(wanted.clientCert, wanted.clientKey, host);
  const context = secureContext(trust, identity, 'lenient');

  const startedMs = performance.now();
  const deadline = startDeadline(timeoutMs, host.signal);
  const sockets: Socket[] = [];
  try {
    const target: Target = { ...wanted, family: 'any', attempts: 1, retryDelayMs: 0 };
    const dialled = await dial(target, host, (socket) => sockets.push(socket));
    const [socket] = sockets;
    if (socket === undefined) return { ...dialled, tls: null };
    const shaken = await shakeHands(socket, { serverName, alpn, context, settles: true }, deadline.signal);
    host.signal.throwIfAborted();
    const durationMs = roundMs(performance.now() - startedMs);
    if (shaken.socket === undefined) {
      const { code } = shaken;
      return {
        ...dialled,
        status: handshakeStatus(code),
        message: handshakeMessage(code),
        code,
        durationMs,
        tls: null,
      };
    }
    shaken.socket.destroy();
    return { ...dialled, durationMs, tls: describePeer(shaken.handshake, trust, Date.now()) };
  } finally {
    deadline.end();
  }
}
