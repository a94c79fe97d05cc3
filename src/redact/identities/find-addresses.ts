import { formatIP, type IP, parseIP } from '../../go/net-ip.ts';
import type { Span } from '../span.ts';
import { formatMac, type Translation } from './stand-ins.ts';
import { isWordStart, wordStart } from './text.ts';

type Addresses = Pick<Translation, 'ip' | 'mac'>;
type Add = (span: Span) => void;

/** How far back a match may begin that reaches into what is asked for. */
const reach = 64;

/** Every address in any spelling that begins in [from, to), with what stands for it. */
export function findAddresses(text: string, from: number, to: number, addresses: Addresses): Span[] {
  const spans: Span[] = [];
  const add: Add = (span) => {
    if (span.start >= from && span.start < to) spans.push(span);
  };
  for (const { pattern, before, take } of forms) {
    pattern.lastIndex = Math.max(0, from - reach);
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      let start = match.index;
      while (match.index - start < before && isHex(text.charCodeAt(start - 1))) start--;
      if (start >= to) break;
      take(text, start, text.slice(start, pattern.lastIndex), addresses, add);
    }
  }
  return spans;
}

/** What all of a kind match from their first separator on, which is found fast; how many digits may stand before; what decides. */
const forms: readonly {
  readonly pattern: RegExp;
  readonly before: number;
  readonly take: (text: string, start: number, found: string, addresses: Addresses, add: Add) => void;
}[] = [
  { pattern: /\d{1,10}(?:\.\d{1,10}){3,}/g, before: 0, take: takeDotted },
  { pattern: /(?<=\d)-\d{1,3}-\d{1,3}-\d{1,3}/g, before: 3, take: takeDashed },
  { pattern: /:[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4})+/g, before: 4, take: takeColons },
  { pattern: /%3[Aa][0-9A-Fa-f]{0,4}(?:%3[Aa][0-9A-Fa-f]{0,4})+/g, before: 4, take: takeColons },
  { pattern: /(?<=[0-9A-Fa-f]{2})-[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){4}/g, before: 2, take: takeMac },
  { pattern: /(?<=[0-9A-Fa-f]{4})\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}/g, before: 4, take: takeMac },
  { pattern: /(?<=[0-9A-Fa-f])\.[0-9A-Fa-f](?:\.[0-9A-Fa-f]){30}\.ip6\.arpa/gi, before: 1, take: takeNibbles },
];

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** Four numbers; a fifth is a port, as tcpdump writes it; of more it is something else. */
function takeDotted(text: string, start: number, found: string, { ip }: Addresses, add: Add): void {
  for (const begin of new Set([wordStart(text, start), start])) {
    const parts = found.slice(begin - start).split('.');
    if (parts.length > 5 || parts.length < 4) continue;
    const own = parts.slice(0, 4);
    const address = parseIP(own.map((part) => part.replace(/^0+(?=\d)/, '')).join('.'));
    if (address === undefined) continue;
    const end = begin + own.join('.').length;
    const isReversed = parts.length === 4 && /^\.in-addr\.arpa/i.test(text.slice(end, end + 13));
    const standIn = ip(isReversed ? reversed(address) : address);
    if (standIn === undefined) return;
    add(ipSpan(begin, end, formatIP(isReversed ? reversed(standIn) : standIn)));
    return;
  }
}

/** As clouds write an address into the name of a host. */
function takeDashed(text: string, from: number, all: string, { ip }: Addresses, add: Add): void {
  const found = all.replace(/^[a-f]+/i, '');
  const end = from + all.length;
  const start = end - found.length;
  if (/\d/.test(text[start - 1] ?? '') || /^-?\d/.test(text.slice(end, end + 2))) return;
  const address = parseIP(found.replaceAll('-', '.'));
  const standIn = address === undefined ? undefined : ip(address);
  if (standIn !== undefined) add(ipSpan(start, end, formatIP(standIn).replaceAll('.', '-')));
}

function takeColons(text: string, start: number, raw: string, addresses: Addresses, add: Add): void {
  const tail = /(?<=:|%3[Aa])\d{1,3}$/.exec(raw);
  const quad = tail === null ? null : /^(?:\.\d{1,3}){3}/.exec(text.slice(start + raw.length, start + raw.length + 12));
  const all = raw + (quad?.[0] ?? '');
  for (const begin of new Set([wordStart(text, start), start])) {
    const found = all.slice(begin - start);
    if (found === '' || !(begin !== start || isWordStart(text, begin) || found.startsWith(':'))) continue;
    if (takeChain(begin, found, addresses, add)) return;
  }
}

