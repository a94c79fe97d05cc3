import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedaction } from '../redaction.ts';
import { createMasking, type MaskingOptions } from './masking.ts';

function masking(options: Partial<MaskingOptions> = {}) {
  return createMasking({
    level: 'all',
    key: Buffer.alloc(32, 1),
    vocabulary: new Set(['connect']),
    remembers: true,
    ...options,
  });
}

/** What « » holds must not come out, and all else must. */
function check(marked: string, learned?: string): void {
  const own = masking();
  if (learned !== undefined) own.know({ hosts: learned.split(' '), users: [], machines: [] });
  const masked = own.text(marked.replace(/[«»]/g, ''));
  const parts = marked.split(/«.*?»/s);
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+?)');
  expect(masked).toMatch(new RegExp(`^${pattern}$`, 's'));
  for (const [, identity = ''] of marked.matchAll(/«(.*?)»/gs)) expect(masked).not.toContain(identity);
}

describe('addresses', () => {
  test.each([
    'from «10.0.0.5» port 22',
    'to «10.0.0.5»:6443, «192.168.7.1».',
    '{"address":"«10.0.0.5»:1"}',
    '{"out":"a\\n«10.0.0.5»\\t«2a00:1450::5»\\n"}',
    'http://«10.0.0.5»/x?ip=%22«10.0.0.6»&to=%20«10.0.0.7»',
    'IP «10.0.0.5».443 > «10.0.0.6».51234: Flags',
    '«5.0.0.10».in-addr.arpa',
    `«5.${'0.'.repeat(29)}d.f».ip6.arpa`,
    'ip-«10-0-0-5».x',
    'inet6 «2a00:1450:4001:82a::200e»/64 scope global',
    'inet6 «fe80::1»%eth0',
    '[«2A00:1450::5»]:443',
    'addr:«2a00:1450::5»',
    '«2a00:1450::5»: no answer',
    '«2a00:1:2:3:4:5:6:7»:443',
    '?ip=«2a00%3A1450%3A%3A5»&x',
    '::ffff:«10.0.0.5»',
    'ether «52:54:00:12:34:56» brd ff:ff:ff:ff:ff:ff',
    'mac «52-54-00-12-34-56»,',
    'arp «5254.0012.3456» dyn',
    '\u001b[32m«10.0.0.5»\u001b[0m',
    'x_«10.0.0.5»_y',
    'Größe «10.0.0.5»',
  ])('%s', (marked) => check(marked));

  test.each([
    'version 1.2.3 and 1.3.6.1.4.1.2021',
    'at 10:20:30 std::string abc::def',
    '127.0.0.1:80 ::1 0.0.0.0/0 255.255.255.0 [::]:80',
    'SHA1 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD',
    '00:00:00:00:00:00 550e8400-e29b-41d4-a716-446655440000',
    '999.1.1.1 1.2.3.4444',
    '2026-11-21T10:20:30.123Z',
  ])('%s stays', (text) => expect(masking().text(text)).toBe(text));
});

describe('names', () => {
  test.each([
    '«db1».«acme».com:5432',
    'https://«www».«acme».de/x.html',
    '«db1».«acme».com.json',
    'mail from <«bob.smith»@«acme».org>,',
    'to=«bob»%40«acme».org',
    'root@«db1».«acme».net',
    '«xyz».«corp».internal',
    '{"a":"\\n«db1».«acme».com."}',
    '%2F«db1».«acme».com',
    'DB1.ACME.COM'.replace('DB1.ACME', '«DB1».«ACME»'),
  ])('%s', (marked) => check(marked));

  test.each([
    'apiVersion: troubleshoot.sh/v1beta2',
    'resolv.conf main.go index.ts README.md install.sh libc.so.6',
    'ssh.service example.yaml e.g. this. Next',
    'localhost.localdomain',
    'app.kubernetes.io/name',
    'https://user:***HIDDEN***@',
  ])('%s stays', (text) => expect(masking().text(text)).toBe(text));

  test.each([
    '«zeus» is up, «ZEUS»:80, /x/«zeus».json, %2F«zeus», "\\n«zeus»\\n"',
    '«db7».«corp».«weird» and zeus2 zeuss',
  ])('learned: %s', (marked) => check(marked, 'zeus corp.weird'));

  test('a name that stands everywhere is left, and that is said', () => {
    const own = masking();
    own.know({ hosts: ['connect'], users: [], machines: [] });
    expect(own.hasCommon).toBe(true);
    expect(own.text('connect ok')).toBe('connect ok');
  });
});

/** As a run does: over all files to learn, then over all to mask. */
async function maskedFiles(files: readonly string[], options: Partial<MaskingOptions> = {}) {
  const redaction = createRedaction({ masking: masking(options) });
  const entries = await Promise.all(files.map((content, index) => redaction.redact({ path: `${index}.txt`, content })));
  return redaction.mask(entries).map(({ bytes }) => Buffer.from(bytes).toString());
}

test.each([
  ['"host":"zeus"', 'zeus'],
  ['hostname: zeus', 'zeus'],
  ['url = http://zeus:80/', 'zeus'],
  ['{"text":"{\\"node\\":\\"zeus\\"}"}', 'zeus'],
  ['user=bob7', 'bob7'],
  ['Nov 21 10:00:01 zeus sshd[1]: x', 'zeus'],
  ['2026-11-21T10:00:00.000000+00:00 zeus app: x', 'zeus'],
  ['Accepted publickey for bob7 from', 'bob7'],
  ['ls /home/bob7/x', 'bob7'],
  ['machine-id: 0123456789abcdef0123456789abcdef', '0123456789abcdef0123456789abcdef'],
  ['"systemUUID": "01234567-89ab-cdef-0123-456789abcdef"', '01234567-89ab-cdef-0123-456789abcdef'],
])('what the last file tells is masked in the first: %s', async (telling, name) => {
  const [first, last] = await maskedFiles([`before ${name} after`, telling]);
  expect(first).toMatch(/^before [a-z0-9-]+ after$/);
  expect(first).not.toContain(name);
  expect(last).not.toContain(name);
});

