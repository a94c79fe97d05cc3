/** Bundles that are a little wrong: what the proofs of opening are fed with. One seed gives one bundle, always the same. */
import { createPrivateKey } from 'node:crypto';
import { resolve } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { randomFrom } from './random.js';

const block = 512;

export const nasty = [
  '../../etc/passwd',
  '/etc/passwd',
  'C:\\windows',
  'b/../version.yaml',
  './b/version.yaml',
  'b//version.yaml',
  'b/version.yaml/x',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u009b31m',
  'FAIL\rPASS',
  'x\ny',
  '\u202eSSAP',
  'zero\u200bwidth',
  '\u2028',
  '\u{e0041}',
  '\0',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  'x'.repeat(300),
  'a/'.repeat(70),
  '',
  '.',
  '/',
];

const numbers = [
  ...[
    '0',
    '1',
    '7',
    '777',
    '1000',
    '77777777777',
    '777777777777',
    '-1',
    '+1',
    '0x10',
    '1.5',
    '1e3',
    ' 3',
    '3 ',
    '8',
    '',
  ],
  ...['abc', '\0\0\0\0\0\0\0\0\0\0\0\0', '            ', '00000000000\0', '00000001000\0', '00000000777 '],
].map((text) => Buffer.from(text));
const binaryNumbers = [
  [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0],
  [0x80, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff],
  [0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0],
  [0x81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
].map((bytes) => Buffer.from(bytes));

/** Offset and length of the fields of a header. */
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [148, 8],
  [156, 1],
  [157, 100],
  [257, 8],
  [265, 32],
  [297, 32],
  [329, 8],
  [337, 8],
  [345, 155],
  [500, 12],
];

const types = [...'01234567xgLKSMVDNXAZ', '\0', 'ÿ', ' '];

const paxKeys = [
  'path',
  'linkpath',
  'size',
  'mtime',
  'uid',
  'comment',
  'hdrcharset',
  'GNU.sparse.name',
  'SCHILY.realsize',
  '',
  'x',
];

const words = [
  'null',
  'true',
  '1e999',
  '-1',
  '9007199254740993',
  '"x"',
  '[]',
  '{}',
  '"\\u001b[31m"',
  '"\\u202e"',
  '"\\ud800"',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  `${'['.repeat(200)}${']'.repeat(200)}`,
  `"${'x'.repeat(3000)}"`,
  '"connected"',
  '"2026-11-21T10:00:00.000Z"',
  '{',
  '"',
  '',
];

const spec = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: { name: seed }
spec:
  hostCollectors:
    - tcpConnect: { collectorName: api, address: "127.0.0.1:6443" }
    - tcpPortStatus: { collectorName: port, port: 6443 }
  hostAnalyzers:
    - tcpConnect:
        collectorName: api
        outcomes:
          - fail: { when: connection-refused, message: "refused" }
          - warn: { when: "error", message: "error", uri: "https://example.com/a" }
          - pass: { when: connected, message: "connected" }
    - tcpPortStatus:
        collectorName: port
        outcomes: [{ fail: { when: "address-in-use", message: "in use" } }, { pass: { message: "free" } }]
    - certificate: { collectorName: cert, outcomes: [{ fail: { when: notAfter, message: x } }, { pass: { message: y } }] }
    - unknownAnalyzer: { outcomes: [] }
