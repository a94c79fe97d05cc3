import { createAnchors } from '../anchors.ts';
import type { Finder } from '../span.ts';
import { findNames } from './find-names.ts';
import type { Learned } from './learned.ts';

/** Keys whose values name hosts, people and machines wherever they stand; prose has other words before a colon too. */
const hostKeys = 'host|hostname|host_name|node_?name|node|fqdn|remote_?host|server_?name|dns_?name|peer';
const userKeys = 'user|username|user_?name|login|logname|ruser';
const machineKeys = 'machine[-_]?id|system[-_]?uuid|product[-_]?uuid|boot[-_]?id';

/** What names hosts in a spec besides. */
const specKey =
  /^(?:hosts?|host_?names?|node_?name|node|fqdn|domain|search|dns_?name|peer|remote_?host|target|address|addr|url|endpoint|upstream|server_?name)$/i;
const userKey = new RegExp(`^(?:${userKeys})$`, 'i');

const host = '([a-z0-9](?:[a-z0-9-]{0,62})(?:\\.[a-z0-9-]{1,63}){0,20})';
const user = '([a-z_][a-z0-9._-]{1,31})';
const machine = '([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';

/** `"key":"value"`, also within a string; `key=value`; `key: value` on a line of its own. */
function valueAfter(keys: string, value: string): RegExp {
  const quoted = `(?<=["'])(?:${keys})\\\\{0,3}["'] {0,8}[:=]>? {0,8}\\\\{0,3}["']${value}(?=\\\\{0,3}["':/])`;
  const assigned = `(?:${keys})=["']?${value}(?=[\\s"'\\\\;,&:/)\\]}]|$)`;
  const line = `(?<=(?:^|\\n|\\\\n)[ \\t-]{0,64})(?:${keys}):[ \\t]{1,32}["']?${value}["']?(?::\\d{1,5})?[ \\t]{0,8}(?=[\\r\\n"\\\\]|$)`;
  return new RegExp(`(?<![a-mo-z])(?:${quoted}|${assigned}|${line})`, 'yi');
}

interface Telling {
  /** Lower case: only where one of them begins is looked. */
  readonly anchors: readonly string[];
  /** Sticky. What it captures is a name. */
  readonly pattern: RegExp;
  readonly learn: (learned: Learned, name: string) => boolean;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const asHost = (learned: Learned, name: string) => learned.host(name);
const asUser = (learned: Learned, name: string) => learned.user(name);
/** What rsyslog and syslogd write behind the name of the host. */
const behindHost = `([a-z0-9][a-z0-9.-]{0,62})(?= [\\w./()-]{1,64}(?:\\[\\d{1,10}\\])?:)`;

const tellings: readonly Telling[] = [
  {
    anchors: ['host', 'node', 'fqdn', 'remote', 'server', 'dns', 'peer'],
    pattern: valueAfter(hostKeys, host),
    learn: asHost,
  },
  { anchors: ['user', 'login', 'logname', 'ruser'], pattern: valueAfter(userKeys, user), learn: asUser },
  {
    anchors: ['machine', 'system', 'product', 'boot'],
    pattern: valueAfter(machineKeys, machine),
    learn: (learned, id) => learned.machine(id),
  },
  {
    anchors: ['://'],
    pattern: new RegExp(`://(?:[^\\s/@"'\\\\]{1,128}@)?${host}(?=[\\s"'\\\\:/?#,)]|$)`, 'yi'),
    learn: asHost,
  },
  { anchors: ['/home/', '/users/'], pattern: /\/(?:home|Users)\/([A-Za-z_][\w.-]{1,31})/y, learn: asUser },
  {
    // Of sshd and PAM.
    anchors: ['accepted', 'failed', 'invalid user', 'for user'],
    pattern:
      /(?:(?:Accepted|Failed) [\w/-]{1,32} for|[Ii]nvalid user|for user) (?:invalid user )?([A-Za-z_][\w.-]{1,31})(?= from\b| by\b|\(uid=)/y,
    learn: asUser,
  },
  {
    anchors: months,
    pattern: new RegExp(`[a-z]{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d ${behindHost}`, 'yi'),
    learn: asHost,
  },
  {
    anchors: ['z ', ...['00', '15', '30', '45'].map((minutes) => `:${minutes} `)],
    pattern: new RegExp(`(?<=\\dT\\d\\d:\\d\\d:[\\d.:+-]{2,16})(?:z|:\\d\\d) ${behindHost}`, 'yi'),
    learn: asHost,
  },
];

/** Masks nothing: it only notes whom a text names. */
export function createLearner(learned: Learned): Finder {
  const pairs = tellings.flatMap((telling) => telling.anchors.map((word) => ({ word, telling })));
  const anchors = createAnchors(pairs.map(({ word }) => word));
  return {
    find({ bytes, text }, from, to) {
      anchors.scan(bytes, from, to, (number, at) => {
        const telling = pairs[number]?.telling;
        if (telling === undefined || at < from) return;
        telling.pattern.lastIndex = at;
        const name = telling.pattern
          .exec(text)
          ?.slice(1)
          .find((group) => group !== undefined);
        if (name !== undefined) telling.learn(learned, name);
      });
      for (const { start, end, rule } of findNames(text, from, to, untold, false)) {
        const name = Buffer.from(text.slice(start, end), 'latin1').toString();
        // Of two labels the first is mostly an organisation.
        if (rule === 'host-name' && /\..*\./.test(name)) learned.shortName(name);
      }
      return [];
    },
  };
}

const untold = { label: () => undefined, user: () => undefined };

/** Whom data names, by its keys: what a spec asks for. */
export function learnData(value: unknown, learned: Learned, key = ''): void {
  if (typeof value === 'string') {
    if (specKey.test(key)) for (const name of hostsIn(value)) learned.host(name);
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
