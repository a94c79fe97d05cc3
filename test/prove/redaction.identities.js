/**
 * Identities of each kind planted in files of many shapes, with what names a host or a person in another file than those where the
 * name stands bare; every byte that comes out is searched for them in each form, and the map brings them back.
 */
import { join } from 'node:path';
import { bundled } from './bundled.js';

/** What each fault of the harness plants. */
export const identityFaults = {
  names: ['src/redact/identities/masking.ts', '...findNames(text, from, to, standIns, onlyPublic),', ''],
  learning: ['src/redact/redaction.ts', 'for (const entry of shown) guarded(entry, [learner]);', ''],
};

const perFile = 20;
const perRun = 500;

export async function proveIdentities({ count, random, fault, folder, log, encodings, filler }) {
  const planted = identityFaults[fault];
  // A folder of its own: what was imported once is not read again.
  const own = join(folder, 'identities');
  const at = (file) => bundled(file, own, planted?.[0] === file ? planted : undefined);
  const { createRedaction } = await at('src/redact/redaction.ts');
  const { createMasking } = await at('src/redact/identities/masking.ts');
  const { createReveal } = await at('src/redact/identities/reveal.ts');
  const failures = [];
  const tally = new Map();
  let leaked = 0;
  let lost = 0;
  for (let done = 0; done < count; done += perRun) {
    const masking = createMasking({
      level: 'all',
      key: Buffer.from(Array.from({ length: 32 }, () => random.below(256))),
      vocabulary: new Set(['connect']),
      remembers: true,
    });
    const redaction = createRedaction({ masking, budgetMs: 60_000 });
    const entries = [];
    const expected = [];
    for (let file = 0; file < perRun / perFile; file++) {
      const parts = Array.from({ length: perFile }, () => plant(random));
      const encoding = random.pick(encodings);
      const bare = parts.filter(({ kind }) => learned.has(kind)).map(({ identity }) => `about ${identity}, bare`);
      const inName = parts[0].identity.replaceAll('/', '_');
      entries.push(await redaction.redact({ path: `early/${done}-${file} ${inName}.log`, content: bare.join('\n') }));
      const content = encoding.encode(parts.map(({ text }) => `${filler(random)}\n${text}\n`).join(''));
      entries.push(await redaction.redact({ path: `late/${done}-${file}.log`, content }));
      expected.push(...parts.map((part) => ({ ...part, encoding: encoding.name })));
    }
    const masked = redaction.mask(entries);
    const hidden = masked.filter(({ withheld }) => withheld !== undefined);
    if (hidden.length > 0) failures.push(`${hidden[0].path} is withheld: ${hidden[0].withheld}`);
    const shown = masked
      .map(({ path, bytes }) => `${path}\n${Buffer.from(bytes).toString('latin1').replaceAll('\0', '')}`)
      .join('\n')
      .toLowerCase()
      .replaceAll('%2f', '/');
    // Someone's stand-in may be what somebody else is.
    const standIns = new Set(masking.standIns().map(({ standIn }) => standIn));
    const passage = createReveal(masking.standIns());
    const pieces = [...passage.write(Buffer.from(shown, 'latin1')), ...passage.end()];
    const revealed = Buffer.concat(pieces).toString('latin1').toLowerCase();
    for (const { kind, identity, shape, encoding } of expected) {
      tally.set(kind, (tally.get(kind) ?? 0) + 1);
      const canonical = identity.toLowerCase();
      if (!standIns.has(canonical) && formsOf(canonical).some((form) => holds(shown, form))) {
        leaked++;
        failures.push(`leaked in ${encoding}: ${kind} in ${shape}: ${identity}`);
      }
      if (
        !formsOf(canonical)
          .slice(0, isAddress(canonical) ? undefined : 2)
          .some((form) => holds(revealed, form))
      ) {
        lost++;
        failures.push(`not revealed in ${encoding}: ${kind} in ${shape}: ${identity}`);
      }
    }
  }
  log(`${count} identities of ${tally.size} kinds, ${leaked} leaked, ${lost} not brought back by the map`);
  return failures;
}

/** An address as a word: it may be within another. */
function holds(text, form) {
  if (!isAddress(form)) return text.includes(form);
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
    if (!/[0-9a-f]/.test(text[at - 1] ?? '') && !/[0-9a-f]/.test(text[at + form.length] ?? '')) return true;
  }
  return false;
}

const letters = 'abcdefghijkmnopqrstuvwxyz';
const word = (random, length) => Array.from({ length }, () => random.pick([...letters])).join('');
const hex = (random, length) => Array.from({ length }, () => random.below(16).toString(16)).join('');
const byte = (random) => random.below(256);
const label = (random) =>
  `${word(random, 4 + random.below(6))}${random.pick(['', '-', ''])}${word(random, 3)}${random.below(90) + 10}`;

const publicOctet = (random) => random.pick([8, 34, 52, 93, 142, 185, 203, 212]);

const kinds = {
  'public IPv4': (random) => [publicOctet(random), byte(random), byte(random), byte(random)].join('.'),
  'private IPv4': (random) => `10.${byte(random)}.${byte(random)}.${byte(random)}`,
  'public IPv6': (random) => `2a0${random.below(10)}:${hex4(random)}::${hex4(random)}:${hex4(random)}`,
  'local IPv6': (random) => `fd${hex(random, 2)}:${hex4(random)}:${hex4(random)}:${hex4(random)}::${hex4(random)}`,
  'link-local IPv6': (random) => `fe80::${hex4(random)}:${hex4(random)}:${hex4(random)}:${hex4(random)}`,
  Ethernet: (random) =>
    ['52', hex(random, 2), hex(random, 2), hex(random, 2), hex(random, 2), hex(random, 2)].join(':'),
  domain: (random) =>
    `${label(random)}.${label(random)}.${random.pick(['com', 'org', 'de', 'io', 'internal', 'local', 'co.uk'])}`,
  mail: (random) => `${word(random, 4)}.${word(random, 5)}@${label(random)}.${random.pick(['com', 'net', 'fr'])}`,
  host: (random) => label(random),
  user: (random) => `${word(random, 6)}${random.below(90) + 10}`,
  machine: (random) => hex(random, 32),
};

