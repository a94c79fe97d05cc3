/**
 * The specs in troubleshoot.sh's `examples/` that touch the network, for `upstream.js`: the same kinds, collectors and outcomes in the
 * same order, with addresses of its namespace in place of those of companies and clusters, and messages of our own.
 */

const head = (kind) => `apiVersion: troubleshoot.sh/v1beta2\nkind: ${kind}\nmetadata:\n  name: example\nspec:\n`;
const list = (key, items) => `  ${key}:\n${items.map((item) => `    - ${item}\n`).join('')}`;

/** In their order: `fail connection-refused`, or `warn` alone for whatever is left. */
const outcomes = (...lines) =>
  `outcomes: [${lines
    .map((line) => {
      const [severity, ...when] = line.split(' ');
      const condition = when.length === 0 ? '' : `when: "${when.join(' ')}", `;
      return `{ ${severity}: { ${condition}message: "${line}" } }`;
    })
    .join(', ')}]`;

const dialled = ['fail connection-refused', 'fail connection-timeout', 'fail error', 'pass connected'];
const ownPort = ['fail connection-refused', 'fail address-in-use', 'fail connection-timeout', 'fail error'];
const port = outcomes(...ownPort, 'pass connected', 'warn');
const pair = outcomes(
  ...['missing', 'switched', 'encrypted', 'mismatch', 'invalid'].map((end) => `fail key-pair-${end}`),
  'pass key-pair-valid',
);
const toFind = (address) => `address: "${address}"`;

/** By the name of their file: collectors, and the analyzers that `preflight/host` has beside them. */
const examples = {
  certificate: [
    ['certificate: { certificatePath: /mnt/rsa.crt, keyPath: /mnt/rsa.key }'],
    [`certificate: { ${pair} }`],
  ],
  'certificate, missing': [
    ['certificate: { certificatePath: /etc/ssl/corp.crt, keyPath: /etc/ssl/corp.key }'],
    [`certificate: { ${pair} }`],
  ],
  http: [
    ['http: { collectorName: registry, get: { url: "http://127.0.0.1:1010/status/404" } }'],
    [`http: { collectorName: registry, ${outcomes('fail error', 'pass statusCode == 404', 'fail')} }`],
  ],
  'http, refused': [
    ['http: { collectorName: registry, get: { url: "https://127.0.0.1:1002" } }'],
    [`http: { collectorName: registry, ${outcomes('fail error', 'pass statusCode == 404', 'fail')} }`],
  ],
  'http-load-balancer': [
    [
      `httpLoadBalancer: { collectorName: httploadbalancer, port: $PORT, ${toFind('http://127.0.0.1:1002')}, timeout: 2s }`,
    ],
    [
      `httpLoadBalancer: { collectorName: httploadbalancer, ${outcomes(...ownPort.slice(0, 3), 'fail bind-permission-denied', 'fail error', 'pass connected')} }`,
    ],
  ],
  'ipv4-interfaces': [
    ['ipv4Interfaces: {}'],
    [`ipv4Interfaces: { ${outcomes('fail count == 0', 'warn count >= 2', 'pass count == 1')} }`],
  ],
  'tcp-connect': [
    [`tcpConnect: { collectorName: weave host 1, ${toFind('127.0.0.1:1001')} }`],
    [`tcpConnect: { collectorName: weave host 1, ${outcomes(...dialled)} }`],
  ],
  'tcp-connect, refused': [
    [`tcpConnect: { collectorName: weave host 1, ${toFind('127.0.0.1:1002')}, timeout: 2s }`],
    [`tcpConnect: { collectorName: weave host 1, ${outcomes(...dialled)} }`],
  ],
  'tcp-load-balancer': [
    [`tcpLoadBalancer: { collectorName: loadbalancer, port: $PORT, ${toFind('10.8.0.1:$PORT')}, timeout: 5000ms }`],
    [
      `tcpLoadBalancer: { collectorName: loadbalancer, ${outcomes('fail invalid-address', ...ownPort, 'pass connected', 'warn')} }`,
    ],
  ],
  'tcp-port': [
    ['tcpPortStatus: { collectorName: k8s, port: $PORT }'],
    [`tcpPortStatus: { collectorName: k8s, ${port} }`],
  ],
  'tcp-port, in use': [
    ['tcpPortStatus: { collectorName: k8s, port: 1004 }'],
    [`tcpPortStatus: { collectorName: k8s, ${port} }`],
  ],
  'udp-port': [
    ['udpPortStatus: { collectorName: flannel, port: $PORT }'],
    [
      `udpPortStatus: { collectorName: flannel, ${outcomes('fail address-in-use', 'fail error', 'pass connected', 'warn')} }`,
    ],
  ],
};

