import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Finding } from '../src/contract/finding.ts';
import { createAuthority } from '../src/net/certificates.fixture.ts';
import { cleanUp, testAsRoot } from '../src/net/lab.fixture.ts';
import { connectHosts, firewall, nameServer, serve } from '../src/net/lab-network.fixture.ts';
import { type Item, program, run, specFile } from './lab.ts';

/** A report names the stage at which a connection failed and what to look at next: each of them, provoked between two hosts. */

afterAll(cleanUp);

const far = '10.8.0.2';
const [silent, closing, greeting, strange, dropped, rejected] = [7001, 7002, 7003, 7004, 7777, 7778];
const timeout = '1s';
const tcp = (address: string): Item => ({ tcpConnect: { address, timeout } });
const tls = (address: string): Item => ({ tls: { address, timeout } });
const http = (url: string): Item => ({ http: { get: { url, timeout } } });

const noServer = /^Failed at the name: nowhere\.test is not known: .*`dig @127\.0\.0\.1 nowhere\.test`$/;
const noRoute = /^Failed at the route: this host has no route to 192\.0\.2\.1 \(ENETUNREACH\); next, `ip route get/;
const noNeighbour = /^Failed at the neighbour: 10\.8\.0\.99 does not answer ARP on eth0; next, whether it is up/;
const refused =
  /^Refused by the host: 10\.8\.0\.2:\d+ answered by eth0, .*; next, on that host, whether the service runs/;
const lost =
  /^Dropped on the way, or by the host: nothing came back from 10\.8\.0\.2:7777, .*; next, the firewalls between/;

const stages: Readonly<Record<string, readonly (readonly [item: Item, advice: RegExp])[]>> = {
  'the name': [
    [tcp('nowhere.test:80'), noServer],
    [tls('nowhere.test:443'), noServer],
    [http('http://nowhere.test/'), noServer],
  ],
  'the route': [
    [tcp('192.0.2.1:80'), noRoute],
    [tls('192.0.2.1:443'), noRoute],
    [http('https://192.0.2.1/'), noRoute],
  ],
  'the neighbour': [
    [tcp('10.8.0.99:80'), noNeighbour],
    [tls('10.8.0.99:443'), noNeighbour],
    [http('http://10.8.0.99/'), noNeighbour],
  ],
  'the host that refuses': [
    [tcp(`${far}:9`), refused],
    [tls(`${far}:9`), refused],
    [http(`http://${far}:9/`), refused],
    [tcp(`${far}:${rejected}`), refused],
  ],
  'the way that drops': [
    [tcp(`${far}:${dropped}`), lost],
    [tls(`${far}:${dropped}`), lost],
    [http(`http://${far}:${dropped}/`), lost],
  ],
  TLS: [
    [tls(`${far}:${silent}`), /^Failed at TLS: the connection stands, and the handshake goes unanswered\. Next: /],
    [tls(`${far}:${closing}`), /^Failed at TLS\. Next: versions and ciphers/],
    [tls(`${far}:${greeting}`), /^Failed at TLS: what answers does not speak it\. Next: /],
    [http(`https://${far}:${silent}/`), /^Failed at TLS: the handshake goes unanswered\. Next: /],
    [http(`https://${far}:${closing}/`), /^Failed at TLS\. Next: /],
    [http(`https://${far}:${greeting}/`), /^Failed at TLS: what answers does not speak it\. Next: /],
    [http(`https://${far}:${strange}/`), /^Failed at TLS: the certificate is not trusted\. Next: /],
  ],
  'the application': [
    [http(`http://${far}:${silent}/`), /^Failed at the application: the connection stands, and the service does not/],
    [http(`http://${far}:${closing}/`), /^Failed at the application: it closed the connection\. Next: /],
    [http(`http://${far}:${greeting}/`), /^Failed at the application: its answer is no HTTP\. Next: /],
  ],
};
const all = Object.values(stages).flat();
let findings: readonly Finding[] = [];

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  const { near, far: other } = await connectHosts(['10.8.0.1/24'], [`${far}/24`]);
  const { certificate, key } = await (await createAuthority()).issue({ names: `IP:${far}` });
  await serve(
    other,
    `const on=(port,serve)=>new Promise(up=>net.createServer(s=>serve(s.on('error',()=>{}))).listen(port,up));
    const secure=https.createServer(${JSON.stringify({ cert: certificate, key })},(_,r)=>r.end('here'));
    Promise.all([on(${silent},()=>{}),on(${closing},s=>s.once('data',()=>s.end())),on(${greeting},s=>s.write('SSH-2.0-x\\r\\n')),
      new Promise(up=>secure.listen(${strange},up))]).then(()=>console.log('up'))`,
  );
  await firewall(other, 'filter', 'input', `tcp dport ${dropped} drop`, `tcp dport ${rejected} reject with tcp reset`);
  await near.etc('resolv.conf', 'nameserver 127.0.0.1\n');
  await near.etc('hosts', '127.0.0.1 localhost\n');
  await nameServer(near, ['local=/test/']);

  const numbered = all.map(([item], index): readonly [string, Item] => {
    const [[type = '', parameters] = []] = Object.entries(item);
    return [type, { collectorName: `c${index}`, ...(parameters as Item) }];
  });
  const spec = await specFile(
    numbered.map(([type, parameters]) => ({ [type]: parameters })),
    numbered.map(([type, { collectorName }]) => ({
      [type]: { checkName: collectorName, collectorName, outcomes: [{ fail: { message: 'no connection' } }] },
    })),
  );
  const { stdout, stderr } = await run('ip', [
    'netns',
    'exec',
    near.name,
    process.execPath,
    program,
    'preflight',
    '-q',
    '--format',
    'json',
    spec,
  ]);
  if (stdout.length === 0) throw new Error(stderr);
  ({ findings } = (JSON.parse(stdout.toString()) as { bundles: [{ findings: readonly Finding[] }] }).bundles[0]);
}, 60_000);

describe.each(Object.entries(stages))('a connection that fails at %s', (_, cases) => {
  for (const [item, advice] of cases) {
    testAsRoot(JSON.stringify(item), async () => {
      const found = findings[all.findIndex(([other]) => other === item)];
      expect(found).toMatchObject({ verdict: 'fail', advice: expect.stringMatching(advice) });
    });
  }
});