/** Known from where they stand once; of an address it shows what it is. */
const learned = new Set(['host', 'user', 'machine']);

/** Without zeros in front: as it is printed. */
const hex4 = (random) => (random.below(0xfffe) + 1).toString(16);

const shapes = {
  bare: (it) => it,
  sentence: (it) => `no answer from ${it}, giving up.`,
  json: (it) => JSON.stringify({ value: it, n: 1 }),
  'json in json': (it) => JSON.stringify({ config: JSON.stringify({ value: it }) }),
  'text in json': (it) => JSON.stringify({ out: `line\n${it}\tx\n${it}\n` }),
  env: (it) => `VALUE=${it}`,
  yaml: (it) => `  - value: ${it}`,
  quoted: (it) => `value = '${it}';`,
  upper: (it) => `SAW ${it.toUpperCase()} THERE`,
  query: (it) => `GET /x?v=${encodeURIComponent(it)}&y=1 HTTP/1.1`,
  path: (it) => `/var/log/${it}/current`,
  'escaped before': (it) => `"\\n${it}"`,
  'encoded before': (it) => `/a%2F${it}`,
  coloured: (it) => `\u001b[1;32m${it}\u001b[0m`,
  list: (it) => `[${it}, ${it}]`,
  twice: (it) => `${it} -> ${it}`,
  html: (it) => `<td>${it}</td>`,
};

const ofKind = {
  'public IPv4': ipv4Shapes(),
  'private IPv4': ipv4Shapes(),
  'public IPv6': ipv6Shapes(),
  'local IPv6': ipv6Shapes(),
  'link-local IPv6': { ...ipv6Shapes(), zone: (it) => `ping6 ${it}%eth0` },
  Ethernet: {
    'with hyphens': (it) => `mac ${it.replaceAll(':', '-')}`,
    'as Cisco': (it) => `arpa ${it.replaceAll(':', '').match(/..../g).join('.')} dynamic`,
    neighbour: (it) => `dev eth0 lladdr ${it} REACHABLE`,
  },
  domain: {
    url: (it) => `https://${it}:8443/x`,
    'file name': (it) => `cat ${it}.json`,
    root: (it) => `${it}. 300 IN A`,
  },
  mail: { from: (it) => `from=<${it}>, size=1`, 'mailto in a URL': (it) => `mailto:${it}?subject=x` },
};

function ipv4Shapes() {
  return {
    port: (it) => `dial tcp ${it}:6443: refused`,
    network: (it) => `${it}/24 dev eth0`,
    tcpdump: (it) => `IP ${it}.443 > ${it}.51234: Flags [S]`,
    reversed: (it) => `${it.split('.').reverse().join('.')}.in-addr.arpa`,
    'name of a cloud': (it) => `ip-${it.replaceAll('.', '-')} up`,
    mapped: (it) => `::ffff:${it}`,
    url: (it) => `http://${it}:80/`,
    prefix: (it) => `peer_${it}_x`,
  };
}

function ipv6Shapes() {
  return {
    port: (it) => `dial tcp [${it}]:6443: refused`,
    network: (it) => `inet6 ${it}/64 scope global`,
    url: (it) => `http://[${it}]/`,
    key: (it) => `addr:${it}`,
  };
}

/** How one is told to be a host or a person. */
const telling = {
  host: [
    (it) => `hostname: ${it}`,
    (it) => JSON.stringify({ host: it, port: 1 }),
    (it) => `Nov 21 10:00:01 ${it} sshd[12]: x`,
    (it) => `url=http://${it}:8080/x`,
    (it) => JSON.stringify({ text: JSON.stringify({ node: it }) }),
  ],
  user: [
    (it) => `user=${it} uid=1000`,
    (it) => `Accepted publickey for ${it} from x`,
    (it) => `ls /home/${it}/x`,
    (it) => JSON.stringify({ username: it }),
  ],
  machine: [(it) => `machine-id: ${it}`, (it) => JSON.stringify({ machineID: it })],
};

function plant(random) {
  const kind = random.pick(Object.keys(kinds));
  const identity = kinds[kind](random);
  const own = { ...shapes, ...ofKind[kind] };
  const shape = random.pick(Object.keys(own));
  const told = telling[kind] === undefined ? '' : `\n${random.pick(telling[kind])(identity)}`;
  return { kind, identity, shape, text: `${own[shape](identity)}${told}` };
}

const isAddress = (identity) => /^[0-9a-f.:]+$/.test(identity);

/** Without what may be added to it, in each way in which it may be written. */
function formsOf(identity) {
  const forms = [identity, encodeURIComponent(identity).toLowerCase()];
  const [local, domain] = identity.split('@');
  if (domain !== undefined) forms.push(local, domain);
  else if (/[g-z]/.test(identity) && identity.includes('.')) forms.push(...identity.split('.').slice(0, 2));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(identity)) {
    forms.push(identity.split('.').reverse().join('.'), identity.replaceAll('.', '-'));
  }
  if (/^\w\w(:\w\w){5}$/.test(identity)) {
    forms.push(identity.replaceAll(':', '-'), identity.replaceAll(':', '').match(/..../g).join('.'));
  }
  return forms;
}
