import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Stage } from './advice.ts';
import type { Target } from './dial.ts';
import { type Dialled, dialSchema } from './evidence.ts';
import { bundle, cleanUp, createNamespace, misfits, type Namespace, testAsRoot } from './lab.fixture.ts';
import { nameServer, serve } from './lab-network.fixture.ts';

/** One test for each stage at which a connection can fail: `near` dials, `router` stands between, `far` is dialled. */

afterAll(cleanUp);

const runner = `
  import { failureOf } from './net/advice.ts';
  import { dial } from './net/dial.ts';
  import { labHost } from './net/lab-host.fixture.ts';
  import { createResolver } from './net/resolver.ts';
  import { runResolverChild } from './net/resolver-child.ts';
  if (process.argv[2] === 'resolver') runResolverChild();
  else {
    const target = JSON.parse(process.argv[2]);
    const resolver = createResolver({ file: process.execPath, args: [process.argv[1], 'resolver'] });
    const host = { ...labHost(), lookup: resolver.lookup };
    const result = await dial({ family: 'any', attempts: 1, retryDelayMs: 0, timeoutMs: 1500, ...target }, host);
    process.stdout.write(JSON.stringify({ result, failure: failureOf(result) ?? null }), () => {
      resolver.close();
      process.exit();
    });
  }`;

interface Explained {
  readonly result: Dialled;
  readonly failure: { readonly stage: Stage; readonly sentence: string } | null;
}

let script: string;
let near: Namespace;
let router: Namespace;
let far: Namespace;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  script = await bundle(runner);
  [near, router, far] = [await createNamespace(), await createNamespace(), await createNamespace()];
  await near.ip(
    `link add up0 type veth peer name down0 netns ${router.name}`,
    'addr add 10.3.0.2/24 dev up0',
    'addr add fd03::2/64 dev up0 nodad',
    'link set up0 up',
  );
  await router.ip(
    `link add up1 type veth peer name down1 netns ${far.name}`,
    'addr add 10.3.0.1/24 dev down0',
    'addr add fd03::1/64 dev down0 nodad',
    'link set down0 up',
    'addr add 10.4.0.1/24 dev up1',
    'link set up1 up',
    'route add prohibit 10.6.0.0/24',
  );
  await far.ip('addr add 10.4.0.2/24 dev down1', 'link set down1 up', 'route add default via 10.4.0.1');
  await near.ip(
    'route add default via 10.3.0.1',
    'route add blackhole 10.7.1.0/24',
    'route add prohibit 10.7.2.0/24',
    'route add unreachable 10.7.3.0/24',
    'route add 10.7.4.0/24 via 10.3.0.66',
  );
  await router.sysctl('net/ipv4/ip_forward', '1');
  // The router swallows what is for this port.
  await rules(router, 'chain forward { type filter hook forward priority 0; tcp dport 7777 drop; }');
  await near.etc('resolv.conf', 'nameserver 10.3.0.1\noptions timeout:1 attempts:1\n');
  await near.etc('hosts', '127.0.0.1 localhost\n10.4.0.2 far.test # the far one\n10.3.0.77 moved.test\n');
  const listening = (...where: readonly (string | number)[]) =>
    `net.createServer((socket) => socket.on('error', () => {})).listen(${where.map((part) => JSON.stringify(part))}, () => console.log('up'))`;
  await serve(near, listening(8080, '127.0.0.1'));
  for (const [where, port] of [
    [far, 8081],
    [near, 8082],
  ] as const) {
    await serve(where, listening(port));
  }
}, 30_000);

/** Puts an nftables table in place of the one before. */
async function rules(where: Namespace, chains: string): Promise<void> {
  const text = `flush ruleset; table inet lab {\n${chains}\n}`;
  await where.json('sh', '-c', `nft '${text}' && echo null`);
}

async function explained(wish: Partial<Target> & Pick<Target, 'host' | 'port'>, where = near): Promise<Explained> {
  const found = (await where.json(process.execPath, script, JSON.stringify(wish))) as Explained;
  expect(misfits(dialSchema, found.result)).toEqual([]);
  return found;
}

function expectStage(found: Explained, stage: Stage, ...words: readonly string[]): void {
  expect(found.failure?.stage).toBe(stage);
  for (const word of words) expect(found.failure?.sentence).toContain(word);
}

