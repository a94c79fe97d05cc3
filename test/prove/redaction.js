/**
 * P7: no planted secret of a supported kind comes out. Secrets of known kinds are planted into files of many shapes and encodings,
 * a fifth of them bare again in a file that came before, and every byte that comes out is searched for them in every form. The same
 * of identities, as `--mask all` masks them.
 */
import { bundled } from './bundled.js';
import { identityFaults, proveIdentities } from './redaction.identities.js';

export const tiers = { ci: 2000, full: 100_000 };
export const faults = ['keys', 'sweep', ...Object.keys(identityFaults)];

const perFile = 20;
const perRun = 500;

export async function prove({ count, random, fault, folder, log }) {
  const { createRedaction } = await bundled('src/redact/redaction.ts', folder);
  const { rules } = await bundled('src/redact/rules/rules.ts', folder);
  const chosen = fault === 'keys' ? rules.filter(({ id }) => id !== 'secret-key') : rules;
  const failures = [];
  const byShape = new Map();
  let bytes = 0;
  const began = process.cpuUsage();
  for (let planted = 0; planted < count; planted += perRun) {
    const redaction = createRedaction({ rules: chosen, budgetMs: 60_000 });
    const entries = [];
    const expected = [];
    for (let file = 0; file < perRun / perFile; file++) {
      const parts = Array.from({ length: perFile }, () => plant(random));
      const encoding = random.pick(encodings);
      const text = parts.map(({ text }) => `${filler(random)}\n${text}\n`).join('');
      const bare = parts
        .filter(({ shape, secret }) => !encoded.has(shape) && !words.test(secret) && random.below(5) === 0)
        .map(({ secret }) => `printed ${secret} bare`);
      const path = `host-collectors/run-host/${planted}-${file}.log`;
      entries.push(await redaction.redact({ path: `early/${file}.log`, content: `${bare.join('\n')}\n` }));
      const content = encoding.encode(text);
      bytes += content.length;
      entries.push(await redaction.redact({ path, content: content }));
      expected.push(...parts.map((part) => ({ ...part, encoding: encoding.name })));
    }
    const swept = fault === 'sweep' ? entries : redaction.sweep(entries);
    // NUL bytes of UTF-16 are left out, so that one search finds both.
    const shown = swept.map((entry) => Buffer.from(entry.bytes).toString('latin1').replaceAll('\0', '')).join('\n');
    const hidden = swept.filter(({ withheld }) => withheld !== undefined);
    if (hidden.length > 0) failures.push(`${hidden[0].path} is withheld: ${hidden[0].withheld}`);
    for (const { secret, shape, encoding } of expected) {
      const tally = byShape.get(shape) ?? { planted: 0, leaked: 0 };
      tally.planted++;
      if (formsOf(secret).some((form) => shown.includes(form))) {
        tally.leaked++;
        failures.push(`leaked in ${encoding}: ${shape}: ${secret}`);
      }
      byShape.set(shape, tally);
    }
  }
  const { user } = process.cpuUsage(began);
  const leaked = [...byShape.values()].reduce((sum, tally) => sum + tally.leaked, 0);
  log(
    `${count} planted in ${byShape.size} shapes, ${leaked} leaked; ${(bytes / 1e6).toFixed(1)} MB in ${(user / 1e6).toFixed(1)} s of one core`,
  );
  failures.push(...(await proveIdentities({ count, random, fault, folder, log, encodings, filler })));
  return failures;
}

/** Letters alone, as words are written: away from their key they are shown, which the README says. */
const words = /^(?:[a-z_.-]+|[A-Z][a-z_.-]+|[A-Z_.-]+)$/;

const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const word = (random, length, letters = alphabet) =>
  Array.from({ length }, () => letters[random.below(letters.length)]).join('');

/** Passwords as people have them: also with characters that some syntax would have to escape, but none that ends a word. */
function password(random) {
  return `${word(random, 6 + random.below(10))}${random.pick(['', '!', '%', '+', '/', '#', '~', '^', '*', '.x', '-y', '_z', '$', '?'])}${word(random, 4)}`;
}

/** Two that have a form of their own, and one of nobody. */
function vendorToken(random) {
  return random.pick([
    () => `ghp_${word(random, 36)}`,
    () => `xoxb-${word(random, 12, '0123456789')}-${word(random, 24)}`,
    () => `AKIA${word(random, 16, 'ABCDEFGHJKLMNPQRSTUVWXYZ234567')}`,
  ])();
}

