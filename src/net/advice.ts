import { isIP } from 'node:net';
import { formatHostPort } from './address.ts';
import type { Explanation } from './explanation-schema.ts';

/** Where a connection failed, by the evidence of its own host. */
export type Stage = 'name' | 'route' | 'neighbour' | 'refused' | 'dropped' | 'this host';

export interface Failure {
  readonly stage: Stage;
  /** Names the stage, and what to look at next. */
  readonly sentence: string;
}

/** A failed dial as a bundle holds it: by whom ever it was written. */
export interface Told {
  readonly cause?: string | null | undefined;
  readonly code?: string | null | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly explanation?: Explanation | undefined;
}

/** What a failed dial comes down to. Undefined where it did not fail, or the bundle holds no evidence beside it. */
export function failureOf({ cause, code, host = '', port = 0, explanation }: Told): Failure | undefined {
  if (typeof cause !== 'string' || explanation === undefined) return undefined;
  const known = { cause, code: code ?? null, host, port, ...explanation };
  if (cause.startsWith('dns-')) return { stage: 'name', sentence: nameSentence(known) };
  if (explanation.destination === null) return undefined;
  const { stage, what, next } = connecting({ ...known, destination: explanation.destination });
  const line = isLoopbackName(host)
    ? undefined
    : explanation.hostsFile.find(({ address }) => address === explanation.destination);
  const origin = line === undefined ? '' : `, an address that line ${line.line} of /etc/hosts gives ${host}`;
  const also = line === undefined ? '' : ', and whether that line is still right';
  return { stage, sentence: `${what}${origin}; next, ${next}${also}` };
}

/** Nobody doubts these lines. */
function isLoopbackName(name: string): boolean {
  return /^(localhost|ip6-localhost|ip6-loopback)\b/i.test(name);
}

interface Known extends Explanation {
  readonly cause: string;
  readonly code: string | null;
  readonly host: string;
  readonly port: number;
}

function nameSentence({ cause, code, host, hostsFile, resolver }: Known): string {
  const [server] = resolver?.servers ?? [];
  const ask = server === undefined ? 'the name servers in /etc/resolv.conf' : `\`dig @${server} ${host}\``;
  if (resolver === null || server === undefined) {
    return `Failed at the name: ${host} was not found, and /etc/resolv.conf names no name server; next, name one there`;
  }
  const asked = resolver.servers.join(', ');
  if (cause === 'dns-not-found') {
    if (code === 'ENODATA') {
      return `Failed at the name: ${host} has no address of the wanted family; next, ${ask} for A and AAAA, or another family`;
    }
    const file = hostsFile.length === 0 ? 'it is not in /etc/hosts, and ' : '';
    return `Failed at the name: ${host} is not known: ${file}the resolver, whose name servers are ${asked}, found none; next, its spelling and search domains, or ${ask}`;
  }
  return `Failed at the name: the name servers (${asked}) gave no usable answer for ${host}; next, ${ask}, and whether they can be reached`;
}

interface Found {
  readonly stage: Stage;
  readonly what: string;
  readonly next: string;
}

function connecting(known: Known & { readonly destination: string }): Found {
  const { destination, port, cause, code, sourceCode, neighbour, route, isOwn } = known;
  const place = formatHostPort(destination, port);
  if (sourceCode !== null) return routeFault(known);
  const rule = known.firewall?.rules.find(({ isCertain }) => isCertain);
  if (rule !== undefined && (rule.verdict === 'drop' ? cause === 'timeout' : cause !== 'timeout')) {
    const verb = rule.verdict === 'drop' ? 'Dropped' : 'Refused';
    return {
      stage: rule.verdict === 'drop' ? 'dropped' : 'refused',
      what: `${verb} by the firewall of this host itself: ${rule.rule}`,
      next: 'whether that rule is meant for it (`nft list ruleset`)',
    };
  }
  if (neighbour?.state === 'incomplete' && cause !== 'refused') {
    const who = route?.gateway === null ? neighbour.address : `the gateway ${neighbour.address}`;
    const how = isIP(neighbour.address) === 6 ? 'neighbour discovery' : 'ARP';
    return {
      stage: 'neighbour',
      what: `Failed at the neighbour: ${who} does not answer ${how} on ${neighbour.interface}`,
      next: 'whether it is up and on this network (cable, VLAN, address)',
    };
  }
  if (cause === 'refused') return isOwn ? ownRefusal(known, place) : farRefusal(known, place);
  if (cause === 'timeout') return silence(known, place);
  if (cause === 'permission') {
    return {
      stage: 'this host',
      what: `Forbidden by this host itself (${code ?? 'permission'})${firewallWords(known)}`,
      next: 'its firewall, IPsec policies and security modules',
    };
  }
  if (cause === 'unreachable') {
    return {
      stage: 'dropped',
      what: `Turned back on the way: something beyond this host's own route${viaWords(known)} reported ${destination} as unreachable (${code ?? '?'})${firewallWords(known)}`,
      next: `the routers and firewalls towards it (\`tracepath ${destination}\`)`,
    };
  }
  return {
    stage: 'dropped',
    what: `The way${viaWords(known)} is there, and the connection to ${place} broke (${code ?? cause})`,
    next: 'the service, and proxies or firewalls before it',
  };
}

