import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EndingSource } from '../../contract/ending.ts';
import type { Written } from '../../contract/schema.ts';
import {
  cleanUp,
  collectorScript,
  createNamespace,
  misfits,
  type Namespace,
  testAsRoot,
} from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { connectHosts, nameServer } from '../../net/lab-network.fixture.ts';
import { dns } from './collector.ts';

type Result = Written<typeof dns.result>;

let namespace: Namespace | undefined;
let script: string;

afterAll(cleanUp);

const zone = [
  'address=/plain.test/10.0.0.1',
  'address=/six.test/2001:db8::6',
  // Any name below it: what `*` is for.
  'address=/wild.test/10.0.0.9',
  'cname=alias.test,target.test',
  'host-record=target.test,10.0.0.3',
  'address=/refused.test/#',
  ...Array.from({ length: 60 }, (_, index) => `host-record=many.test,10.1.0.${index + 1}`),
  'local=/test/',
];

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  script = await collectorScript('dns');
  namespace = await createNamespace();
  await namespace.ip('addr add fd00::53/64 dev lo', 'addr add 10.0.0.53/32 dev lo', 'addr add 10.0.0.54/32 dev lo');
  const listen = ['10.0.0.53', 'fd00::53'].map((address) => `listen-address=${address}`);
  await nameServer(namespace, ['bind-interfaces', ...listen, ...zone]);
}, 20_000);

/** What it finds out with this resolv.conf, and how long that took. */
async function ask(resolvConf: string, ...hostnames: readonly string[]) {
  await namespace?.etc('resolv.conf', resolvConf);
  const startedMs = performance.now();
  const found = await namespace?.json(process.execPath, script, JSON.stringify({ hostnames }));
  const { result, files } = found as { result: Result; files: Record<string, string> };
  expect(misfits(dns.result, result)).toEqual([]);
  expect(files).toEqual({ 'resolv.conf': resolvConf });
  return { ...result, tookMs: performance.now() - startedMs };
}

const told = (result: Result, hostname: string) =>
  result.query[hostname]?.map(({ server, search, name, answer, record }) => [server, name, search, record, answer]);

const one = 'nameserver 10.0.0.53\n';

