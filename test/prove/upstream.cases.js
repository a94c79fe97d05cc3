/**
 * The specs that `upstream.js` compares by. `$PORT` is a port that nobody has, one for each case; see `lab` there for the others.
 * `differs` maps a pattern on a difference to a part of the row of COMPATIBILITY.md that explains it.
 */

/** Differences that any case may have. */
export const always = {
  '^file (manifest\\.json|spec\\.yaml|redaction-report\\.json)': 'no manifest, no spec, no word of what was masked',
  '^(judged|rules .*): only we: unknown ': 'no file, or no outcome matched: no result at all',
  '^(judged|rules .*): only we: skipped ': 'an excluded analyzer: no result',
  '-error(-2)?\\.json timestamp: ': 'error files bear local time in whole seconds',
};

const judgedBy = '^(judged|rules .*): only';
const stopped = (row) => ({ '^bundle: they "made", we "none"': row });
const unusable = stopped('an address that cannot be dialled');
const more = (row) => ({ '^bundle: they "none", we "made"': row });
const nil = { [`${judgedBy} they: fail "nil analyzer"`]: 'an unknown analyzer is a fail titled `nil analyzer`' };
const numberedEarlier = { '-2\\.json: they undefined': 'two collectors with one path overwrite each other' };
const pairedByDocument = {
  '-2(-error)?\\.json: they undefined': 'in several documents the later collector is called `connect-2`',
  '\\.json (status|message): ': 'in several documents the later collector is called `connect-2`',
  'TCP Connection Attempt-error\\.json: they "there"': 'in several documents the later collector is called `connect-2`',
  [`${judgedBy} (they: warn|we: pass)`]: 'the analyzers of its document read that',
};
const renamed = {
  '^file .*-error\\.json: ': '`/`, `\\` and control characters become `_`',
  '^file .*\\.json: they "there"': '`collectorName` may hold `../`',
  '^file host-collectors/connect/[^/]*: they undefined': '`/`, `\\` and control characters become `_`',
  'our bundle by them: only they: ': 'their `analyze` then finds no such file',
};

const head = (kind) => `apiVersion: troubleshoot.sh/v1beta2\nkind: ${kind}\nmetadata:\n  name: a\nspec:\n`;
const list = (items) => items.map((item) => `    - ${item}\n`).join('');
const bundle = (collectors, analyzers = []) =>
  `${head('SupportBundle')}  hostCollectors:\n${list(collectors)}${analyzers.length > 0 ? `  hostAnalyzers:\n${list(analyzers)}` : ''}`;
const host = (collectors, analyzers) =>
  `${head('HostPreflight')}  collectors:${collectors.length > 0 ? `\n${list(collectors)}` : ' []\n'}  analyzers:${analyzers.length > 0 ? `\n${list(analyzers)}` : ' []\n'}`;

const open = 'tcpConnect: { collectorName: open, address: "127.0.0.1:1001" }';
const refused = 'tcpConnect: { collectorName: closed, address: "127.0.0.1:1002" }';
const everyStatus =
  'outcomes: [{ pass: { when: connected, message: it answers } }, { warn: { when: connection-refused, message: refused } }, { warn: { when: address-in-use, message: in use } }, { fail: { when: connection-timeout, message: no answer } }, { fail: { when: error, message: error } }, { fail: { when: invalid-address, message: invalid } }]';
const connect = (collector, analyzer = '') =>
  bundle([`tcpConnect: { ${collector} }`], [`tcpConnect: { ${analyzer}${everyStatus} }`]);
const judgesOpen = (analyzer) => bundle([open, refused], [`tcpConnect: { collectorName: open, ${analyzer} }`]);
const port = (collector, analyzer = '') =>
  bundle([`tcpPortStatus: { ${collector} }`], [`tcpPortStatus: { ${analyzer}${everyStatus} }`]);
const udp = (collector) => bundle([`udpPortStatus: { ${collector} }`], [`udpPortStatus: { ${everyStatus} }`]);
const everyBalancerStatus = everyStatus.replace(
  '[',
  '[{ fail: { when: bind-permission-denied, message: not allowed } }, ',
);
const balancer = (type) => (collector) =>
  bundle([`${type}: { timeout: 2s, ${collector} }`], [`${type}: { ${everyBalancerStatus} }`]);
const tcpBalancer = balancer('tcpLoadBalancer');
const httpBalancer = balancer('httpLoadBalancer');
const passedOn = (collector) =>
  bundle(
    [`networkNamespaceConnectivity: { timeout: 1s, ${collector} }`],
    [
      'networkNamespaceConnectivity: { outcomes: [{ pass: { message: "{{ .FromCIDR }} reaches {{ .ToCIDR }}" } }, { fail: { message: "{{ .FromCIDR }} is cut off" } }] }',
    ],
  );
const ownErrorFile = { '-error\\.json.*: they undefined': 'failures leave no error file' };
const differentVerdict = (row) => ({ '\\.json (status|message): |^judged|^rules|^analysis': row });
const named = (name) =>
  bundle(
    [`tcpConnect: { collectorName: ${name}, address: "127.0.0.1:1002" }`],
    [`tcpConnect: { collectorName: ${name}, ${everyStatus} }`],
  );

const moreOfInterfaces = { '-evidence\\.json: they undefined': '`ipv4Interfaces` records no addresses' };

