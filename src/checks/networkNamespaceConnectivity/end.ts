import { randomBytes } from 'node:crypto';
import type { Host, Ran } from '../../contract/collector.ts';
import { EndingSource } from '../../contract/ending.ts';
import { formatIP, lastOf, type Network } from '../../go/net-ip.ts';
import { isErrno } from '../../net/classify.ts';
import { type EchoEvent, type EchoOrder, parseEchoEvent } from '../../net/echo-events.ts';

/** The two addresses of a network that the test uses. */
export interface Addresses {
  /** Of the end in the namespace: the first usable one. */
  readonly inner: string;
  /** Of this host, which is its gateway: the last usable one. */
  readonly outer: string;
  readonly prefix: number;
}

export function addressesOf({ family, value, prefix }: Network): Addresses {
  const inner = formatIP({ family, value: value + 1n });
  const outer = formatIP({ family, value: lastOf({ family, value, prefix }) - 1n });
  return { inner, outer, prefix };
}

/** A process of ours in a network namespace of its own, which ends with it. */
export interface End {
  readonly events: readonly EchoEvent[];
  /** Waits for an event of this kind; undefined when it ended before. */
  heard<K extends EchoEvent['event']>(kind: K): Promise<Extract<EchoEvent, { event: K }> | undefined>;
  /** Why it ended, where it did by itself. */
  why(): Promise<string>;
  /** Connects its namespace with this host; gives why that cannot be done. */
  connect(pid: number, addresses: Addresses): Promise<string | undefined>;
  /** Ends it, and what `connect` made; also when the run is over. */
  close(): Promise<void>;
}

const setupMs = 10_000;
const removalMs = 2000;

export function startEnd(order: EchoOrder, host: Host): End {
  const ending = new EndingSource();
  const stop = () => ending.abort(host.signal.reason);
  if (host.signal.aborted) stop();
  host.signal.addEventListener('abort', stop, { once: true });
  const device = `hb${randomBytes(5).toString('hex')}`;
  const events: EchoEvent[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  let rest = '';
  const wake = () => {
    for (const look of waiting) look();
  };
  const command = ['--net', ...host.child, 'echo', JSON.stringify(order)];
  const ran = host.run('unshare', command, {
    limitMs: order.timeoutMs + setupMs,
    signal: ending,
    onStdout(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      events.push(...lines.flatMap((line) => parseEchoEvent(line) ?? []));
      wake();
    },
  });
  const ended = ran
    .then(failureOf, (error: unknown) => notStarted('unshare', error))
    .finally(() => {
      isOver = true;
      host.signal.removeEventListener('abort', stop);
      wake();
    });
  return {
    events,
    heard: (kind) =>
      new Promise((resolve) => {
        const look = () => {
          const event = events.find((one) => one.event === kind);
          if (event === undefined && !isOver) return;
          waiting.delete(look);
          resolve(event as never);
        };
        waiting.add(look);
        look();
      }),
    why: () => ended,
    connect: (pid, addresses) => layCable(device, pid, addresses, host),
    async close() {
      ending.abort(host.signal.reason);
      // The kernel would do it too, but in its own time.
      const signal = new EndingSource();
      const removed = host.run('ip', ['link', 'del', device], { limitMs: removalMs, signal }).catch(() => {});
      await Promise.all([ended, removed]);
    },
  };
}

/**
 * Lays a cable (veth) between this host and the namespace of a process, with an address at both ends, and the host as gateway. It
 * vanishes with the namespace. Gives why it could not be laid.
 */
async function layCable(
  device: string,
  pid: number,
  { inner, outer, prefix }: Addresses,
  host: Host,
): Promise<string | undefined> {
  const inside = ['nsenter', `--net=/proc/${pid}/ns/net`];
  const commands = [
    ['ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)],
    ...addressed(['ip'], device, outer, prefix, 'fe80::1'),
    ['ip', 'link', 'set', device, 'up'],
    [...inside, 'ip', 'link', 'set', 'lo', 'up'],
    ...addressed([...inside, 'ip'], 'eth0', inner, prefix, 'fe80::2'),
    [...inside, 'ip', 'link', 'set', 'eth0', 'up'],
    [...inside, 'ip', 'route', 'add', 'default', 'via', outer],
  ];
  for (const [file = '', ...args] of commands) {
    const failure = await host.run(file, args, { limitMs: setupMs }).then(failureOf, (error: unknown) => {
      host.signal.throwIfAborted();
      return notStarted(file, error);
    });
    if (failure !== '') return `${[file, ...args].join(' ')}: ${failure}`;
  }
  return undefined;
}

/**
 * Commands that give a device its address. IPv6 asks for two seconds whether somebody else has an address before it is used (RFC 4862,
 * 5.4), also for the link-local one by which neighbours are found: on a cable of our own, both are given without asking.
 */
function addressed(
  ip: readonly string[],
  device: string,
  address: string,
  prefix: number,
  linkLocal: string,
): string[][] {
  const give = (text: string, ...more: string[]) => [...ip, 'addr', 'add', text, 'dev', device, ...more];
  if (!address.includes(':')) return [give(`${address}/${prefix}`)];
  return [
    [...ip, 'link', 'set', 'dev', device, 'addrgenmode', 'none'],
    give(`${linkLocal}/64`, 'nodad'),
    give(`${address}/${prefix}`, 'nodad'),
  ];
}

/** Empty where it went well. */
function failureOf({ exitCode, signal, stderr, timedOut }: Ran): string {
  if (exitCode === 0) return '';
  if (timedOut) return 'it took too long';
  return stderr.trim().split('\n').join('; ') || (signal === null ? `exit code ${exitCode}` : `ended by ${signal}`);
}

function notStarted(file: string, error: unknown): string {
  if (!isErrno(error)) return 'it was stopped';
  if (error.code !== 'ENOENT') return `${file} cannot be run (${error.code})`;
  return `there is no command ${file} on this host; install ${file === 'ip' ? 'iproute2' : 'util-linux'}`;
}
