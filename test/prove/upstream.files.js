/** What lies on the disk of the host for `upstream.js`, the specs that ask for it, and what the plainer results hold. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/mnt';

/**
 * In /mnt, which nothing else of this namespace uses: pairs of certificate and key (rsa, other, expired), the same key encrypted, a
 * chain of two, both in one file, and what is no certificate at all.
 */
export function writeFiles(command) {
  command('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  const run = (args) => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  };
  const subject = '/C=AU/ST=Some-State/O=Widgits, Inc./OU=One/OU=Two/CN=corp/emailAddress=a@corp.test';
  for (const [name, days] of [
    ['rsa', 5],
    ['other', 400],
    ['expired', -1],
  ]) {
    const [key, request, certificate, extension] = ['key', 'csr', 'crt', 'ext'].map((end) =>
      join(folder, `${name}.${end}`),
    );
    writeFileSync(extension, name === 'other' ? 'basicConstraints=CA:TRUE\n' : 'subjectAltName=DNS:corp,IP:10.0.0.1\n');
    run(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-out', key]);
    run(['req', '-new', '-key', key, '-subj', subject, '-out', request]);
    const signed = ['-in', request, '-signkey', key, '-out', certificate];
    run(['x509', '-req', ...signed, '-extfile', extension, '-days', String(days)]);
  }
  const encrypted = ['-in', join(folder, 'rsa.key'), '-passout', 'pass:x', '-out', join(folder, 'encrypted.key')];
  run(['pkcs8', '-topk8', ...encrypted]);
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  writeFileSync(join(folder, 'chain.crt'), text('rsa.crt') + text('other.crt'));
  writeFileSync(join(folder, 'both.pem'), text('rsa.crt') + text('rsa.key'));
  writeFileSync(
    join(folder, 'broken.crt'),
    `${text('rsa.crt')}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  );
  writeFileSync(join(folder, 'text'), 'no PEM at all\n');
  mkdirSync(join(folder, 'folder'));
}

/** What of a result both tools write, as comparable values by name. */
export function fileFacts(path, text) {
  const facts = {};
  const pick = (value, ...keys) => Object.fromEntries(keys.map((key) => [key, value[key]]));
  const [, type] =
    /^host-collectors\/(certificate|certificatesCollection|dns|subnetAvailable|system)\//.exec(path) ?? [];
  if (/-evidence\.json$|\/resolv\.conf$/.test(path)) return facts;
  if (type === 'certificate') facts[`${path} word`] = text;
  if (type === 'certificatesCollection') {
    const keys = ['certificate', 'subject', 'subjectAlternativeNames', 'issuer'];
    const dates = ['notAfter', 'notBefore', 'isValid', 'isCA'];
    facts[`${path} files`] = JSON.parse(text)?.map((file) => ({
      ...pick(file, 'certificatePath', 'message'),
      chain: file.certificateChain?.map((one) => pick(one, ...keys, ...dates)),
    }));
    facts[`${path} layout`] = /^(null|\[\n\t\{\n\t\t"certificatePath": )/.test(text);
  }
  if (type === 'dns') {
    const { query, resolvedFromSearch } = JSON.parse(text);
    for (const [name, entries] of Object.entries(query)) {
      const told = entries.map((entry) => pick(entry, 'server', 'search', 'name', 'answer', 'record'));
      facts[`${path} ${name}`] = told.map((entry) => JSON.stringify(entry));
    }
    facts[`${path} resolved`] = resolvedFromSearch;
    facts[`${path} layout`] = /^\{\n {2}"query": \{\n {4}"[^"]*": \[/.test(text);
  }
  if (type === 'subnetAvailable') {
    facts[`${path} says`] = pick(JSON.parse(text), 'CIDRRangeAlloc', 'desiredCIDR', 'status');
    facts[`${path} layout`] = /^\{"CIDRRangeAlloc":".*","desiredCIDR":\d+,"status":/.test(text);
  }
  if (path === 'host-collectors/system/ipv4Interfaces.json') {
    const keys = ['Index', 'MTU', 'Name', 'HardwareAddr', 'Flags'];
    facts[`${path} says`] = (JSON.parse(text) ?? [null]).map((one) => JSON.stringify(one && pick(one, ...keys)));
    facts[`${path} layout`] = /^(null|\[\{"Index":\d+,"MTU":)/.test(text);
  }
  return facts;
}

const spec = (collectors, analyzers = []) => {
  const list = (items) => items.map((item) => `    - ${item}\n`).join('');
  return `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata:\n  name: a\nspec:\n  hostCollectors:\n${list(collectors)}${analyzers.length > 0 ? `  hostAnalyzers:\n${list(analyzers)}` : ''}`;
};
const words = ['missing', 'switched', 'encrypted', 'mismatch', 'invalid'].map(
  (end) => `{ fail: { when: key-pair-${end}, message: ${end} } }`,
);
const pair = (parameters) =>
  spec(
    [`certificate: { ${parameters} }`],
    [`certificate: { outcomes: [${words.join(', ')}, { pass: { when: key-pair-valid, message: valid } }] }`],
  );
const evidence = { '-evidence\\.json: they undefined': '`certificate` writes one word' };
const failed = { ...evidence, 'Pair-error\\.json error: ': "messages are Go's texts" };

const within = (days) => `{ warn: { when: notAfter < Today + ${days} days, message: ends } }`;
const [good, bad] = ['{ pass: { message: good } }', '{ fail: { when: notAfter < Today, message: over } }'];
const collection = (paths, ...outcomes) =>
  spec(
    [`certificatesCollection: { paths: [${paths.map((name) => `/mnt/${name}`).join(', ')}] }`],
    [`certificatesCollection: { outcomes: [${outcomes.join(', ')}] }`],
  );
const judged = '^(judged|rules .*): only ';

export const fileCases = [
  ...[
    ['rsa.crt', 'rsa.key'],
    ['expired.crt', 'expired.key'],
    ['chain.crt', 'rsa.key'],
    ['both.pem', 'both.pem'],
    ['rsa.crt', 'other.key'],
    ['rsa.key', 'rsa.crt'],
    ['rsa.crt', 'encrypted.key'],
    ['text', 'rsa.key'],
    ['rsa.crt', 'text'],
    ['none', 'rsa.key'],
    ['rsa.crt', 'none'],
    ['folder', 'rsa.key'],
  ].map(([one, other], index) => ({
    name: `certificate: ${one} and ${other}`,
    differs: index < 4 ? evidence : failed,
    spec: pair(`certificatePath: /mnt/${one}, keyPath: /mnt/${other}`),
  })),
  { name: 'certificate: no key path', differs: failed, spec: pair('certificatePath: /mnt/rsa.crt') },
  { name: 'certificate: nothing at all', differs: failed, spec: pair('') },

  { name: 'certificates: one', spec: collection(['other.crt'], good, within(15), bad) },
  { name: 'certificates: one that ends soon', spec: collection(['rsa.crt'], good, within(15), bad) },
  { name: 'certificates: one that has ended', spec: collection(['expired.crt'], good, within(15), bad) },
  { name: 'certificates: one that is missing', spec: collection(['none.crt', 'other.crt'], good) },
  {
    name: 'certificates: a warning before the pass',
    differs: { [`${judged}they: pass`]: '`certificatesCollection`: a warning' },
    spec: collection(['rsa.crt'], within(15), good),
  },
  {
    name: 'certificates: a warning that hides the pass of its own item',
    spec: collection(
      ['rsa.crt'],
      '{ pass: { message: good }, warn: { when: notAfter < Today + 15 days, message: ends } }',
    ),
  },
  {
    name: 'certificates: a chain',
    differs: { [`${judged}they: pass`]: '`certificatesCollection`: a warning' },
    spec: collection(['chain.crt'], good),
  },
  {
    name: 'certificates: what is none',
    differs: { [`${judged}they: warn .*no results`]: '`certificatesCollection`: a file that holds no certificate' },
    spec: collection(['text', 'broken.crt'], good, bad),
  },
  { name: 'certificates: a folder', spec: collection(['folder'], good) },
  { name: 'certificates: what is none beside a good one', spec: collection(['text', 'other.crt'], good) },
  {
    name: 'certificates: no paths',
    differs: { [`${judged}they: warn .*no results`]: '`certificatesCollection`: a file that holds no certificate' },
    spec: collection([], good),
  },
];