const emptyMessage = { ' message: ': 'its message is empty' };
const ownErrorFile = { '-error\\.json.*: they undefined': 'failures leave no error file' };
const beside = (row) => ({ '-evidence\\.json: they undefined': row });
const noPair = { ...beside('`certificate` writes one word'), '-error\\.json error: ': "messages are Go's texts" };
const collecting = {
  certificate: beside('`certificate` writes one word'),
  'certificate, missing': noPair,
  'http-load-balancer': { ...emptyMessage, ...ownErrorFile },
  'ipv4-interfaces': beside('`ipv4Interfaces` records no addresses'),
};

export const exampleCases = [
  ...Object.entries(examples).flatMap(([name, [collectors, analyzers]]) => [
    {
      name: `example: collect/host/${name}`,
      spec: head('HostCollector') + list('collectors', collectors),
      ...(name in collecting && { differs: collecting[name] }),
    },
    {
      name: `example: preflight/host/${name}`,
      preflight: true,
      spec: head('HostPreflight') + list('collectors', collectors) + list('analyzers', analyzers),
    },
  ]),
  {
    name: 'example: preflight/host/subnet-available, its outcomes one level too far to the left',
    differs: { '^exit: they 1, we 5': 'no file, or no outcome matched: no result at all' },
    preflight: true,
    spec: `${head('HostPreflight')}${list('collectors', ['subnetAvailable: { CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: 22 }'])}${list('analyzers', ['subnetAvailable: { outcomes: [{ fail: null, when: no-subnet-available, message: none }, { pass: null, when: a-subnet-is-available, message: some }] }'])}`,
  },
  {
    name: 'example: preflight/host/subnet-available, as it was meant',
    preflight: true,
    spec: `${head('HostPreflight')}${list('collectors', ['subnetAvailable: { CIDRRangeAlloc: "10.0.0.0/8", desiredCIDR: 22 }'])}${list('analyzers', [`subnetAvailable: { ${outcomes('fail no-subnet-available', 'pass a-subnet-is-available')} }`])}`,
  },
  {
    name: 'example: preflight/host/subnet-contains-ip',
    differs: { '^judged: only we: pass': '`preflight` without collectors or analyzers' },
    preflight: true,
    spec: `${head('HostPreflight')}${list('analyzers', [`subnetContainsIP: { cidr: "10.0.0.0/8", ip: "10.0.0.5", ${outcomes('fail false', 'pass true')} }`])}`,
  },
  {
    name: 'example: collect/host/all-collectors, its network tests',
    differs: {
      ...noPair,
      ...ownErrorFile,
      'http-lb-test\\.json (status|message): ': 'a URL without a scheme is tried for the whole time',
    },
    spec:
      head('SupportBundle') +
      list('hostCollectors', [
        'certificate: { collectorName: test-cert, certificatePath: /etc/ssl/certs/ca-certificates.crt }',
        'certificatesCollection: { collectorName: certs-collection, paths: [/etc/ssl/certs] }',
        'tcpPortStatus: { collectorName: ssh-port, port: $PORT }',
        'udpPortStatus: { collectorName: dns-port, port: 53 }',
        'tcpConnect: { collectorName: localhost-ssh, address: "127.0.0.1:1001" }',
        'tcpLoadBalancer: { collectorName: lb-test, address: 127.0.0.1, port: $PORT }',
        'httpLoadBalancer: { collectorName: http-lb-test, address: 127.0.0.1, port: $PORT, path: /healthz, timeout: 2s }',
        'http: { collectorName: google, get: { url: "https://127.0.0.1:1011/status/200" } }',
        'dns: { collectorName: dns-google, hostnames: [a.wild.test] }',
        'subnetAvailable: { collectorName: subnet-check, CIDRRangeAlloc: 10.0.0.0/16, desiredCIDR: 24 }',
      ]),
  },
  {
    name: 'example: collect/host/default, its network tests',
    differs: noPair,
    spec:
      head('SupportBundle') +
      list('hostCollectors', [
        'certificate: { collectorName: k8s-api-keypair, certificatePath: /etc/kubernetes/pki/apiserver.crt, keyPath: /etc/kubernetes/pki/apiserver.key }',
        'http: { collectorName: curl-k8s-api-6443, get: { url: "https://localhost:1011/status/200", insecureSkipVerify: true } }',
      ]),
  },
];