const names = [
  'password',
  'DB_PASSWORD',
  'api_key',
  'apiKey',
  'client_secret',
  'ACCESS_TOKEN',
  'db.password',
  'adminPassword',
  'secret',
  'auth_token',
  'privateKey',
  'PGPASSWORD',
  'credentials',
  'SECRET_KEY_BASE',
  'wifi-psk',
  'passphrase',
];

/** Each gives a line or a few that hold a secret of `random`. */
const shapes = {
  env: (name, secret) => `${name}=${secret}`,
  export: (name, secret) => `export ${name}="${secret}"`,
  ini: (name, secret) => `  ${name} = ${secret}`,
  yaml: (name, secret) => `  ${name}: ${secret}`,
  'yaml, quoted': (name, secret) => `- ${name}: '${secret}'`,
  'yaml, list': (name, secret) => `${name}:\n  - ${secret}`,
  'yaml, block': (name, secret) => `${name}: |\n  ${secret}\nend: 1`,
  json: (name, secret) => `{"a":1,"${name}":${JSON.stringify(secret)},"b":2}`,
  'json, pretty': (name, secret) => `{\n  "${name}":\n    ${JSON.stringify(secret)}\n}`,
  'json, nested': (name, secret) => `{"${name}":{"x":["y",{"z":${JSON.stringify(secret)}}]}}`,
  'json in json': (name, secret) => JSON.stringify({ config: JSON.stringify({ [name]: secret, other: 1 }) }),
  'json twice in json': (name, secret) =>
    JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ [name]: secret }) }) }),
  'env in json': (name, secret) => JSON.stringify({ env: ['A=b', `${name}=${secret}`] }),
  'text in json': (name, secret) => JSON.stringify({ out: `line\n${name}=${secret}\nline` }),
  'name and value': (name, secret) => `{"name":"${name}","value":${JSON.stringify(secret)}}`,
  'value and name': (name, secret) => `{"value":${JSON.stringify(secret)},"name":"${name}"}`,
  'name and value, yaml': (name, secret) => `- name: ${name}\n  value: ${secret}`,
  'name and value, two lines': (name, secret) => `"name": "${name}",\n"value": ${JSON.stringify(secret)}`,
  option: (name, secret) => `app --${name.replaceAll('.', '-')} ${secret} run`,
  'option with =': (name, secret) => `root 1 0.0 app --${name}=${secret} --port 80`,
  'options in json': (name, secret) => JSON.stringify(['app', `--${name}`, secret, 'run']),
  java: (name, secret) => `java -D${name}=${secret} -jar a.jar`,
  xml: (name, secret) => `<${name}>${secret}</${name}>`,
  log: (name, secret) => `12:00 INFO connected ${name}=${secret} user=bob`,
  php: (name, secret) => `$cfg['${name}'] = '${secret}';`,
  header: (_, secret) => `X-Api-Key: ${secret}`,
  cookie: (_, secret) => `Set-Cookie: sid=${secret}; Path=/`,
  query: (name, secret) => `GET /x?${name}=${encodeURIComponent(secret)}&y=1 HTTP/1.1`,
  url: (_, secret) => `https://bob:${encodeURIComponent(secret)}@example.test/x`,
  dsn: (_, secret) => `amqp://app:${encodeURIComponent(secret)}@mq:5672/v`,
  bearer: (_, secret) => `Authorization: Bearer ${Buffer.from(secret).toString('base64url')}`,
  basic: (_, secret) => `Authorization: Basic ${Buffer.from(`bob:${secret}`).toString('base64')}`,
  connection: (_, secret) => `Server=db;User=app;Password=${secret};Database=x`,
  netrc: (_, secret) => `machine h login bob password ${secret}`,
  pgpass: (_, secret) => `db:5432:app:bob:${secret}`,
  mysql: (_, secret) => `mysqldump -u root -p${secret} db`,
  curl: (_, secret) => `curl -s -u bob:${secret} https://x.test/`,
  'curl, in parts': (_, secret) => `curl -X POST y \\\n  -d a=b \\\n  --user 'bob:${secret}'`,
  'curl, user alone': (_, secret) => `curl -u "${secret}:" https://x.test/`,
  'arguments in json': (_, secret) => JSON.stringify(['mysql', '-u', 'root', `-p${secret}`, 'db']),
  'command in json': (_, secret) => JSON.stringify({ cmd: `sshpass -p "${secret}" ssh bob@h` }),
  ldapsearch: (_, secret) => `ldapsearch -x -D cn=a -w ${secret} -b dc=b`,
  zip: (_, secret) => `zip -r -P ${secret} a.zip b`,
  keytool: (_, secret) => `keytool -list -storepass ${secret}`,
  sqlplus: (_, secret) => `sqlplus scott/${secret}@db`,
  htpasswd: (_, secret) => `htpasswd -b /etc/htpasswd bob ${secret}`,
  rabbitmqctl: (_, secret) => `rabbitmqctl add_user bob ${secret}`,
  literal: (_, secret) => `kubectl create secret generic a --from-literal=k=${secret}`,
  'echo to sudo': (_, secret) => `echo ${secret} | sudo -S ls`,
  chpasswd: (_, secret) => `echo "bob:${secret}" | chpasswd`,
  'typed variable': (name, secret) => `var ${name} string = "${secret}"`,
  makefile: (name, secret) => `${name} ?= ${secret}`,
  call: (name, secret) => `setenv("${name}", "${secret}", 1)`,
  redis: (_, secret) => `requirepass ${secret}`,
  keepalived: (_, secret) => `    auth_pass ${secret}`,
  gradle: (_, secret) => `    password '${secret}'`,
  sql: (_, secret) => `CREATE USER bob IDENTIFIED BY '${secret}';`,
  'sql, of postgres': (_, secret) => `ALTER ROLE bob WITH LOGIN PASSWORD '${secret}';`,
  prose: (_, secret) => `the password for bob is "${secret}".`,
  'strong, on its own line': (_, secret) => `Please use this password:\n\n${secret}\n`,
  'strong, behind a blank': (_, secret) => `password ${secret}`,
  'registry login': (_, secret) => `docker login -u bob -p ${secret} r.test`,
  snmp: (_, secret) => `rocommunity ${secret} 10.0.0.0/8`,
  'kubernetes secret': (_, secret) => `---\nkind: Secret\ndata:\n  a: ${Buffer.from(secret).toString('base64')}\n---`,
  'vendor token': (_, secret) => `cloned with ${secret}`,
  'vendor token in text in json': (_, secret) => JSON.stringify({ out: `line\n${secret}\nline` }),
  pem: (_, secret) =>
    `-----BEGIN PRIVATE KEY-----\n${Buffer.from(secret.repeat(4)).toString('base64')}\n-----END PRIVATE KEY-----`,
};

