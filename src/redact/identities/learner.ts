import type { Finder } from '../span.ts';
import { findNames } from './find-names.ts';
import type { Learned } from './learned.ts';
import { isWordStart } from './text.ts';

/** Keys whose values name hosts, in results, specs and configuration. */
const hostKeys =
  'host|hosts|hostname|hostnames|host_?name|node_?name|node|fqdn|machine|domain|search|dns_?name|peer|remote_?host|target|address|addr|url|endpoint|upstream|server_?name';
const userKeys = 'user|username|user_?name|login|logname|ruser|owner';
const machineKeys = 'machine[-_]?id|system[-_]?uuid|product[-_]?uuid|boot[-_]?id';

const hostKey = new RegExp(`^(?:${hostKeys})$`, 'i');
const userKey = new RegExp(`^(?:${userKeys})$`, 'i');
const is = '\\\\?["\']?[ \\t]{0,8}[:=][ \\t]{0,8}\\\\?["\']?';

/** What follows a key must be a whole value: a sentence names nobody. */
const ends = '(?=[\\s,;"\'\\\\\\]})/:?#]|$)';

const patterns: readonly { readonly pattern: RegExp; readonly learn: (learned: Learned, name: string) => boolean }[] = [
  {
    pattern: new RegExp(
      `\\b(?:${hostKeys})${is}(?:[a-z][a-z0-9+.-]{0,15}://)?(?:[^\\s/@"'\\\\]{1,128}@)?([a-z0-9](?:[a-z0-9-]{0,62})(?:\\.[a-z0-9-]{1,63}){0,20})${ends}`,
      'gi',
    ),
    learn: (learned, name) => learned.host(name),
  },
  {
    pattern: new RegExp(`\\b(?:${userKeys})${is}([a-z_][a-z0-9._-]{1,31})${ends}`, 'gi'),
    learn: (learned, name) => learned.user(name),
  },
  {
    pattern: new RegExp(`\\b(?:${machineKeys})${is}([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`, 'gi'),
    learn: (learned, id) => learned.machine(id),
  },
  {
    pattern: /(?:\/home\/|\/Users\/)([A-Za-z_][\w.-]{1,31})/g,
    learn: (learned, name) => learned.user(name),
  },
  {
    pattern: /(?:for|user) (?:invalid user )?([A-Za-z_][\w.-]{1,31})(?= from\b| by\b|\(uid=)/g,
    learn: (learned, name) => learned.user(name),
  },
  {
    // RFC 3164 and what rsyslog writes today.
    pattern:
      /(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,16}(?:Z|[+-]\d\d:\d\d)) ([A-Za-z0-9][A-Za-z0-9.-]{0,62})(?= [\w./()-]{1,64}(?:\[\d{1,10}\])?:)/g,
    learn: (learned, name) => learned.host(name),
  },
];

/** Masks nothing: it only notes whom a text names. */
export function createLearner(learned: Learned): Finder {
  return {
    find({ text }, from, to) {
      for (const { pattern, learn } of patterns) {
        pattern.lastIndex = from;
        for (let match = pattern.exec(text); match !== null && match.index < to; match = pattern.exec(text)) {
          if (isWordStart(text, match.index) || pattern.source.startsWith('(?:')) learn(learned, match[1] ?? '');
        }
      }
      for (const { start, end, rule } of findNames(text, from, to, untold, false)) {
        if (rule === 'host-name') learned.host(Buffer.from(text.slice(start, end), 'latin1').toString());
      }
      return [];
    },
  };
}

const untold = { label: () => undefined, user: () => undefined };

/** Whom data names, by its keys: what a spec asks for. */
export function learnData(value: unknown, learned: Learned, key = ''): void {
  if (typeof value === 'string') {
    if (hostKey.test(key)) for (const name of hostsIn(value)) learned.host(name);
    else if (userKey.test(key) && /^[a-z_][\w.-]{1,31}$/i.test(value)) learned.user(value);
  } else if (Array.isArray(value)) {
    for (const item of value) learnData(item, learned, key);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) learnData(inner, learned, name);
  }
}

/** `host`, `host:port` or a URL; addresses are known by themselves. */
function hostsIn(value: string): readonly string[] {
  const host = /^(?:[a-z][\w+.-]*:\/\/)?(?:[^\s/@]*@)?([^\s/:?#[\]]+)(?::\d+)?(?:[/?#].*)?$/i.exec(value)?.[1] ?? '';
  return /^[\w\u0080-\uffff](?:[\w.\u0080-\uffff-]*[\w\u0080-\uffff])?$/.test(host) ? [host] : [];
}