test('public: what an organisation knows alone stays', async () => {
  const text = '10.0.0.5 8.8.8.8 db1.acme.com db1.corp.internal 52:54:00:12:34:56 host=zeus fd00::1 bob@acme.com';
  const [masked = ''] = await maskedFiles([text], { level: 'public' });
  expect(masked).toMatch(
    /^10\.0\.0\.5 (?!8\.8\.8\.8)\S+ h-\w+\.h-\w+\.com db1\.corp\.internal 52:54:00:12:34:56 host=zeus fd00::1 u-\w+@h-\w+\.com$/,
  );
});

test('UTF-16 too, and the report says what was masked where', async () => {
  const redaction = createRedaction({ masking: masking() });
  const entry = await redaction.redact({ path: 'a.txt', content: Buffer.from('\ufeffx\n10.0.0.5', 'utf16le') });
  const [masked] = redaction.mask([entry]);
  expect(Buffer.from(masked?.bytes ?? []).toString('utf16le')).toMatch(/^\ufeffx\n10\./);
  expect(masked?.masked).toMatchObject([{ rule: 'ip-address', count: 1, lines: [2] }]);
});

test('in archives too, and in what is said of the files there', async () => {
  const redaction = createRedaction({ masking: masking() });
  const packed = gzipSync('x\n10.0.0.5 is zeus\n');
  const entries = [
    await redaction.redact({ path: 'db1.acme.com.log.gz', content: packed }),
    await redaction.redact({ path: 'b.txt', content: 'host: zeus' }),
  ];
  const [masked] = redaction.mask(entries);
  const text = gunzipSync(masked?.bytes ?? Buffer.alloc(0)).toString();
  expect(text).toMatch(/^x\n10\.\S+ is h-\w+\n$/);
  expect(JSON.stringify({ ...masked, bytes: text })).not.toMatch(/acme|zeus|10\.0\.0\.5/);
  expect(masked?.masked).toMatchObject([{ rule: 'host-name' }, { rule: 'ip-address' }]);
});

test('paths that become one get a number', () => {
  const own = masking();
  expect(own.path('a/DB.acme.com')).not.toBe(own.path('a/db.acme.com'));
  const paths = ['a/[2a00::5]', 'a/[2a00:0::5]'].map(own.path);
  expect(new Set(paths).size).toBe(2);
  expect(own.path('a/[2a00::5]')).toBe(paths[0]);
});

test('data: texts, not keys', () => {
  expect(masking().data({ '10.0.0.5': ['10.0.0.5', 1, null] })).toEqual({
    '10.0.0.5': [expect.not.stringContaining('10.0.0.5'), 1, null],
  });
});

describe('properties', () => {
  const octets = fc.tuple(
    ...([1, 2, 3, 4].map(() => fc.nat(255)) as [
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
    ]),
  );
  const label = fc.stringMatching(/^[a-z][a-z0-9]{3,9}$/);

  test('the same wherever it stands, and JSON stays JSON, its keys in place', () => {
    fc.assert(
      fc.property(octets, label, fc.json(), (parts, name, json) => {
        const [ip, host] = [parts.join('.'), `${name}7.acme.com`];
        const own = masking();
        const text = JSON.stringify({ ip, host, json, list: [`${ip}:80`, `http://${host}/`] });
        const masked = JSON.parse(own.text(text));
        expect(masked.list).toEqual([`${masked.ip}:80`, `http://${masked.host}/`]);
        expect(own.text(ip)).toBe(masked.ip);
        expect(masked.host).not.toContain(name);
      }),
    );
  });

  test('any bytes pass, in any pieces of lines, and lines keep their numbers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), octets, (text, parts) => {
        const own = masking();
        const masked = own.text(`${text}\n${parts.join('.')}\n${text}`);
        expect(masked.split('\n').length).toBe(text.split('\n').length * 2 + 1);
      }),
    );
  });
});

test.each([
  ['digits', '1'],
  ['dots', '.'],
  ['colons', ':'],
  ['hex and colons', 'ab:'],
  ['labels', 'ab.'],
  ['names', 'a.com '],
  ['mail', 'a@'],
  ['addresses', '10.0.0.5 '],
  ['hyphens', '1-'],
  ['escapes', '%2F'],
  ['backslashes', '\\n'],
  ['keys', 'host='],
  ['nibbles', '1.'],
  ['letters', 'a'],
  ['known domains', 'h.zeus.corp.'],
])('time is linear in a line of %s', (_name, unit) => {
  const cost = (bytes: number) => {
    const text = unit.repeat(bytes / unit.length);
    const before = process.cpuUsage();
    const own = masking();
    own.know({ hosts: ['zeus.corp', 'corp'], users: [], machines: [] });
    own.learner.find({ bytes: Buffer.from(text), text, isLast: true }, 0, text.length);
    own.text(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  cost(1 << 12);
  // Eight times as much: were it quadratic, 64 times as long.
  expect(cost(1 << 18)).toBeLessThan(Math.max(500, cost(1 << 15) * 32));
});
