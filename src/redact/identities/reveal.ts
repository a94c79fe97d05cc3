import { formatIP, parseIP } from '../../go/net-ip.ts';
import { createScrub, type Scrub } from '../scrub.ts';
import type { Finder, Span } from '../span.ts';
import { findAddresses } from './find-addresses.ts';
import { formatMac, type IdentityKind, identityKinds, inShapeOf, type StandIn } from './stand-ins.ts';
import { isWordEnd, isWordStart, lowered } from './text.ts';

/** What a map may hold, so that what is put into a text cannot be anything else: no quotes, blanks or controls. */
const forms: Readonly<Record<IdentityKind, RegExp>> = {
  'ip-address': /^[0-9a-f.:]{2,45}$/,
  'mac-address': /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/,
  'host-name': /^[\p{L}\p{N}\p{M}_-]{1,253}$/u,
  'email-address': /^[\p{L}\p{N}\p{M}._%+-]{1,64}$/u,
  'user-name': /^[\p{L}\p{N}\p{M}._%+-]{1,64}$/u,
  'machine-id': /^[0-9a-f]{32}$/,
};

/** Whether an entry of a map is one. */
export function isStandIn(value: unknown): value is StandIn {
  const { kind, standIn, is } = (value ?? {}) as Partial<Record<keyof StandIn, unknown>>;
  const known = identityKinds.find((candidate) => candidate === kind);
  return known !== undefined && typeof standIn === 'string' && typeof is === 'string' && forms[known].test(is);
}

/** Puts identities back where their stand-ins are, in text of any kind that passes through. */
export function createReveal(standIns: readonly StandIn[]): Scrub {
  const byStandIn = new Map(standIns.map(({ kind, standIn, is }) => [lowered(standIn), { kind, is }]));
  const back = (standIn: string, ...kinds: readonly IdentityKind[]) => {
    const found = byStandIn.get(lowered(standIn));
    return found !== undefined && kinds.includes(found.kind) ? Buffer.from(found.is).toString('latin1') : undefined;
  };
  const addresses = {
    ip(ip: Parameters<typeof formatIP>[0]) {
      const text = back(formatIP(ip), 'ip-address');
      return text === undefined ? undefined : parseIP(text);
    },
    mac(value: bigint) {
      const text = back(formatMac(value), 'mac-address');
      return text === undefined ? undefined : BigInt(`0x${text.replaceAll(':', '')}`);
    },
  };
  const finder: Finder = {
    find({ text }, from, to) {
      return [...findAddresses(text, from, to, addresses), ...findTokens(text, from, to, back)];
    },
  };
  return createScrub({ finders: [finder], onSpan: () => undefined });
}

const tokens = /[hu]-[a-z2-7]{13}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

function findTokens(
  text: string,
  from: number,
  to: number,
  back: (standIn: string, ...kinds: readonly IdentityKind[]) => string | undefined,
): Span[] {
  const spans: Span[] = [];
  tokens.lastIndex = from;
  for (let match = tokens.exec(text); match !== null && match.index < to; match = tokens.exec(text)) {
    const [found] = match;
    const [start, end] = [match.index, match.index + found.length];
    if (!isWordStart(text, start) || !isWordEnd(text, end)) continue;
    const isWord = /^[hu]-/i.test(found);
    const is = isWord
      ? back(found, 'host-name', 'user-name', 'email-address')
      : back(found.replaceAll('-', ''), 'machine-id');
    if (is === undefined) continue;
    const shaped = isWord ? is : inShapeOf(found, is);
    const replacement = /[A-Z]/.test(found) ? shaped.toUpperCase() : shaped;
    spans.push({ start, end, replacement, rule: 'stand-in', isSecret: false });
  }
  return spans;
}
