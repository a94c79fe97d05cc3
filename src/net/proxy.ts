import { BlockList, isIP } from 'node:net';
import type { Host } from '../contract/collector.ts';

/** The proxy that the environment of this host names for a URL, by the rules of Go's golang.org/x/net/http/httpproxy. */
export function environmentProxy(url: URL, host: Pick<Host, 'environment'>): string | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const written = variable(name, host);
  if (written === undefined) return undefined;
  const hostname = bareHost(url);
  if (isLoopback(hostname)) return undefined;
  const exceptions = (variable('NO_PROXY', host) ?? '').split(',').map((one) => one.trim().toLowerCase());
  return exceptions.some((exception) => matches(exception, hostname, portOf(url))) ? undefined : written;
}

function variable(name: string, host: Pick<Host, 'environment'>): string | undefined {
  return host.environment(name) ?? host.environment(name.toLowerCase());
}

/** What is wrong with the URL of a proxy, or the URL; without a scheme it is `http`. */
export function parseProxy(written: string): URL | { readonly mistake: string } {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return { mistake: 'is no URL; write http://proxy.example.com:3128' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { mistake: `is of a kind that is not spoken here (${url.protocol}//); write an http or https proxy` };
  }
  return url;
}

/** The host of a URL as it is dialled: an IPv6 address without its brackets. */
export function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || isIn(loopback, hostname);
}

export function isIn(list: BlockList, hostname: string): boolean {
  const family = isIP(hostname);
  return family !== 0 && list.check(hostname, family === 6 ? 'ipv6' : 'ipv4');
}

/** `*`, an address, a block of them, `example.com` with all below it, `.example.com` without itself; each with or without a port. */
function matches(exception: string, hostname: string, port: number): boolean {
  if (exception === '') return false;
  if (exception === '*') return true;
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(exception) ?? [];
  if (network !== '') return isIn(block(network, Number(bits)), hostname);
  const [, withPort = exception, wanted] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(exception) ?? [];
  if (wanted !== undefined && Number(wanted) !== port) return false;
  const bare = withPort.replace(/^\[(.*)\]$/, '$1').replace(/^\*(?=\.)/, '');
  if (isIP(bare) !== 0) return isIn(block(bare, isIP(bare) === 6 ? 128 : 32), hostname);
  return bare.startsWith('.') ? hostname.endsWith(bare) : hostname === bare || hostname.endsWith(`.${bare}`);
}

function block(network: string, bits: number): BlockList {
  const list = new BlockList();
  const family = isIP(network);
  if (family !== 0 && bits <= (family === 6 ? 128 : 32)) list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4');
  return list;
}