describe('a real name server', () => {
  testAsRoot('A, AAAA and CNAME, as the Go tool tells them', async () => {
    const result = await ask(one, 'plain.test', 'six.test', 'alias.test', 'none.test');
    expect(told(result, 'plain.test')).toEqual([
      ['10.0.0.53:53', 'plain.test.', '', '10.0.0.1', 'plain.test.\t0\tIN\tA\t10.0.0.1'],
    ]);
    expect(told(result, 'six.test')?.[0]?.slice(3)).toEqual(['2001:db8::6', 'six.test.\t0\tIN\tAAAA\t2001:db8::6']);
    // Asked for A, answered by way of a CNAME: no record of the type that was asked for.
    expect(told(result, 'alias.test')?.[0]?.slice(3)).toEqual(['', 'alias.test.\t0\tIN\tCNAME\ttarget.test.']);
    expect(told(result, 'none.test')?.[0]?.slice(3)).toEqual(['', '']);
    expect(result.query['none.test']?.[0]?.asked.map(({ type, responseCode }) => `${type} ${responseCode}`)).toEqual([
      'A NXDOMAIN',
      'AAAA NXDOMAIN',
      'CNAME NXDOMAIN',
    ]);
    expect(result.resolvedFromSearch).toBe('');
  });

  testAsRoot('search domains, and one that takes any name', async () => {
    const result = await ask(`${one}search wild.test test\noptions ndots:2\n`, '*', 'plain', 'plain.test');
    expect(told(result, '*')?.map((line) => line.slice(1, 4))).toEqual([
      ['*.wild.test.', 'wild.test', '10.0.0.9'],
      ['*.test.', '', ''],
      ['*.', '', ''],
    ]);
    expect(told(result, 'plain')?.map((line) => line[2])).toEqual(['wild.test', 'test', '']);
    expect(told(result, 'plain.test')?.map((line) => line[1])).toEqual([
      'plain.test.wild.test.',
      'plain.test.test.',
      'plain.test.',
    ]);
    expect(result.resolvedFromSearch).toBe('wild.test, test');
  });

  testAsRoot('every server is asked, one with an IPv6 address too', async () => {
    const result = await ask(`${one}nameserver fd00::53\n`, 'plain.test');
    expect(told(result, 'plain.test')?.map(([server, , , record]) => `${server} ${record}`)).toEqual([
      '10.0.0.53:53 10.0.0.1',
      '[fd00::53]:53 10.0.0.1',
    ]);
    // Of the interface that leads there: each server's own address is on this one, so it is the same.
    expect(result.query['plain.test']?.map(({ asked }) => asked[0]?.source)).toEqual(['10.0.0.53', 'fd00::53']);
  });

  testAsRoot('each server has the route that leads to it, and one of this host has none', async () => {
    const { near, far } = await connectHosts(
      ['10.8.0.1/24', 'fd08::1/64'],
      ['10.8.0.2/24', '10.9.0.53/32', 'fd08::2/64'],
    );
    await near.ip('route add 10.9.0.0/16 via 10.8.0.2', 'addr add 10.0.0.53/32 dev lo');
    await nameServer(far, zone);
    await near.etc(
      'resolv.conf',
      ['10.9.0.53', 'fd08::2', '10.0.0.53', '192.0.2.53'].map((a) => `nameserver ${a}\n`).join(''),
    );
    const { result } = (await near.json(process.execPath, script, '{"hostnames":["plain.test"]}')) as {
      result: Result;
    };
    expect(misfits(dns.result, result)).toEqual([]);
    const way = { interface: 'eth0', type: 'unicast' };
    expect(result.query['plain.test']?.map(({ record, route }) => [record, route])).toEqual([
      ['10.0.0.1', { ...way, destination: '10.9.0.0/16', gateway: '10.8.0.2' }],
      ['10.0.0.1', { ...way, destination: 'fd08::/64', gateway: null }],
      ['', null],
      ['', null],
    ]);
  });

  testAsRoot('an answer that is too long for UDP is asked for over TCP', async () => {
    const { query } = await ask(one, 'many.test');
    expect(query['many.test']?.[0]?.asked[0]).toMatchObject({ transport: 'tcp', source: '10.0.0.53', error: null });
    expect(query['many.test']?.[0]?.asked[0]?.answers).toHaveLength(60);
  });

  testAsRoot(
    'C2: dead servers are told from closed ones, and cost their own time alone',
    async () => {
      const text = `nameserver 10.0.0.54\n${one}nameserver not-an-address\nnameserver 192.0.2.53\n`;
      const { query } = await ask(text, 'plain.test', 'a..b');
      const errors = (name: string) => query[name]?.map(({ asked }) => asked[0]?.error);
      expect(errors('plain.test')).toEqual(['ECONNREFUSED', null, 'EINVAL', 'ENETUNREACH']);
      expect(errors('a..b')?.[1]).toBe('EBADNAME');
      // Silent: nobody has the address, and loopback does not say so.
      const silent = await createNamespace();
      await silent.ip(
        'link add up0 type veth peer name up0-end',
        'addr add 10.9.0.1/24 dev up0',
        'link set up0 arp off up',
        'link set up0-end arp off up',
      );
      await silent.etc('resolv.conf', 'nameserver 10.9.0.53\n');
      const startedMs = performance.now();
      const hostnames = Array.from({ length: 20 }, (_, index) => `n${index}.test`);
      const found = await silent.json(process.execPath, script, JSON.stringify({ hostnames }));
      const { result } = found as { result: Result };
      expect(Object.values(result.query).flatMap((list) => list.map(({ asked }) => asked[0]?.error))).toEqual(
        hostnames.map(() => 'ETIMEOUT'),
      );
      // Three types, two tries of two seconds each, side by side.
      expect(performance.now() - startedMs).toBeLessThan(18_000);
    },
    40_000,
  );
});

test('no resolv.conf, or none that names a server, is an answer', async () => {
  const readText = () => Promise.reject(Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }));
  const { result, complaint } = await dns.collect({ hostnames: ['a'] }, { ...labHost(), readText });
  expect(misfits(dns.result, result)).toEqual([]);
  expect(result).toMatchObject({ query: {}, message: '/etc/resolv.conf cannot be read: ENOENT: no such file' });
  expect(complaint).toBeDefined();
  const none = await dns.collect({ hostnames: ['a', 'a'] }, { ...labHost(), readText: async () => '# nothing\n' });
  expect(none.result).toEqual({
    query: { a: [] },
    resolvedFromSearch: '',
    message: '/etc/resolv.conf names no name server',
  });
});

test.each([
  [['*', '*.wild.test.', 'a.test.', 'localhost', '_sip._tcp.a.test'], []],
  [
    ['http://a.test/', 'a b', 'a.test:80', 'ä.test', 'a'.repeat(254)],
    ['hostnames/0', 'hostnames/1', 'hostnames/2', 'hostnames/3', 'hostnames/4'],
  ],
])('what is no host name is doubted: %j', (hostnames, paths) => {
  expect(dns.prepare?.({ hostnames })).toMatchObject({ doubts: paths.map((path) => ({ path })) });
});

test('C4: when the run is over, what there is by then is handed in', async () => {
  const ending = new EndingSource();
  const host = { ...labHost({}, ending), readText: async () => 'nameserver 127.0.0.1\nnameserver not-an-address\n' };
  ending.abort(new Error('the run is over'));
  const { result, partial } = await dns.collect({ hostnames: ['a.test.'] }, host);
  expect(result.query['a.test.']).toMatchObject([{ server: 'not-an-address:53' }]);
  expect(partial).toBe('1 of 2 questions were not answered in time');
});