describe('the name', () => {
  testAsRoot('an unknown one', async () => {
    const dead = await createNamespace();
    await dead.etc('resolv.conf', 'nameserver 127.0.0.1\nsearch a.test\n');
    await nameServer(dead, ['local=/test/']);
    const found = await explained({ host: 'nowhere.test', port: 1 }, dead);
    expectStage(
      found,
      'name',
      'Failed at the name: nowhere.test is not known',
      'not in /etc/hosts',
      '127.0.0.1',
      'dig @127.0.0.1',
    );
    expect(found.result.explanation).toMatchObject({
      destination: null,
      hostsFile: [],
      resolver: { servers: ['127.0.0.1'], search: ['a.test'] },
    });
  });

  testAsRoot('a dead resolver', async () => {
    const found = await explained({ host: 'db.invalid', port: 1, timeoutMs: 800 });
    expectStage(found, 'name', 'name servers (10.3.0.1) gave no usable answer for db.invalid');
  });

  testAsRoot('a line of the hosts file that points elsewhere', async () => {
    const found = await explained({ host: 'Moved.test', port: 1 });
    expectStage(found, 'neighbour', 'line 3 of /etc/hosts gives Moved.test', 'whether that line is still right');
    expect(found.result.explanation?.hostsFile).toEqual([{ line: 3, address: '10.3.0.77' }]);
  });
});

describe('the route', () => {
  testAsRoot('none', async () => {
    const alone = await createNamespace();
    const found = await explained({ host: '192.0.2.1', port: 1 }, alone);
    expectStage(found, 'route', 'no route to 192.0.2.1 (ENETUNREACH)', 'ip route get 192.0.2.1');
    expect(found.result.explanation).toMatchObject({
      source: null,
      sourceCode: 'ENETUNREACH',
      route: null,
      firewall: null,
    });
    expectStage(await explained({ host: '2001:db8::1', port: 1 }, alone), 'route', 'no route to 2001:db8::1');
  });

  const kinds = [
    ['10.7.1.1', 'the route 10.7.1.0/24 of this host is a blackhole (EINVAL)'],
    ['10.7.2.1', 'the route 10.7.2.0/24 of this host is prohibited (EACCES)'],
    ['10.7.3.1', 'the route 10.7.3.0/24 of this host is unreachable (EHOSTUNREACH)'],
  ] as const;
  for (const [host, words] of kinds) {
    testAsRoot(words, async () => {
      expectStage(await explained({ host, port: 1 }), 'route', words);
    });
  }

  testAsRoot('is there, with its source, interface and gateway', async () => {
    const { result } = await explained({ host: '10.4.0.2', port: 1 });
    expect(result.explanation).toMatchObject({
      source: '10.3.0.2',
      route: { destination: '0.0.0.0/0', gateway: '10.3.0.1', interface: 'up0', type: 'unicast' },
      neighbour: { address: '10.3.0.1', state: 'known' },
    });
  });
});

describe('the neighbour', () => {
  for (const [name, timeoutMs] of [
    ['before the kernel gives up', 1000],
    ['after that', 8000],
  ] as const) {
    testAsRoot(`that does not answer, ${name}`, async () => {
      const found = await explained({ host: '10.3.0.99', port: 1, timeoutMs });
      expectStage(found, 'neighbour', '10.3.0.99 does not answer ARP on up0');
    });
  }

  testAsRoot('a gateway that does not answer', async () => {
    const found = await explained({ host: '10.7.4.1', port: 1, timeoutMs: 800 });
    expectStage(found, 'neighbour', 'the gateway 10.3.0.66 does not answer ARP');
  });

  testAsRoot('of IPv6', async () => {
    const found = await explained({ host: 'fd03::99', port: 1, timeoutMs: 800 });
    expectStage(found, 'neighbour', 'fd03::99 does not answer neighbour discovery on up0');
  });
});