`;

/** Bundles as honest writers make them, each as a list of blocks that stand in one tar. */
export async function seeds({ entry, folder, header, listed, manifestText, packFolder, pax, signManifest, symlink }) {
  // Always the same (RFC 8410, section 7), so that a seed gives the same bytes on any day.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const files = {
    'analysis.json': '[]',
    'host-collectors/connect/api.json': '{"status":"connected","message":""}',
    'host-collectors/tcpPortStatus/port.json': '{"status":"address-in-use","message":"x"}',
    'host-collectors/run-host/log.txt': 'line\n'.repeat(200),
    'spec.yaml': spec,
    'version.yaml': 'apiVersion: troubleshoot.sh/v1beta2\n',
  };
  const manifest = manifestText(Object.entries(files).map(([path, content]) => listed(path, content)));
  const ours = [
    ...Object.entries(files).map(([path, content]) => entry(`b/${path}`, content)),
    entry('b/manifest.json', manifest),
    entry('b/manifest.json.sig', signManifest(Buffer.from(manifest), privateKey)),
  ];
  const long = 'long name '.repeat(15);
  const honest = [
    pax({ comment: 'made by git' }, 'g'),
    folder('b/'),
    entry('b/version.yaml', 'apiVersion: troubleshoot.sh/v1beta2\n'),
    pax({ path: `b/${long}`, mtime: '1.5' }),
    entry('b/short', 'of pax'),
    entry('././@LongLink', `b/${long}gnu\0`, { type: 'L' }),
    entry('b/gnu', 'gnu', { over: { 257: 'ustar  \0' } }),
    entry('deep', 'prefixed', { prefix: 'b/host-collectors' }),
    entry('b/old', 'v7', { type: '\0', over: { 257: Buffer.alloc(8) } }),
    symlink('b/link', 'gnu'),
    header({ name: 'b/hard', type: '1', target: 'b/gnu' }),
  ];
  const go = gunzipSync(
    await packFolder(resolve(import.meta.dirname, '../../fixtures/bundles/go-tool'), 'support-bundle'),
  );
  return [ours, honest, membersOf(go)];
}

/** The parts of a tar: each header with its content. */
function membersOf(tar) {
  const members = [];
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8) || 0;
    const end = at + block + Math.ceil(size / block) * block;
    members.push(tar.subarray(at, end));
    at = end;
  }
  return members;
}

/** What one seed makes: the bytes of an upload, and whether they are still plain tar. */
export function mutated(seed, bundles, make) {
  const random = randomFrom(seed);
  const chance = (share) => random.next() < share;
  const members = random.pick(bundles).map((bytes) => Buffer.from(bytes));
  const rounds = 1 + random.below(3);
  for (let round = 0; round < rounds; round++) random.pick(onMembers)(members, random, bundles, make);
  const isRepaired = chance(0.7);
  if (isRepaired) for (const member of members) repair(member);
  let tar = Buffer.concat([...members, Buffer.alloc(chance(0.9) ? 2 * block : block * random.below(5))]);
  if (chance(0.4)) {
    tar = random.pick(onTar)(tar, random);
    if (isRepaired) repairAll(tar);
  }
  if (chance(0.5)) return tar;
  const packed = inMembers(tar, random);
  return chance(0.12) ? random.pick(onTar)(packed, random) : packed;
}

const onMembers = [
  // A field of a header.
  (members, random) => {
    const member = random.pick(members);
    if (!member || member.length < block) return;
    const [at, length] = random.pick(fields);
    const value = fieldValue(at, random);
    if (random.next() < 0.7) member.fill(0, at, at + length);
    value.copy(member, at, 0, Math.min(length, value.length));
  },
  // A word of a document.
  (members, random) => {
    const index = random.below(members.length);
    const member = members[index];
    if (!member || member.length <= block) return;
    const size = Number.parseInt(member.toString('latin1', 124, 135), 8) || 0;
    const text = member.toString('utf8', block, block + size);
    const places = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+|[a-z][\w-]*/gi)];
    if (places.length === 0) return;
    const { index: at, 0: word } = random.pick(places);
    const other = random.next() < 0.5 ? random.pick(words) : JSON.stringify(random.pick(nasty));
    members[index] = resized(member, Buffer.from(text.slice(0, at) + other + text.slice(at + word.length)));
  },
  // Other content.
  (members, random) => {
    const index = random.below(members.length);
    const member = members[index];
    if (!member || member.length < block) return;
    const content = random.next() < 0.5 ? Buffer.from(random.pick(words)) : bytesOf(random, random.below(2000));
    members[index] = resized(member, content);
  },
  (members, random) =>
    void members.splice(random.below(members.length + 1), 0, random.pick(members) ?? Buffer.alloc(0)),
  (members, random) => void members.splice(random.below(members.length), 1 + random.below(2)),
  (members, random) => {
    const [taken] = members.splice(random.below(members.length), 1);
    if (taken) members.splice(random.below(members.length + 1), 0, taken);
  },
  // Two bundles in one.
  (members, random, bundles) => {
    const other = random.pick(bundles);
    members.splice(
      random.below(members.length + 1),
      members.length,
      ...other.slice(random.below(other.length)).map((m) => Buffer.from(m)),
    );
  },
  // A header for names before an entry.
  (members, random, _, { pax }) => {
    const records = {};
    for (let count = 1 + random.below(2); count > 0; count--) records[random.pick(paxKeys)] = paxValue(random);
    members.splice(random.below(members.length + 1), 0, pax(records, random.next() < 0.9 ? 'x' : 'g'));
  },
  (members, random, _, { pax }) => {
    const text = `${random.below(40)} ${random.pick(paxKeys)}=${paxValue(random)}${random.pick(['\n', '', '\0', '\n\n'])}`;
    members.splice(random.below(members.length + 1), 0, pax(Buffer.from(text)));
  },
  (members, random, _, { entry }) => {
    const type = random.pick(['L', 'K', 'L', 'N', 'X']);
    const name = `${random.pick(['b/', ''])}${random.pick(nasty)}${random.pick(['\0', '', '\0\0x'])}`;
    members.splice(random.below(members.length + 1), 0, entry('././@LongLink', name, { type }));
  },
  // An entry that should not be there.
  (members, random, _, { header, entry, symlink }) => {
    const name = `${random.pick(['b/', 'b/host-collectors/connect/', ''])}${random.pick(nasty)}` || 'x';
    const extra = random.pick([
      () => header({ name, type: random.pick(types), size: random.below(3) * 300 }),
      () => entry(name, random.pick(words)),
      () => symlink(name, random.pick([...nasty, 'version.yaml', '../b/version.yaml', name])),
      () => header({ name, type: '1', target: random.pick([...nasty, 'b/version.yaml']) }),
      () =>
        header({
          name: name.slice(0, 50),
          type: '0',
          size: random.pick([1, 2 ** 20, 2 ** 24 - 1, 2 ** 30, 2 ** 33 - 1]),
        }),
    ])();
    members.splice(random.below(members.length + 1), 0, extra);
  },
  (members, random) =>
    void members.splice(random.below(members.length + 1), 0, Buffer.alloc(block * (1 + random.below(3)))),
];

/** On any bytes: those of a tar, and those of its gzip. */
const onTar = [
  (bytes, random) => {
    for (let count = 1 + random.below(8); count > 0 && bytes.length > 0; count--)
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--)
      bytes[random.below(bytes.length)] = random.pick([0, 0xff, 0x80, 0x20, 0x1f, 10]);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => bytes.subarray(0, Math.floor(random.below(bytes.length + 1) / block) * block),
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random) => {
    const [from, to] = span(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => Buffer.concat([bytes, bytesOf(random, random.below(1500))]),
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(random.below(3000))]),
  (bytes) => Buffer.concat([bytes, bytes]),
];

function span(bytes, random) {
  const unit = random.next() < 0.7 ? block : 1;
  const ends = [random.below(bytes.length + 1), random.below(bytes.length + 1)].map(
    (at) => Math.floor(at / unit) * unit,
  );
  return [Math.min(...ends), Math.max(...ends)];
}

function fieldValue(at, random) {
  if (at === 156) return Buffer.from(random.pick(types), 'latin1');
  if (at === 257)
    return Buffer.from(random.pick(['ustar\u000000', 'ustar  \0', '\0\0\0\0\0\0\0\0', 'ustar\u000001', 'tar\0']));
  const isNumber = ![0, 157, 265, 297, 345, 500].includes(at);
  if (isNumber && random.next() < 0.8) return random.pick(random.next() < 0.7 ? numbers : binaryNumbers);
  if (random.next() < 0.15) return bytesOf(random, 20);
  return Buffer.from(`${random.pick(['b/', '', 'b/host-collectors/connect/'])}${random.pick(nasty)}`);
}

function paxValue(random) {
  const kinds = [
    random.pick(nasty),
    `b/${random.pick(nasty)}`,
    String(random.below(5000)),
    '1.5',
    '-1',
    '1e3',
    '99999999999999999999',
    'BINARY',
  ];
  return random.pick(kinds);
}

function bytesOf(random, length) {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

/** The same entry with other content. */
function resized(member, content) {
  const head = Buffer.from(member.subarray(0, block));
  head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  return Buffer.concat([head, content, Buffer.alloc((block - (content.length % block)) % block)]);
}

function repair(header) {
  if (header.length < block || header.subarray(0, block).every((byte) => byte === 0)) return;
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (let at = 0; at < block; at++) sum += header[at];
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

/** Where a naive walk over the sizes finds headers. */
function repairAll(tar) {
  for (let at = 0; at + block <= tar.length; ) {
    const header = tar.subarray(at, at + block);
    repair(header);
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8) || 0;
    at += block + Math.ceil(Math.max(0, Math.min(size, tar.length)) / block) * block;
  }
}

function inMembers(tar, random) {
  const pack = (bytes) => gzipSync(bytes, { level: constants.Z_BEST_SPEED });
  if (random.next() < 0.8) return pack(tar);
  const cuts = Array.from({ length: 1 + random.below(3) }, () => random.below(tar.length + 1)).sort((a, b) => a - b);
  const parts = [0, ...cuts].map((start, index) => pack(tar.subarray(start, cuts[index] ?? tar.length)));
  if (random.next() < 0.4) parts.reverse();
  if (random.next() < 0.2) parts.push(random.pick(parts));
  if (random.next() < 0.2) parts.splice(random.below(parts.length), 0, Buffer.alloc(random.below(20)));
  return Buffer.concat(parts);
}
