import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const example = 'write host:port, such as db.example.com:5432 or [2001:db8::1]:5432';

/** `host:port`, `[v6]:port`, `[fe80::1%eth0]:port`; an empty host is this machine. */
export function parseHostPort(text: string): HostPort | { readonly mistake: string } {
  const obvious = obviousMistake(text);
  if (obvious !== undefined) return { mistake: obvious };

  const bracketed = /^\[([^[\]]*)\](.*)$/.exec(text);
  if (bracketed !== null) {
    const [, inside = '', rest = ''] = bracketed;
    if (isIP(inside) !== 6) return { mistake: `"${inside}" in brackets is no IPv6 address; ${example}` };
    if (rest === '' || rest === ':') return { mistake: `"${text}" lacks a port; write [${inside}]:PORT` };
    if (!rest.startsWith(':')) return { mistake: `"${text}" has text after the bracket; write [${inside}]:PORT` };
    return withPort(text, inside, rest.slice(1));
  }
  // Node's pattern for IPv6 takes milliseconds to compile, and most addresses have one colon.
  if (text.indexOf(':') !== text.lastIndexOf(':') && isIP(text) === 6) {
    // The last group may have been meant as the port: ::1:80.
    const [, before = '', last = ''] = /^(.*[^:]):(\d{1,5})$/.exec(text) ?? [];
    const orPort = isIP(before) === 6 ? `, or [${before}]:${last}` : '';
    return { mistake: `"${text}" is an IPv6 address without brackets; write [${text}]:PORT${orPort}` };
  }

  const colon = text.lastIndexOf(':');
  const host = colon === -1 ? text : text.slice(0, colon);
  if (colon === -1 || colon === text.length - 1) {
    return { mistake: `"${text}" lacks a port; write ${host === '' ? 'localhost' : host}:PORT` };
  }
  if (host.includes(':')) {
    return {
      mistake:
        isIP(host) === 6
          ? `"${text}" is an IPv6 address without brackets; write [${host}]:${text.slice(colon + 1)}`
          : `"${text}" has too many colons; ${example}`,
    };
  }
  return withPort(text, host === '' ? 'localhost' : host, text.slice(colon + 1));
}

function obviousMistake(text: string): string | undefined {
  if (text === '') return `the address is empty; ${example}`;
  if (text.includes('{{') || text.includes('}}')) return `"${text}" has template text left in it; ${example}`;
  if (/\s/.test(text)) return `"${text}" has a blank in it; ${example}`;
  if (text.includes('://')) {
    const bare = /^[^:]*:\/\/(?:[^@/]*@)?([^/?#]*)/.exec(text)?.[1] ?? '';
    return `"${text}" is a URL; leave out the scheme and the path: write ${/:\d+$/.test(bare) ? bare : `${bare}:PORT`}`;
  }
  return undefined;
}

function withPort(text: string, host: string, port: string): HostPort | { readonly mistake: string } {
  const mistake = hostMistake(host);
  if (mistake !== undefined) return { mistake };
  if (/^[A-Za-z][\w-]*$/.test(port)) return { mistake: `"${port}" is a service name; write the port's number` };
  if (!/^\d{1,9}$/.test(port))
    return { mistake: `"${port}" is no port; "${text}" must end in a number from 1 to 65535` };
  const number = Number(port);
  if (number < 1 || number > 65_535) return { mistake: `port ${port} does not exist; write a number from 1 to 65535` };
  return { host, port: number };
}

/** What keeps a host name or literal from being looked up or dialled; undefined when nothing does. */
export function hostMistake(host: string): string | undefined {
  if (host === '') return 'the host is empty; write a name or an address';
  if (Buffer.byteLength(host) > 253)
    return `a host name has at most 253 characters, this one ${Buffer.byteLength(host)}`;
  const inDns = /[^\p{ASCII}]/u.test(host) ? domainToASCII(host) : '';
  if (inDns !== '') return `${JSON.stringify(host)} has letters that DNS does not know; write ${inDns}`;
  const strange = /[^A-Za-z0-9\-_.:%]/u.exec(host)?.[0];
  if (strange !== undefined) {
    return `${JSON.stringify(strange)} cannot be in a host name; allowed are letters, digits, - _ . and, in addresses, : %`;
  }
  if (isNumeric(host) && isIP(host) === 0) {
    return `"${host}" is no IPv4 address; write four numbers from 0 to 255 without leading zeros, such as 192.0.2.10`;
  }
  if (/[:%]/.test(host) && isIP(host) !== 6) return `"${host}" is neither a host name nor an IPv6 address`;
  return undefined;
}

/** Where a number stands for a name, the C library and URLs take it for an address: 010.0.0.1 for 8.0.0.1, and 1.2.3 for 1.2.0.3. */
export function isNumeric(host: string): boolean {
  return /^(0x[\da-f]*|\d+)(\.(0x[\da-f]*|\d*))*$/i.test(host);
}

export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `[::1]` is `::1`: people write an IPv6 address as in a URL. Anything else stays as it is. */
export function withoutBrackets(host: string): string {
  const inside = /^\[(.*)\]$/.exec(host)?.[1] ?? '';
  return isIP(inside) === 6 ? inside : host;
}