/** An Ethernet address, else one of IPv6, with what may stand around it cut off. */
function takeChain(begin: number, found: string, { ip, mac }: Addresses, add: Add): boolean {
  const isEncoded = found.includes('%');
  const plain = found.replace(/%3a/gi, ':');
  const groups = plain.split(':');
  const inForm = (text: string) => (isEncoded ? text.replaceAll(':', '%3A') : text);
  if (groups.length === 6 && groups.every((group) => group.length === 2)) {
    const standIn = mac(BigInt(`0x${groups.join('')}`));
    if (standIn !== undefined) add(macSpan(begin, begin + found.length, inForm(likeCase(plain, formatMac(standIn)))));
    return true;
  }
  // Digests of certificates and keys look so.
  if (groups.length > 9 && groups.every((group) => group.length === 2)) return true;
  for (const [skip, candidate] of candidates(plain)) {
    const address = parseIP(candidate);
    if (address === undefined || !/\d/.test(candidate)) continue;
    const standIn = ip(address);
    if (standIn === undefined) return true;
    const start = begin + inForm(plain.slice(0, skip)).length;
    const end = start + inForm(candidate).length;
    add(ipSpan(start, end, inForm(formatIPv6(standIn, candidate.includes('.')))));
    return true;
  }
  return false;
}

/** The whole, without a colon of the text before or behind, without a port. */
function* candidates(plain: string): Generator<readonly [number, string]> {
  // Of an account's line: `:1000:1000::/home/…`.
  for (const skip of plain.startsWith(':') && !plain.endsWith('::') ? [0, 1] : [0]) {
    const text = plain.slice(skip);
    yield [skip, text];
    if (text.endsWith(':')) yield [skip, text.slice(0, -1)];
    const port = /^((?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}):\d{1,5}$/i.exec(text)?.[1];
    if (port !== undefined) yield [skip, port];
  }
}

function takeMac(text: string, start: number, found: string, { mac }: Addresses, add: Add): void {
  const end = start + found.length;
  if (/^[.-]?[0-9A-Fa-f]/.test(text.slice(end, end + 2)) || !isWordStart(text, start)) return;
  if (/[.-]/.test(text[start - 1] ?? '') && /[0-9A-Fa-f]/.test(text[start - 2] ?? '')) return;
  const standIn = mac(BigInt(`0x${found.replace(/[.-]/g, '')}`));
  if (standIn === undefined) return;
  const hex = formatMac(standIn).replaceAll(':', '');
  const shaped = found.includes('-') ? hex.match(/../g)?.join('-') : hex.match(/..../g)?.join('.');
  add(macSpan(start, end, likeCase(found, shaped ?? '')));
}

function takeNibbles(_: string, start: number, found: string, { ip }: Addresses, add: Add): void {
  const nibbles = found.slice(0, 63);
  const standIn = ip({ family: 6, value: BigInt(`0x${[...nibbles].reverse().join('').replaceAll('.', '')}`) });
  if (standIn === undefined) return;
  const hex = standIn.value.toString(16).padStart(32, '0');
  add(ipSpan(start, start + 63, [...hex].reverse().join('.')));
}

function reversed({ family, value }: IP): IP {
  const bytes = [0n, 8n, 16n, 24n].map((shift) => (value >> shift) & 255n);
  return { family, value: bytes.reduce((sum, byte) => (sum << 8n) | byte, 0n) };
}

/** Never with a colon at the end, which YAML takes for a key. */
function formatIPv6(ip: IP, isDotted: boolean): string {
  const text = formatIP(ip);
  if (isDotted && text.startsWith('::ffff:'))
    return `::ffff:${formatIP({ family: 4, value: ip.value & 0xffff_ffffn })}`;
  return text.endsWith(':') ? `${text}0` : text;
}

function likeCase(found: string, text: string): string {
  return /[A-F]/.test(found) ? text.toUpperCase() : text;
}

function ipSpan(start: number, end: number, replacement: string): Span {
  return { start, end, replacement, rule: 'ip-address', isSecret: false };
}

function macSpan(start: number, end: number, replacement: string): Span {
  return { start, end, replacement, rule: 'mac-address', isSecret: false };
}