/** Here the secret is what encodes these bytes, so that the bytes alone are nothing that was there. */
const encoded = new Set(['bearer', 'pem']);

export function plant(random) {
  const shape = random.pick(Object.keys(shapes));
  const secret = shape.startsWith('vendor')
    ? vendorToken(random)
    : shape.startsWith('strong')
      ? `${password(random)}xK7`
      : password(random);
  return { shape, secret, text: shapes[shape](random.pick(names), secret) };
}

const fillers = [
  'Nov 21 10:00:01 host app[12]: started',
  'eth0: link becomes ready',
  '{"level":"info","msg":"ok"}',
  '',
  'cpu MHz : 2400.000',
  '# a comment',
  'x'.repeat(3000),
];
const filler = (random) => random.pick(fillers);

const encodings = [
  { name: 'LF', encode: (text) => Buffer.from(text) },
  { name: 'CRLF', encode: (text) => Buffer.from(text.replaceAll('\n', '\r\n')) },
  { name: 'a byte-order mark', encode: (text) => Buffer.from(`\ufeff${text}`) },
  { name: 'UTF-16', encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  { name: 'UTF-16, big end first', encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
  { name: 'no line end at the end', encode: (text) => Buffer.from(text.trimEnd()) },
  { name: 'Latin-1', encode: (text) => Buffer.from(`Größe\n${text}`, 'latin1') },
];

export function formsOf(secret) {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(offset === 0 ? 0 : offset + 1, -1);
  });
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), bytes.toString('hex'), ...base64];
}