export const cases = [
  { name: 'connect: connected', spec: connect('address: "127.0.0.1:1001"') },
  { name: 'connect: refused', spec: connect('address: "127.0.0.1:1002"') },
  { name: 'connect: no answer', spec: connect('address: "10.8.0.99:80", timeout: 500ms') },
  { name: 'connect: no route to host', spec: connect('address: "10.8.0.98:80"') },
  { name: 'connect: no route to the network', spec: connect('address: "192.0.2.1:80"') },
  { name: 'connect: IPv6', spec: connect('address: "[::1]:1003"') },
  { name: 'connect: IPv6 refused', spec: connect('address: "[::1]:1002"') },
  { name: 'connect: a name with two addresses, one answers', spec: connect('address: "both.test:1001"') },
  { name: 'connect: a name with two addresses, the other answers', spec: connect('address: "both.test:1003"') },
  { name: 'connect: a name with two addresses, none answers', spec: connect('address: "both.test:1002"') },
  { name: 'connect: no such name', spec: connect('address: "nowhere.test:80"') },
  { name: 'connect: silent name server', spec: connect('address: "silent.test:80", timeout: 500ms') },
  {
    name: 'connect: closed name server',
    net: 'loopback',
    spec: connect('address: "nowhere.test:80"'),
    differs: { ' status: |^judged|^rules': 'a name server whose port is closed' },
  },
  {
    name: 'connect: the kernel gives up first',
    spec: connect('address: "10.8.0.99:80", timeout: 20s'),
    differs: { ' status: |^judged|^rules': 'kernel ETIMEDOUT is `error`' },
  },
  {
    name: 'connect: the kernel gives up, no limit',
    spec: connect('address: "10.8.0.99:80", timeout: 0s'),
    differs: { ' status: |^judged|^rules': 'kernel ETIMEDOUT is `error`' },
  },
  { name: 'connect: empty host', spec: connect('address: ":1001"') },
  { name: 'connect: upper case name', spec: connect('address: "LOCALHOST:1001"') },
  { name: 'connect: address without port', differs: unusable, spec: connect('address: localhost') },
  { name: 'connect: address with a scheme', differs: unusable, spec: connect('address: "http://localhost:1001"') },
  { name: 'connect: IPv6 without brackets', differs: unusable, spec: connect('address: "::1:1003"') },
  { name: 'connect: port 99999', differs: unusable, spec: connect('address: "127.0.0.1:99999"') },
  { name: 'connect: port 0', differs: unusable, spec: connect('address: "127.0.0.1:0"') },
  { name: 'connect: trailing colon', differs: unusable, spec: connect('address: "127.0.0.1:"') },
  { name: 'connect: service name', differs: unusable, spec: connect('address: "127.0.0.1:http"') },
  { name: 'connect: numbers that are no address', differs: unusable, spec: connect('address: "256.1.1.1:80"') },
  { name: 'connect: leading zeros', differs: unusable, spec: connect('address: "0127.0.0.1:1001"') },
  { name: 'connect: no address', differs: unusable, spec: connect('timeout: 1s') },
  {
    name: 'connect: template text in the address',
    differs: unusable,
    spec: connect('address: "{{repl ConfigOption }}:80"'),
  },

  { name: 'timeout: empty', spec: connect('address: "127.0.0.1:1001", timeout: ""') },
  { name: 'timeout: null', spec: connect('address: "127.0.0.1:1001", timeout: null') },
  { name: 'timeout: 0s', spec: connect('address: "127.0.0.1:1002", timeout: 0s') },
  { name: 'timeout: 0', spec: connect('address: "127.0.0.1:1002", timeout: "0"') },
  { name: 'timeout: 1m0.5s', spec: connect('address: "127.0.0.1:1002", timeout: 1m0.5s') },
  { name: 'timeout: negative', differs: unusable, spec: connect('address: "127.0.0.1:1001", timeout: -1s') },
  {
    name: 'timeout: without a unit, as text',
    differs: unusable,
    spec: connect('address: "127.0.0.1:1001", timeout: "10"'),
  },
  { name: 'timeout: without a unit, as number', spec: connect('address: "127.0.0.1:1001", timeout: 10') },

  { name: 'name: blanks', spec: named('Kubernetes API TCP Port') },
  { name: 'name: colons', spec: named('"etcd peer 10.0.0.1:2379"') },
  { name: 'name: unicode', spec: named('Größe ✓ 東京') },
  {
    name: 'name: decomposed',
    differs: {
      '^file .*ber(-error)?\\.json: ': 'names keep their bytes',
      'our bundle by them: only they: ': 'names keep their bytes',
    },
    spec: named('"u\\u0308ber"'),
  },
  { name: 'name: slash', differs: renamed, spec: named('"a/b"') },
  {
    name: 'name: dots',
    differs: { ...renamed, 'their bundle by us: only they: ': 'ours finds theirs inside the folder' },
    spec: named('"../up"'),
  },
  { name: 'name: quotes and markup', spec: named('"<a> & \'b\' \\"c\\""') },
  { name: 'name: empty', spec: named('""') },
  { name: 'name: trailing blank', spec: named('"x "') },

  { name: 'port: first outer address', spec: port('port: $PORT') },
  { name: 'port: lo', spec: port('port: $PORT, interface: lo') },
  { name: 'port: eth0', spec: port('port: $PORT, interface: eth0') },
  { name: 'port: in use', spec: port('port: 1004') },
  { name: 'port: in use, lo', spec: port('port: 1001, interface: lo') },
  { name: 'port: in use on [::1] alone', spec: port('port: 1005') },
  { name: 'port: below 1024', spec: port('port: 81') },
  {
    name: 'port: no such interface',
    differs: {
      '^file .*tcpPortStatus.json: they undefined': 'no file for an unknown interface',
      [`${judgedBy} we: fail`]: 'no file for an unknown interface',
    },
    spec: port('port: $PORT, interface: eth9'),
  },
  {
    name: 'port: interface without an address',
    differs: {
      '^file .*-error\\.json: they "there"': 'no file for an unknown interface',
      '^file .*tcpPortStatus.json: they undefined': 'or a test over loopback',
      [`${judgedBy} we: pass`]: 'or a test over loopback',
    },
    spec: port('port: $PORT, interface: end0'),
  },
  { name: 'port: empty interface', spec: port('port: $PORT, interface: ""') },
  {
    name: 'port: host with loopback alone',
    differs: {
      '^file .*-error\\.json: they "there"': 'no file for an unknown interface',
      '^file .*tcpPortStatus.json: they undefined': 'or a test over loopback',
      [`${judgedBy} we: pass`]: 'or a test over loopback',
    },
    net: 'loopback',
    spec: port('port: $PORT'),
  },
  { name: 'port: 0', differs: unusable, spec: port('port: 0') },
  { name: 'port: 70000', differs: unusable, spec: port('port: 70000') },
  { name: 'port: absent', differs: unusable, spec: port('interface: lo') },
  { name: 'port: as text', spec: port('port: "81"') },
  {
    name: 'port: two names',
    spec: bundle(
      [
        'tcpPortStatus: { collectorName: one, port: $PORT, interface: lo }',
        'tcpPortStatus: { collectorName: two, port: 1004 }',
      ],
      [
        `tcpPortStatus: { collectorName: two, ${everyStatus} }`,
        `tcpPortStatus: { collectorName: one, checkName: One, ${everyStatus} }`,
      ],
    ),
  },

  {
    name: 'namespaces: passed on',
    spec: passedOn('fromCIDR: 10.20.0.0/24, toCIDR: 10.20.1.0/24, port: $PORT'),
  },

  { name: 'udp: all addresses', spec: udp('port: $PORT') },
  { name: 'udp: lo', spec: udp('port: $PORT, interface: lo') },
  { name: 'udp: eth0', spec: udp('port: $PORT, interface: eth0') },
  { name: 'udp: in use', spec: udp('port: 53') },
  { name: 'udp: in use by TCP alone', spec: udp('port: 1004') },
  {
    name: 'udp: no such interface',
    differs: {
      '^file .*udpPortStatus.json: they undefined': 'no file for an unknown interface',
      [`${judgedBy} we: fail`]: 'no file for an unknown interface',
    },
    spec: udp('port: $PORT, interface: eth9'),
  },
  { name: 'udp: host with loopback alone', net: 'loopback', spec: udp('port: $PORT') },
  { name: 'udp: 0', differs: stopped('port 0 is always `connected`'), spec: udp('port: 0') },
  { name: 'udp: 70000', differs: unusable, spec: udp('port: 70000') },
  { name: 'udp: a word that is none', spec: udp('port: $PORT').replace('when: connected', 'when: foo') },
  {
    name: 'udp: preflight of the examples',
    preflight: true,
    spec: host(
      ['udpPortStatus: { collectorName: flannel, port: $PORT }'],
      [
        'udpPortStatus: { collectorName: flannel, outcomes: [{ fail: { when: address-in-use, message: Another process was already listening } }, { fail: { when: error, message: Unexpected port status } }, { pass: { when: connected, message: Port is open } }, { warn: { message: Unexpected port status } }] }',
      ],
    ),
  },

  { name: 'tcp balancer: this host', spec: tcpBalancer('address: "10.8.0.1:$PORT", port: $PORT') },
  {
    name: 'tcp balancer: localhost',
    spec: tcpBalancer('address: "localhost:$PORT", port: $PORT').replace('2s', '20s'),
  },
  {
    name: 'tcp balancer: somebody else',
    differs: ownErrorFile,
    spec: tcpBalancer('address: "127.0.0.1:1001", port: $PORT'),
  },
  { name: 'tcp balancer: refused', differs: ownErrorFile, spec: tcpBalancer('address: "127.0.0.1:1002", port: $PORT') },
  { name: 'tcp balancer: no answer', differs: ownErrorFile, spec: tcpBalancer('address: "10.8.0.99:80", port: $PORT') },
  { name: 'tcp balancer: no route', differs: ownErrorFile, spec: tcpBalancer('address: "192.0.2.1:80", port: $PORT') },
  {
    name: 'tcp balancer: no such name',
    differs: ownErrorFile,
    spec: tcpBalancer('address: "nowhere.test:80", port: $PORT').replace('2s', '6s'),
  },
  {
    name: 'tcp balancer: port in use',
    differs: ownErrorFile,
    spec: tcpBalancer('address: "127.0.0.1:1001", port: 1004'),
  },
  {
    name: 'tcp balancer: no time',
    differs: ownErrorFile,
    spec: tcpBalancer('address: "127.0.0.1:1001", port: $PORT').replace('2s', '0s'),
  },
  ...['lb', '1.2.3.4:64:6443', '55.555.51.23:80', 'sw!$$.com:80', '1.2.3.4:0', '1.2.3.4:99999', ''].map((address) => ({
    name: `tcp balancer: address ${JSON.stringify(address)}`,
    differs: ownErrorFile,
    spec: tcpBalancer(`address: ${JSON.stringify(address)}, port: $PORT`),
  })),
  {
    name: 'tcp balancer: IPv6',
    differs: differentVerdict('IPv6 addresses, capitals and underscores are `invalid-address`'),
    spec: tcpBalancer('address: "[::1]:$PORT", port: $PORT'),
  },
  {
    name: 'tcp balancer: capitals',
    differs: differentVerdict('IPv6 addresses, capitals and underscores are `invalid-address`'),
    spec: tcpBalancer('address: "LOCALHOST:$PORT", port: $PORT').replace('2s', '20s'),
  },
  {
    name: 'tcp balancer: timeout without a unit',
    differs: unusable,
    spec: tcpBalancer('address: "10.8.0.1:$PORT", port: $PORT').replace('2s', '"10"'),
  },
  {
    name: 'tcp balancer: preflight of the examples',
    preflight: true,
    spec: host(
      ['tcpLoadBalancer: { collectorName: loadbalancer, port: $PORT, address: "127.0.0.1:1002", timeout: 2s }'],
      [
        'tcpLoadBalancer: { collectorName: loadbalancer, outcomes: [{ fail: { when: invalid-address, message: not valid } }, { fail: { when: connection-refused, message: refused } }, { pass: { when: connected, message: connected } }, { warn: { message: Unexpected port status } }] }',
      ],
    ),
  },

  // This host itself is not among them: whether the Go tool reaches its own server is chance.
  {
    name: 'http balancer: somebody else',
    differs: { ...ownErrorFile, ' message: ': 'its message is empty' },
    spec: httpBalancer('address: "http://127.0.0.1:1001", port: $PORT'),
  },
  {
    name: 'http balancer: refused',
    differs: { ...ownErrorFile, ' message: ': 'its message is empty' },
    spec: httpBalancer('address: "http://127.0.0.1:1002", port: $PORT'),
  },
  {
    name: 'http balancer: no answer',
    differs: { ...ownErrorFile, ' message: ': 'its message is empty' },
    spec: httpBalancer('address: "http://10.8.0.99", port: $PORT'),
  },
  {
    name: 'http balancer: no such name',
    differs: { ...ownErrorFile, ' message: ': 'its message is empty' },
    spec: httpBalancer('address: "http://nowhere.test", port: $PORT').replace('2s', '6s'),
  },
  { name: 'http balancer: port in use', spec: httpBalancer('address: "http://127.0.0.1:1001", port: 1004') },
  {
    name: 'http balancer: no scheme',
    differs: { ...ownErrorFile, ...differentVerdict('a URL without a scheme is tried for the whole time') },
    spec: httpBalancer('address: "127.0.0.1:1001", port: $PORT'),
  },

  {
    name: 'exclude: collector, true',
    differs: more('nothing collected: no bundle'),
    spec: connect('address: "127.0.0.1:1001", exclude: true'),
  },
  ...['"true"', '"1"', '"T"', 'yes', 'on', 'y', 'false', '"f"', '"0"', 'off', '""', 'null'].map((text) => ({
    name: `exclude: ${text}`,
    spec: bundle(
      [refused, `tcpConnect: { collectorName: x, address: "127.0.0.1:1001", exclude: ${text} }`],
      [
        `tcpConnect: { collectorName: x, ${everyStatus} }`,
        `tcpConnect: { collectorName: closed, exclude: ${text}, ${everyStatus} }`,
      ],
    ),
  })),
  ...['maybe', '"yes"', '" true"', '"123"', '"{{repl X }}"'].map((text) => ({
    name: `exclude: ${text}, which is no boolean`,
    differs: stopped('`exclude` text that ParseBool refuses'),
    spec: connect(`address: "127.0.0.1:1001", exclude: ${text}`),
  })),
  { name: 'exclude: 1, a number', spec: connect('address: "127.0.0.1:1001", exclude: 1') },
  { name: 'strict: all forms', spec: judgesOpen(`strict: "true", annotations: { a: b }, ${everyStatus}`) },

  {
    name: 'outcomes: first match wins',
    spec: judgesOpen(
      'outcomes: [{ warn: { when: connected, message: one } }, { fail: { when: connected, message: two } }]',
    ),
  },
  {
    name: 'outcomes: without when',
    spec: judgesOpen('outcomes: [{ warn: { message: always } }, { fail: { when: connected } }]'),
  },
  { name: 'outcomes: empty when', spec: judgesOpen('outcomes: [{ warn: { when: "", message: always } }]') },
  {
    name: 'outcomes: three keys in one item',
    spec: judgesOpen(
      'outcomes: [{ pass: { when: connected, message: p }, warn: { when: connected, message: w }, fail: { when: connected, message: f } }]',
    ),
  },
  {
    name: 'outcomes: only the first key of an item',
    spec: judgesOpen(
      'outcomes: [{ pass: { when: connected, message: p }, warn: { when: error, message: w } }, { fail: { message: last } }]',
    ),
  },
  {
    name: 'outcomes: unknown word',
    spec: judgesOpen('outcomes: [{ fail: { when: conected, message: f } }, { warn: { message: w } }]'),
  },
  { name: 'outcomes: none matches', spec: judgesOpen('outcomes: [{ fail: { when: error, message: f } }]') },
  { name: 'outcomes: empty list', spec: judgesOpen('outcomes: []') },
  { name: 'outcomes: no list', spec: judgesOpen('checkName: C') },
  { name: 'outcomes: item with none of the three', spec: judgesOpen('outcomes: [{}, { warn: { message: w } }]') },
  { name: 'outcomes: no message', spec: judgesOpen('outcomes: [{ fail: { when: connected } }]') },
  { name: 'outcomes: empty pass', spec: judgesOpen('outcomes: [{ pass: {} }]') },
  { name: 'outcomes: null pass', spec: judgesOpen('outcomes: [{ pass: null }, { warn: { message: w } }]') },
  {
    name: 'outcomes: uri and markup',
    spec: judgesOpen(
      'outcomes: [{ fail: { when: connected, message: "a <b> & \\"c\\" {{ .X }} \\u2028 é", uri: "https://example.com/?a=1&b=2" } }]',
    ),
  },
  {
    name: 'outcomes: other letters',
    spec: judgesOpen('outcomes: [{ fail: { when: Connected, message: f } }, { warn: { message: w } }]'),
  },
  {
    name: 'outcomes: blanks around the word',
    differs: { [`${judgedBy} (they: warn|we: fail)`]: 'blanks around are ignored' },
    spec: judgesOpen('outcomes: [{ fail: { when: " connected ", message: f } }, { warn: { message: w } }]'),
  },
  { name: 'outcomes: when true, unquoted', spec: judgesOpen('outcomes: [{ fail: { when: true, message: f } }]') },
  { name: 'outcomes: message 5, unquoted', spec: judgesOpen('outcomes: [{ fail: { message: 5 } }]') },
  {
    name: 'outcomes: title and unknown keys',
    spec: judgesOpen('outcomes: [{ fail: { title: T, message: f, severity: x } }], extra: 1'),
  },
  {
    name: 'outcomes: message of several lines',
    spec: judgesOpen('outcomes: [{ fail: { message: "one\\n\\ttwo\\n" } }]'),
  },
  ...['Check #1!', 'Größe', '<a> & b', '  edge  ', '日本', 'Port 10.0.0.1:6443', ''].map((title) => ({
    name: `title: ${JSON.stringify(title)}`,
    spec: judgesOpen(`checkName: ${JSON.stringify(title)}, ${everyStatus}`),
  })),

  {
    name: 'missing: analyzer of no collector',
    spec: bundle([open], [`tcpConnect: { collectorName: other, ${everyStatus} }`]),
  },
  { name: 'missing: analyzer of another type', spec: bundle([open], [`tcpPortStatus: { ${everyStatus} }`]) },
  {
    name: 'missing: only analyzers',
    differs: more('nothing collected: no bundle'),
    spec: `${head('SupportBundle')}  hostAnalyzers:\n    - tcpConnect: { ${everyStatus} }\n`,
  },
  {
    name: 'unknown: collector',
    spec: bundle([open, 'tcpConect: { address: "a:1" }'], [`tcpConnect: { collectorName: open, ${everyStatus} }`]),
  },
  {
    name: 'unknown: collector alone',
    differs: more('nothing collected: no bundle'),
    spec: bundle(['tcpConect: { address: "a:1" }']),
  },
  {
    name: 'unknown: analyzer',
    differs: nil,
    spec: bundle([open], ['tcpConect: { outcomes: [{ fail: { message: f } }] }']),
  },
  {
    name: 'unknown: null collector',
    differs: stopped('`- {}` and a collector that is null'),
    spec: bundle([open, 'tcpConnect: null']),
  },
  { name: 'unknown: null analyzer', differs: nil, spec: bundle([open], ['tcpConnect: null']) },
  { name: 'unknown: empty item', differs: stopped('`- {}` and a collector that is null'), spec: bundle([open, '{}']) },
  {
    name: 'unknown: several types in one item',
    differs: { '^file .*connect.json: they undefined': 'several types in one list item' },
    spec: bundle(['{ tcpConnect: { address: "127.0.0.1:1001" }, tcpPortStatus: { port: $PORT, interface: lo } }']),
  },
  { name: 'unknown: keys of items', spec: connect('address: "127.0.0.1:1001", adress: x', 'chekName: y, ') },
  { name: 'unknown: upper case type', spec: bundle([open, 'TCPConnect: { address: "127.0.0.1:1002" }']) },
  {
    name: 'unknown: upper case key',
    differs: unusable,
    spec: bundle([open, 'tcpConnect: { Address: "127.0.0.1:1002" }']),
  },

  {
    name: 'duplicates: default names',
    differs: numberedEarlier,
    spec: bundle(
      ['tcpConnect: { address: "127.0.0.1:1001" }', 'tcpConnect: { address: "127.0.0.1:1002" }'],
      [`tcpConnect: { ${everyStatus} }`],
    ),
  },
  {
    name: 'duplicates: one name',
    differs: numberedEarlier,
    spec: bundle(
      [open, 'tcpConnect: { collectorName: open, address: "127.0.0.1:1002" }'],
      [`tcpConnect: { collectorName: open, ${everyStatus} }`],
    ),
  },
  {
    name: 'duplicates: exact',
    differs: {
      '-2\\.json: they undefined': 'removes exact duplicates',
      [`${judgedBy} we: pass`]: 'all are kept and run',
    },
    spec: bundle(
      [open, open],
      [`tcpConnect: { collectorName: open, ${everyStatus} }`, `tcpConnect: { collectorName: open, ${everyStatus} }`],
    ),
  },
  {
    name: 'duplicates: letters alone differ',
    differs: {
      '^file .*/open(-2)?\\.json': 'letter case aside',
      'our bundle by them: only they: ': 'letter case aside',
    },
    spec: bundle(
      [open, 'tcpConnect: { collectorName: OPEN, address: "127.0.0.1:1002" }'],
      [`tcpConnect: { collectorName: open, ${everyStatus} }`, `tcpConnect: { collectorName: OPEN, ${everyStatus} }`],
    ),
  },
  {
    name: 'duplicates: two specs with default names',
    differs: pairedByDocument,
    files: {
      'a.yaml': connect('address: "127.0.0.1:1001"', 'checkName: A, '),
      'b.yaml': connect('address: "127.0.0.1:1002"', 'checkName: B, '),
    },
  },
  {
    name: 'duplicates: two failing with one title',
    differs: { '-2\\.json: they undefined': 'share an error file', '-error\\.json error: ': 'share an error file' },
    spec: bundle(['tcpConnect: { address: "127.0.0.1:1002" }', 'tcpConnect: { address: "[::1]:1002" }']),
  },

  { name: 'form: two documents', spec: `${connect('address: "127.0.0.1:1001"')}---\n${bundle([refused])}` },
  {
    name: 'form: separator with a blank',
    differs: { '^file .*closed.*\\.json: they undefined': 'documents split on newline' },
    spec: `${connect('address: "127.0.0.1:1001"')}--- \n${bundle([refused])}`,
  },
  {
    name: 'form: CRLF',
    differs: { '^file .*closed.*\\.json: they undefined': 'documents split on newline' },
    spec: `${connect('address: "127.0.0.1:1001"')}---\n${bundle([refused])}`.replaceAll('\n', '\r\n'),
  },
  { name: 'form: leading separator', spec: `---\n${connect('address: "127.0.0.1:1001"')}` },
  {
    name: 'form: JSON',
    files: {
      'spec.json': JSON.stringify({
        apiVersion: 'troubleshoot.sh/v1beta2',
        kind: 'SupportBundle',
        metadata: { name: 'j' },
        spec: {
          hostCollectors: [{ tcpConnect: { address: '127.0.0.1:1001' } }],
          hostAnalyzers: [{ tcpConnect: { outcomes: [{ pass: { when: 'connected', message: 'm' } }] } }],
        },
      }),
    },
  },
  {
    name: 'form: List',
    differs: more('documents split on newline'),
    spec: `apiVersion: v1\nkind: List\nitems:\n  - ${bundle([open]).replaceAll('\n', '\n    ')}`,
  },
  {
    name: 'form: ConfigMap',
    spec: `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata:\n  support-bundle-spec: |\n${connect('address: "127.0.0.1:1001"').replace(/^/gm, '    ')}`,
  },
  {
    name: 'form: Secret',
    spec: `apiVersion: v1\nkind: Secret\nmetadata: { name: c }\ndata:\n  support-bundle-spec: ${Buffer.from(connect('address: "127.0.0.1:1001"')).toString('base64')}\n`,
  },
  {
    name: 'form: foreign document beside it',
    spec: `apiVersion: v1\nkind: Service\nmetadata: { name: s }\n---\n${connect('address: "127.0.0.1:1001"')}`,
  },
  {
    name: 'form: status and metadata',
    spec: connect('address: "127.0.0.1:1001"')
      .replace(
        '  name: a\n',
        '  name: a\n  creationTimestamp: null\n  labels: { troubleshoot.sh/kind: support-bundle }\n  annotations: { x: z }\n',
      )
      .concat('status: {}\n'),
  },
  {
    name: 'form: unquoted y as text',
    differs: { ...more('plain `y`, `yes`, `on`'), 'rules spec, our bundle by them: only ': 'plain `y`, `yes`, `on`' },
    spec: connect('address: "127.0.0.1:1001"', 'checkName: y, '),
  },
  { name: 'form: unquoted number as text', spec: connect('address: "127.0.0.1:1001"', 'checkName: 5, ') },
  { name: 'form: other top-level keys', spec: `${connect('address: "127.0.0.1:1001"')}extra: {}\n` },
  { name: 'form: no metadata', spec: connect('address: "127.0.0.1:1001"').replace('metadata:\n  name: a\n', '') },
  {
    name: 'form: anchors and merge keys',
    spec: bundle(
      ['tcpConnect: &a { address: "127.0.0.1:1001" }', 'tcpConnect: { <<: *a, collectorName: b }'],
      [`tcpConnect: { collectorName: b, ${everyStatus} }`],
    ),
  },
  {
    name: 'form: empty collectors key',
    spec: connect('address: "127.0.0.1:1001"').replace('spec:\n', 'spec:\n  afterCollection: []\n  analyzers: []\n'),
  },
  {
    name: 'form: not YAML beside a good one',
    differs: stopped('a document that does not decode'),
    spec: `${connect('address: "127.0.0.1:1001"')}---\na: [\n`,
  },
  {
    name: 'kind: older group',
    spec: connect('address: "127.0.0.1:1001"').replace(
      'troubleshoot.sh/v1beta2',
      'troubleshoot.replicated.com/v1beta1',
    ),
  },
  {
    name: 'kind: v1beta3',
    differs: more('a `v1beta3` SupportBundle loses'),
    spec: connect('address: "127.0.0.1:1001"').replace('v1beta2', 'v1beta3'),
  },
  { name: 'kind: v1beta4', spec: connect('address: "127.0.0.1:1001"').replace('v1beta2', 'v1beta4') },
  { name: 'kind: HostCollector', spec: `${head('HostCollector')}  collectors:\n    - ${refused}\n` },
  {
    name: 'kind: HostCollector with analyzers',
    differs: { [`${judgedBy} we: warn`]: '`HostCollector.spec.analyzers` never run' },
    spec: `${head('HostCollector')}  collectors:\n    - ${refused}\n  analyzers:\n    - tcpConnect: { collectorName: closed, ${everyStatus} }\n`,
  },
  {
    name: 'kind: Collector with hostCollectors',
    files: {
      'a.yaml': connect('address: "127.0.0.1:1001"'),
      'b.yaml': `${head('Collector')}  hostCollectors:\n    - ${refused}\n`,
    },
  },
  {
    name: 'kind: HostPreflight given to collect',
    differs: more('`support-bundle` ignores a HostPreflight'),
    spec: host([refused], [`tcpConnect: { collectorName: closed, ${everyStatus} }`]),
  },
  {
    name: 'kind: SupportBundle and HostCollector',
    files: {
      'a.yaml': connect('address: "127.0.0.1:1001"'),
      'b.yaml': `${head('HostCollector')}  collectors:\n    - ${refused}\n`,
    },
  },
  { name: 'kind: unknown', spec: connect('address: "127.0.0.1:1001"').replace('SupportBundle', 'SuportBundle') },

  {
    name: 'preflight: pass',
    preflight: true,
    spec: host([open], [`tcpConnect: { collectorName: open, ${everyStatus} }`]),
  },
  {
    name: 'preflight: warn',
    preflight: true,
    spec: host([refused], [`tcpConnect: { collectorName: closed, ${everyStatus} }`]),
  },
  {
    name: 'preflight: fail',
    preflight: true,
    spec: host(
      [open],
      ['tcpConnect: { collectorName: open, outcomes: [{ fail: { message: f, uri: "https://example.com/" } }] }'],
    ),
  },
  {
    name: 'preflight: pass, warn and fail',
    preflight: true,
    spec: host(
      [open, refused],
      [
        `tcpConnect: { collectorName: open, ${everyStatus} }`,
        `tcpConnect: { collectorName: closed, ${everyStatus} }`,
        'tcpConnect: { checkName: "<F>", collectorName: open, strict: true, outcomes: [{ fail: { message: "a & b" } }] }',
      ],
    ),
  },
  {
    name: 'preflight: port',
    preflight: true,
    spec: host(
      ['tcpPortStatus: { port: $PORT, interface: lo }', 'tcpPortStatus: { collectorName: held, port: 1004 }'],
      [`tcpPortStatus: { ${everyStatus} }`, `tcpPortStatus: { collectorName: held, ${everyStatus} }`],
    ),
  },
  {
    name: 'preflight: no outcome',
    differs: { '^exit: they [01], we 5': 'no file, or no outcome matched: no result at all' },
    preflight: true,
    spec: host([open], ['tcpConnect: { collectorName: open, outcomes: [{ fail: { when: error } }] }']),
  },
  {
    name: 'preflight: pass and no outcome',
    differs: { '^exit: they [01], we 5': 'no file, or no outcome matched: no result at all' },
    preflight: true,
    spec: host(
      [open],
      [
        `tcpConnect: { collectorName: open, ${everyStatus} }`,
        'tcpConnect: { collectorName: open, outcomes: [{ fail: { when: error } }] }',
      ],
    ),
  },
  {
    name: 'preflight: missing collector',
    differs: { '^exit: they [01], we 5': 'no file, or no outcome matched: no result at all' },
    preflight: true,
    spec: host([open], [`tcpConnect: { collectorName: other, ${everyStatus} }`]),
  },
  {
    name: 'preflight: no collectors',
    differs: { '^exit: they 0, we 5': '`preflight` without collectors or analyzers' },
    preflight: true,
    spec: host([], [`tcpConnect: { ${everyStatus} }`]),
  },
  {
    name: 'preflight: no analyzers',
    differs: { '^exit: they 0, we 5': '`preflight` without collectors or analyzers' },
    preflight: true,
    spec: host([open], []),
  },
  {
    name: 'preflight: all collectors excluded',
    differs: { '^exit: they 0, we 5': '`preflight` without collectors or analyzers' },
    preflight: true,
    spec: host(['tcpConnect: { address: "127.0.0.1:1001", exclude: true }'], [`tcpConnect: { ${everyStatus} }`]),
  },
  {
    name: 'preflight: all analyzers excluded',
    preflight: true,
    spec: host([open], [`tcpConnect: { exclude: "true", ${everyStatus} }`]),
  },
  {
    name: 'preflight: one analyzer excluded',
    preflight: true,
    spec: host(
      [open],
      [`tcpConnect: { exclude: "true", ${everyStatus} }`, `tcpConnect: { collectorName: open, ${everyStatus} }`],
    ),
  },
  {
    name: 'preflight: unknown analyzer',
    differs: { ...nil, '^exit: they 3, we 5': 'an unknown analyzer is a fail titled `nil analyzer`' },
    preflight: true,
    spec: host([open], ['tcpConect: { outcomes: [] }']),
  },
  {
    name: 'interfaces: counted',
    differs: moreOfInterfaces,
    spec: bundle(
      ['ipv4Interfaces: {}'],
      ['== 0', '>= 1', '< 1', '=== 1', '> 1'].map(
        (test) =>
          `ipv4Interfaces: { outcomes: [{ pass: { when: count ${test}, message: holds } }, { fail: { message: holds not } }] }`,
      ),
    ),
  },
  {
    name: 'interfaces: none',
    net: 'loopback',
    differs: moreOfInterfaces,
    spec: bundle(
      ['ipv4Interfaces: { collectorName: mine }'],
      ['ipv4Interfaces: { outcomes: [{ fail: { when: count == 0, message: none } }, { pass: { message: some } }] }'],
    ),
  },
  ...[
    ['free', '10.0.0.0/8', 22],
    ['taken', '10.8.0.0/24', 25],
    ['a whole range', '10.9.0.0/24', 24],
    ['an address beyond the begin', '10.5.0.0/8', 22],
    ['all addresses', '0.0.0.0/0', 8],
  ].map(([what, range, size]) => ({
    name: `subnet: ${what}`,
    spec: bundle(
      [`subnetAvailable: { CIDRRangeAlloc: ${range}, desiredCIDR: ${size} }`],
      [
        'subnetAvailable: { outcomes: [{ pass: { when: a-subnet-is-available, message: free } }, { fail: { when: no-subnet-available, message: none } }] }',
      ],
    ),
  })),
  { name: 'subnet: no address', spec: bundle([open, 'subnetAvailable: { CIDRRangeAlloc: ten/8, desiredCIDR: 22 }']) },
  ...[
    ['larger than the range', '10.0.0.0/24', 22],
    ['no prefix length', '10.0.0.0', 22],
    ['a size of 64', '10.0.0.0/8', 64],
  ].map(([what, range, size]) => ({
    name: `subnet: ${what}`,
    differs: stopped('a range that is none ends the tool'),
    spec: bundle([open, `subnetAvailable: { CIDRRangeAlloc: ${range}, desiredCIDR: ${size} }`]),
  })),
  {
    name: 'contains: true and false',
    spec: bundle(
      [open],
      ['10.0.0.5', '192.168.1.1', '"::1"'].map(
        (ip) =>
          `subnetContainsIP: { cidr: 10.0.0.0/8, ip: ${ip}, outcomes: [{ pass: { when: "true", message: in } }, { fail: { when: "false", message: out } }] }`,
      ),
    ),
  },
  { name: 'dns: unknown names', spec: bundle(['dns: { hostnames: [nowhere.test, nowhere] }']) },
  {
    name: 'dns: a name that takes any',
    spec: bundle(['dns: { collectorName: "my names", hostnames: [a.wild.test, "*.wild.test."] }']),
  },
  {
    name: 'kURL: template text',
    preflight: true,
    spec: host(
      [
        open,
        `tcpConnect: { address: '{{kurl .Installer.Spec.Kubernetes.MasterAddress }}', timeout: 1s, exclude: '{{kurl not .IsJoin }}' }`,
      ],
      [
        `tcpConnect: { collectorName: open, ${everyStatus} }`,
        `tcpConnect: { exclude: '{{kurl not .IsJoin }}', ${everyStatus} }`,
      ],
    ),
    differs: { '^(exit|judged)': '`{{kurl … }}` text is used as it is' },
  },
  {
    name: 'kURL: rendered by us, by hand for them',
    preflight: true,
    files: {
      'by-hand.yaml': host(
        [refused, 'tcpConnect: { collectorName: api, address: "127.0.0.1:1001", exclude: "false" }'],
        [
          `tcpConnect: { collectorName: api, exclude: "false", ${everyStatus} }`,
          `tcpConnect: { collectorName: closed, exclude: "true", ${everyStatus} }`,
        ],
      ),
      'template.yaml': host(
        [
          refused,
          `tcpConnect: { collectorName: api, address: '{{kurl .Installer.Spec.Kubernetes.MasterAddress }}', exclude: '{{kurl not .IsJoin }}' }`,
        ],
        [
          `tcpConnect: { collectorName: api, exclude: '{{kurl not .IsJoin }}', ${everyStatus} }`,
          `tcpConnect: { collectorName: closed, exclude: '{{kurl .IsJoin }}', ${everyStatus} }`,
        ],
      ),
      'installer.yaml':
        'apiVersion: cluster.kurl.sh/v1beta1\nkind: Installer\nmetadata: { name: i }\nspec:\n  kubernetes: { version: 1.29.x, masterAddress: "127.0.0.1:1001" }\n',
    },
    specs: ['by-hand.yaml'],
    ourSpecs: ['template.yaml'],
    args: ['--installer', 'installer.yaml', '--set', 'IsJoin=true'],
  },
  {
    name: 'preflight: v1beta3',
    preflight: true,
    spec: host([open], [`tcpConnect: { collectorName: open, ${everyStatus} }`]).replace('v1beta2', 'v1beta3'),
  },
  {
    name: 'preflight: two specs',
    preflight: true,
    files: {
      'a.yaml': host([open], [`tcpConnect: { collectorName: open, ${everyStatus} }`]),
      'b.yaml': host([refused], [`tcpConnect: { collectorName: closed, ${everyStatus} }`]),
    },
  },
  {
    name: 'preflight: exact duplicates',
    preflight: true,
    spec: host(
      [open, open],
      [`tcpConnect: { collectorName: open, ${everyStatus} }`, `tcpConnect: { collectorName: open, ${everyStatus} }`],
    ),
  },
  { name: 'preflight: no such file', preflight: true, files: {}, specs: ['none.yaml'] },
  {
    name: 'preflight: SupportBundle',
    differs: { '^judged: only we: pass': '`preflight` a SupportBundle' },
    preflight: true,
    spec: connect('address: "127.0.0.1:1001"'),
  },
  {
    name: 'preflight: does not decode',
    differs: { '^exit: they 0, we 2': 'a document that does not decode' },
    preflight: true,
    spec: host([open], ['tcpConnect: { collectorName: open, outcomes: [{ pass: { when: true } }] }']),
  },
];