const rejecting: Readonly<Record<string, string>> = { EINVAL: 'a blackhole', EACCES: 'prohibited' };

function routeFault({ destination, sourceCode, route }: Known): Found {
  const word = rejecting[sourceCode ?? ''] ?? 'unreachable';
  const what =
    route?.type === 'reject' && route.destination !== '::/0'
      ? `the route ${route.destination} of this host is ${word} (${sourceCode})`
      : `this host has no route to ${destination} (${sourceCode})`;
  const next = `\`ip route get ${destination}\`, and whether a default route or an interface is missing`;
  return { stage: 'route', what: `Failed at the route: ${what}`, next };
}

function ownRefusal(known: Known, place: string): Found {
  const { listeners, port } = known;
  if (listeners.length === 0) {
    return {
      stage: 'refused',
      what: `Refused by this host: nothing listens on its port ${port}`,
      next: 'whether the service runs, and on which port (`ss -ltnp`)',
    };
  }
  if (!listeners.some((listener) => listener === place || /^(0\.0\.0\.0|\[::\]):/.test(listener))) {
    return {
      stage: 'refused',
      what: `Refused by this host: its port ${port} is listened on at ${listeners.join(', ')} alone, not at ${place}`,
      next: 'the address to which the service is bound',
    };
  }
  return {
    stage: 'refused',
    what: `Refused by this host although something listens at ${listeners.join(', ')}${firewallWords(known)}`,
    next: 'its firewall, and whether the service had only just begun',
  };
}

function farRefusal(known: Known, place: string): Found {
  return {
    stage: 'refused',
    what: `Refused by the host: ${place} answered${viaWords(known)}, and nothing listens there, or a firewall rejects for it${firewallWords(known)}`,
    next: 'on that host, whether the service runs, and on which address and port (`ss -ltnp`)',
  };
}

function silence(known: Known, place: string): Found {
  const { isOwn, listeners } = known;
  if (isOwn && listeners.length > 0) {
    return {
      stage: 'dropped',
      what: `Dropped by this host itself: something listens at ${listeners.join(', ')}, and no connection came to stand${firewallWords(known)}`,
      next: 'whether the service still accepts (a full queue in `ss -ltn`)',
    };
  }
  if (isOwn) {
    return {
      stage: 'dropped',
      what: `Dropped by this host itself: it neither answers nor refuses at ${place}${firewallWords(known)}`,
      next: 'its firewall',
    };
  }
  return {
    stage: 'dropped',
    what: `Dropped on the way, or by the host: nothing came back from ${place}, to which this host sends${viaWords(known)}${firewallWords(known)}`,
    next: 'the firewalls between, and whether packets arrive there (`tcpdump`)',
  };
}

function viaWords({ route, neighbour }: Known): string {
  if (route === null) return '';
  const hop = route.gateway === null ? '' : ` and the gateway ${route.gateway}`;
  const answers = neighbour?.state === 'known' && route.gateway !== null ? ', which is there' : '';
  return ` by ${route.interface}${hop}${answers}`;
}

/** No more than was read of it. */
function firewallWords({ firewall }: Known): string {
  if (firewall === null) return '';
  const [maybe] = firewall.rules;
  if (maybe !== undefined) return `, and a rule of its own firewall may be why: ${maybe.rule}`;
  return firewall.unread === null
    ? ', and no nftables rule of its own is why'
    : `, its own firewall not read (${firewall.unread})`;
}
