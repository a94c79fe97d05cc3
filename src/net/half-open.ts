import type { Host } from '../contract/collector.ts';
import { plainAddress } from './exchange.ts';
import { addressOf } from './port-holders.ts';

/** TCP_SYN_RECV (include/net/tcp_states.h): asked for, answered, and the answer not yet confirmed. */
const synReceived = '03';

export interface HalfOpenSocket {
  readonly port: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** The connections to these local ports that are half open, from /proc/net/tcp and tcp6; none where those cannot be read. */
export async function halfOpen(ports: ReadonlySet<number>, host: Host): Promise<readonly HalfOpenSocket[]> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => host.readText(path).catch(() => '')),
  );
  return tables
    .flatMap((table) => table.split('\n').flatMap((line) => ofLine(line) ?? []))
    .filter(({ port }) => ports.has(port));
}

function ofLine(line: string): HalfOpenSocket | undefined {
  const [, local = '', remote = '', state] = line.trim().split(/\s+/);
  if (state !== synReceived) return undefined;
  const [hex = '', hexPort = ''] = remote.split(':');
  const address = addressOf(hex);
  const port = Number.parseInt(local.split(':')[1] ?? '', 16);
  return address === undefined
    ? undefined
    : { port, remoteAddress: plainAddress(address), remotePort: Number.parseInt(hexPort, 16) };
}