describe('refused', () => {
  testAsRoot('by the other host', async () => {
    const found = await explained({ host: 'far.test', port: 9 });
    expectStage(found, 'refused', 'Refused by the host: 10.4.0.2:9', 'line 2 of /etc/hosts gives far.test', 'ss -ltnp');
  });

  testAsRoot('by this host, where nothing listens', async () => {
    const found = await explained({ host: '127.0.0.1', port: 9 });
    expectStage(found, 'refused', 'nothing listens on its port 9');
    expect(found.result.explanation?.firewall).toBeNull();
  });

  testAsRoot('by this host, where something listens on 127.0.0.1 alone', async () => {
    const found = await explained({ host: '10.3.0.2', port: 8080 });
    expectStage(found, 'refused', 'listened on at 127.0.0.1:8080 alone, not at 10.3.0.2:8080');
  });
});

describe('a firewall', () => {
  testAsRoot('of this host that rejects', async () => {
    const chain = (how: string) =>
      `chain output { type filter hook output priority 0; ip daddr 10.4.0.0/24 tcp dport 6443 reject with ${how}; }`;
    for (const how of ['tcp reset', 'icmp type host-unreachable', 'icmp type admin-prohibited']) {
      await rules(near, chain(how));
      const found = await explained({ host: '10.4.0.2', port: 6443 });
      expectStage(
        found,
        'refused',
        'Refused by the firewall of this host itself: inet lab output: ip daddr 10.4.0.0/24 tcp dport 6443 reject',
      );
    }
    await near.json('sh', '-c', 'nft flush ruleset && echo null');
  });

  testAsRoot('of this host that drops', async () => {
    await rules(near, 'chain output { type filter hook output priority 0; tcp dport 6443 counter drop; }');
    const found = await explained({ host: '10.4.0.2', port: 6443, timeoutMs: 500 });
    expectStage(found, 'dropped', 'Dropped by the firewall of this host itself: inet lab output: tcp dport 6443 drop');
    // The answer counts as well as the question.
    await rules(
      near,
      'chain input { type filter hook input priority 0; policy drop; iif lo accept; udp sport 53 accept; }',
    );
    const back = await explained({ host: '10.4.0.2', port: 9, timeoutMs: 500 });
    expectStage(back, 'dropped', 'inet lab input: policy drop');
    await near.json('sh', '-c', 'nft flush ruleset && echo null');
  });

  testAsRoot('of this host that may drop: no more is claimed than is known', async () => {
    await rules(near, 'chain output { type filter hook output priority 0; tcp dport 7777 meta skgid 12345 drop; }');
    const found = await explained({ host: '10.4.0.2', port: 7777, timeoutMs: 500 });
    expectStage(
      found,
      'dropped',
      'Dropped on the way',
      'a rule of its own firewall may be why: inet lab output: tcp dport 7777',
    );
    await near.json('sh', '-c', 'nft flush ruleset && echo null');
  });

  testAsRoot('on the way that drops', async () => {
    const found = await explained({ host: '10.4.0.2', port: 7777, timeoutMs: 500 });
    expectStage(
      found,
      'dropped',
      'Dropped on the way, or by the host: nothing came back from 10.4.0.2:7777',
      'by up0 and the gateway 10.3.0.1, which is there',
      'no nftables rule of its own is why',
    );
  });

  testAsRoot('or router on the way that turns back', async () => {
    expectStage(await explained({ host: '10.6.0.1', port: 1 }), 'dropped', 'Turned back on the way', 'EHOSTUNREACH');
  });
});

describe('a connection that stands', () => {
  testAsRoot('is explained by nothing', async () => {
    const { result, failure } = await explained({ host: '127.0.0.1', port: 8080 });
    expect(failure).toBeNull();
    expect(result).not.toHaveProperty('explanation');
    expect(result).not.toHaveProperty('route');
  });

  testAsRoot('tells by which route it left, and from which address', async () => {
    const { result, failure } = await explained({ host: '10.4.0.2', port: 8081 });
    expect(failure).toBeNull();
    expect(result).toMatchObject({
      status: 'connected',
      route: { destination: '0.0.0.0/0', gateway: '10.3.0.1', interface: 'up0', type: 'unicast' },
      attempts: [{ candidates: [{ localAddress: '10.3.0.2' }] }],
    });
    const own = await explained({ host: '10.3.0.2', port: 8082 });
    expect(own.result.status).toBe('connected');
    expect(own.result).not.toHaveProperty('route');
  });
});
