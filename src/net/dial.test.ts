import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Address } from '../contract/collector.ts';
import { dial, type Target } from './dial.ts';
import { type Dialled, dialSchema } from './evidence.ts';
import {
  bundle,
  cleanUp,
  closedPort,
  createNamespace,
  fullPort,
  listen,
  misfits,
  type Namespace,
  runJson,
  testAsRoot,
} from './lab.fixture.ts';
import { labHost, type Names } from './lab-host.fixture.ts';

afterAll(cleanUp);

const plain = { family: 'any', timeoutMs: 2000, attempts: 1, retryDelayMs: 10 } as const;
const v4 = (address: string): Address => ({ address, family: 4 });
const v6 = (address: string): Address => ({ address, family: 6 });

type Wish = Partial<Target> & Pick<Target, 'host' | 'port'>;

async function dialled(wish: Wish, names: Names = {}): Promise<Dialled> {
  return fitting(await dial({ ...plain, ...wish }, labHost(names)));
}

function fitting(value: unknown): Dialled {
  expect(misfits(dialSchema, value)).toEqual([]);
  return value as Dialled;
}

const words = (result: Dialled) =>
  result.attempts.at(-1)?.candidates.map(({ address, status }) => `${address} ${status}`);

describe('loopback', () => {
  test('connected', async () => {
    const { port } = await listen();
    const result = await dialled({ host: '127.0.0.1', port });
    expect(result).toMatchObject({
      status: 'connected',
      message: '',
      code: null,
      cause: null,
      address: `127.0.0.1:${port}`,
      dnsMs: null,
    });
    expect(result.latencyMs).toBeGreaterThan(0);
    expect(result.latencyMs).toBeLessThanOrEqual(result.durationMs);
    const [candidate] = result.attempts[0]?.candidates ?? [];
    expect(candidate).toMatchObject({
      address: '127.0.0.1',
      family: 4,
      status: 'connected',
      localAddress: '127.0.0.1',
    });
    expect(candidate?.localPort).toBeGreaterThan(0);
  });

  test('C3: a probe leaves nothing in TIME_WAIT', async () => {
    const { port } = await listen();
    const result = await dialled({ host: '127.0.0.1', port });
    const localPort = result.attempts[0]?.candidates[0]?.localPort ?? 0;
    const table = await labHost().readText('/proc/net/tcp');
    expect(table).not.toContain(`0100007F:${localPort.toString(16).toUpperCase().padStart(4, '0')} `);
  });

  test('refused, after as many attempts as asked for', async () => {
    const port = await closedPort();
    const result = await dialled({ host: '127.0.0.1', port, attempts: 3, retryDelayMs: 50 });
    const message = `connect ECONNREFUSED 127.0.0.1:${port}`;
    expect(result).toMatchObject({
      status: 'connection-refused',
      message,
      code: 'ECONNREFUSED',
      cause: 'refused',
      latencyMs: null,
    });
    expect(result.attempts).toHaveLength(3);
    expect(result.attempts[2]?.startMs).toBeGreaterThan(98);
    expect(result.durationMs).toBeLessThan(1000);
  });

  test('an attempt that connects is the last one', async () => {
    const port = await closedPort();
    setTimeout(() => void listen({ port }), 150);
    const result = await dialled({ host: '127.0.0.1', port, attempts: 20, retryDelayMs: 50 });
    expect(result.status).toBe('connected');
    expect(result.attempts.length).toBeGreaterThan(1);
    expect(result.attempts.at(-2)?.status).toBe('connection-refused');
  });

  test('C1: a handshake without an answer ends at the time limit', async () => {
    const port = await fullPort();
    const result = await dialled({ host: '127.0.0.1', port, timeoutMs: 300 });
    const message = `no answer from 127.0.0.1:${port} within 300ms`;
    expect(result).toMatchObject({ status: 'connection-timeout', message, code: null, cause: 'timeout' });
    expect(result.durationMs).toBeGreaterThan(295);
    expect(result.durationMs).toBeLessThan(600);
  });

  test('a silent first address does not eat the time of the second', async () => {
    const silent = await fullPort();
    const { port } = await listen({ host: '127.0.0.2', port: silent });
    const names = { db: [v4('127.0.0.1'), v4('127.0.0.2'), v4('127.0.0.3')] };
    const result = await dialled({ host: 'db', port }, names);
    expect(result.status).toBe('connected');
    expect(words(result)).toEqual(['127.0.0.1 abandoned', '127.0.0.2 connected', '127.0.0.3 not-tried']);
    expect(result.durationMs).toBeGreaterThan(295);
    expect(result.durationMs).toBeLessThan(900);
  });

  test('every address begins in the first half of a short time limit', async () => {
    const silent = await fullPort();
    const { port } = await listen({ host: '127.0.0.2', port: silent });
    const result = await dialled({ host: 'db', port, timeoutMs: 200 }, { db: [v4('127.0.0.1'), v4('127.0.0.2')] });
    expect(result.status).toBe('connected');
  });

  test('a failed address hands over at once, and the first one decides when none connects', async () => {
    const silent = await fullPort();
    const names = { db: [v4('127.0.0.2'), v4('127.0.0.1'), v4('127.0.0.2')] };
    const result = await dialled({ host: 'db', port: silent, timeoutMs: 400 }, names);
    expect(words(result)).toEqual(['127.0.0.2 connection-refused', '127.0.0.1 connection-timeout']);
    expect(result).toMatchObject({ status: 'connection-refused', address: `db:${silent}` });
    expect(result.attempts[0]?.candidates[1]?.durationMs).toBeGreaterThan(380);
  });

  test('a slow name server leaves less time for the dial', async () => {
    const port = await fullPort();
    const host = {
      ...labHost(),
      lookup: () => new Promise<Address[]>((resolve) => setTimeout(() => resolve([v4('127.0.0.1')]), 200)),
    };
    const result = fitting(await dial({ ...plain, host: 'slow', port, timeoutMs: 400 }, host));
    expect(result.dnsMs).toBeGreaterThan(190);
    expect(result.durationMs).toBeLessThan(550);
    expect(result.attempts[0]?.candidates[0]?.durationMs).toBeLessThan(250);
  });

  test('C4: an abort destroys the socket at once and rejects with its reason', async () => {
    const port = await fullPort();
    const controller = new AbortController();
    const reason = new Error('the run is over');
    setTimeout(() => controller.abort(reason), 100);
    const begun = performance.now();
    await expect(dial({ ...plain, host: '127.0.0.1', port }, labHost({}, controller.signal))).rejects.toBe(reason);
    expect(performance.now() - begun).toBeLessThan(300);
    await expect(dial({ ...plain, host: '127.0.0.1', port }, labHost({}, controller.signal))).rejects.toBe(reason);
  });

  test.each(['lookup', 'pause'])('C4: an abort during the %s rejects at once', async (when) => {
    const controller = new AbortController();
    const reason = new Error('the run is over');
    setTimeout(() => controller.abort(reason), 50);
    const host = when === 'lookup' ? 'never' : '127.0.0.1';
    const target = { ...plain, host, port: await closedPort(), attempts: 2, retryDelayMs: 5000 };
    await expect(dial(target, labHost({ never: null }, controller.signal))).rejects.toBe(reason);
  });
});

test('whoever accepts and resets is connected, or a reset where the kernel tells it first', async () => {
  const { port, server } = await listen();
  server.on('connection', (socket) => socket.resetAndDestroy());
  const results = await Promise.all(Array.from({ length: 20 }, () => dialled({ host: '127.0.0.1', port })));
  for (const { status, code, cause } of results) {
    if (status !== 'connected')
      expect({ status, code, cause }).toEqual({ status: 'error', code: 'ECONNRESET', cause: 'reset' });
  }
});

describe('names', () => {
  test.each([
    ['ENOTFOUND', 'dns-not-found', 'lookup db: no such host (ENOTFOUND)'],
    ['EAI_AGAIN', 'dns-temporary', 'lookup db: the name servers gave no usable answer for now (EAI_AGAIN)'],
    ['EAI_FAIL', 'dns-temporary', 'lookup db: the name servers refused to answer (EAI_FAIL)'],
    ['EAI_SOMETHING', 'dns-temporary', 'lookup db: failed (EAI_SOMETHING)'],
    ['EINVAL', 'invalid-address', 'lookup db: this is no host name (EINVAL)'],
    ['ERESOLVER', 'local-resources', 'lookup db: our own resolver process failed (ERESOLVER)'],
  ])('%s is %s', async (code, cause, message) => {
    const result = await dialled({ host: 'db', port: 1, attempts: 2 }, { db: code });
    expect(result).toMatchObject({ status: 'error', code, cause, message });
    expect(result.attempts).toMatchObject([{ candidates: [] }, { candidates: [] }]);
    expect(result.dnsMs).not.toBeNull();
  });

  test('C2: a lookup without an answer ends at the time limit and says that it was the lookup', async () => {
    const result = await dialled({ host: 'db', port: 1, timeoutMs: 200 }, { db: null });
    const message = 'lookup db: no answer from the name servers within 200ms';
    expect(result).toMatchObject({ status: 'connection-timeout', cause: 'dns-timeout', code: null, message });
    expect(result.dnsMs).toBeGreaterThan(195);
    expect(result.durationMs).toBeLessThan(500);
  });

  test('C3: a shortage of our own during the lookup is waited out', async () => {
    let asked = 0;
    const shortage = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    const host = {
      ...labHost(),
      lookup: () => (++asked < 3 ? Promise.reject(shortage) : Promise.resolve([v4('127.0.0.1')])),
    };
    const { port } = await listen();
    expect(fitting(await dial({ ...plain, host: 'db', port }, host)).status).toBe('connected');
  });

  test('only addresses of the family that is asked for are dialled', async () => {
    const { port } = await listen();
    const names = { both: [v6('::1'), v4('127.0.0.1')], six: [v6('::1')], none: [] };
    expect(words(await dialled({ host: 'both', port, family: 'ipv4' }, names))).toEqual(['127.0.0.1 connected']);
    expect(await dialled({ host: 'six', port, family: 'ipv4' }, names)).toMatchObject({
      status: 'error',
      cause: 'dns-not-found',
      code: 'ENODATA',
      message: 'lookup six: it has no IPv4 address, only IPv6 (ENODATA)',
    });
    expect(await dialled({ host: 'none', port }, names)).toMatchObject({ code: 'ENOTFOUND' });
  });

  test('the real resolver says that a name is not there', async () => {
    expect(await dialled({ host: 'a..b', port: 1 })).toMatchObject({
      status: 'error',
      code: 'ENOTFOUND',
      cause: 'dns-not-found',
    });
  });

  test('a failure that is no system error is our bug and not a result', async () => {
    const bug = new TypeError('undefined is not a function');
    await expect(
      dial({ ...plain, host: 'db', port: 1 }, { ...labHost(), lookup: () => Promise.reject(bug) }),
    ).rejects.toBe(bug);
  });
});

describe('source ports', () => {
  test('is used, also by the next attempt', async () => {
    const { port } = await listen();
    const sourcePort = await closedPort();
    for (let run = 0; run < 3; run++) {
      const result = await dialled({ host: '127.0.0.1', port, sourcePort });
      expect(result.status).toBe('connected');
      expect(result.attempts[0]?.candidates[0]?.localPort).toBe(sourcePort);
    }
    const refused = await dialled({ host: '127.0.0.1', port: await closedPort(), sourcePort, attempts: 3 });
    expect(refused.attempts.map(({ code }) => code)).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED']);
  });

  test('a listener on it is EADDRINUSE from bind', async () => {
    const { port } = await listen();
    const result = await dialled({ host: '127.0.0.1', port, sourcePort: port });
    expect(result).toMatchObject({ status: 'error', code: 'EADDRINUSE', cause: 'source-port-in-use' });
    expect(result.message).toBe(`bind EADDRINUSE 127.0.0.1:${port}`);
  });

  test('a connection from it to the same target is EADDRNOTAVAIL from connect', async () => {
    const { port } = await listen();
    const sourcePort = await closedPort();
    const holder = connect({ port, host: '127.0.0.1', localPort: sourcePort });
    await new Promise((resolve) => holder.once('connect', resolve));
    const result = await dialled({ host: '127.0.0.1', port, sourcePort });
    holder.destroy();
    expect(result).toMatchObject({ status: 'error', code: 'EADDRNOTAVAIL', cause: 'source-port-in-use' });
    expect(result.attempts[0]?.candidates[0]?.syscall).toBe('connect');
  });
});

test('C7: what net.connect throws at once is a result too', async () => {
  const result = await dialled({ host: '127.0.0.1', port: 1, sourcePort: '80' as unknown as number });
  expect(result).toMatchObject({ status: 'error', code: 'ERR_INVALID_ARG_TYPE', cause: 'other' });
});

const runner = `
  import { dial } from './net/dial.ts';
  import { labHost } from './net/lab-host.fixture.ts';
  import { createResolver } from './net/resolver.ts';
  import { runResolverChild } from './net/resolver-child.ts';
  if (process.argv[2] === 'resolver') runResolverChild();
  else await main();
  async function main() {
  const { names, hold, uid, ...target } = JSON.parse(process.argv[2]);
  const resolver = createResolver({ file: process.execPath, args: [process.argv[1], 'resolver'] });
  if (uid) process.setuid(uid);
  const held = [];
  if (hold === 'descriptors') {
    const { openSync } = await import('node:fs');
    try { for (;;) held.push(openSync('/dev/null')); } catch {}
  }
  if (hold === 'ports') {
    const { connect } = await import('node:net');
    for (let n = 0; n < 2; n++) await new Promise((resolve) => {
      const socket = connect(target.port, target.host, resolve).on('error', resolve);
      held.push(socket);
    });
  }
  const result = await dial({ family: 'any', timeoutMs: 2000, attempts: 1, retryDelayMs: 10, ...target }, { ...labHost(names), ...(names ? {} : resolver) });
  process.stdout.write(JSON.stringify(result), () => {
    resolver.close();
    process.exit();
  });
  }`;

describe('in a namespace', () => {
  let script: string;
  let namespace: Namespace | undefined;

  beforeAll(async () => {
    script = await bundle(runner);
    if (process.getuid?.() !== 0) return;
    namespace = await createNamespace();
    await namespace.ip(
      'link add silent type veth peer name silent-end',
      'addr add 10.9.0.1/24 dev silent',
      'link set silent arp off up',
      'link set silent-end arp off up',
      'route add unreachable 10.7.0.0/24',
      'route add prohibit 10.6.0.0/24',
      'route add blackhole 10.5.0.0/24',
      'xfrm policy add src 0.0.0.0/0 dst 127.0.0.9/32 dir out action block',
    );
    await namespace.sysctl('net/ipv4/conf/lo/disable_xfrm', '0');
    // One SYN and one repetition: the kernel gives up after three seconds.
    await namespace.sysctl('net/ipv4/tcp_syn_retries', '1');
    await namespace.sysctl('net/ipv4/tcp_syn_linear_timeouts', '0');
    await namespace.etc('resolv.conf', 'nameserver 10.9.0.53\n');
    await namespace.etc('hosts', '127.0.0.1 localhost\n');
  }, 20_000);

  async function inside(
    wish: Wish & { names?: Names; uid?: number; hold?: string },
    where = namespace,
  ): Promise<Dialled> {
    return fitting(await where?.json(process.execPath, script, JSON.stringify(wish)));
  }

  testAsRoot('a dropped handshake is our time limit', async () => {
    const result = await inside({ host: '10.9.0.7', port: 6443, timeoutMs: 500 });
    expect(result).toMatchObject({
      status: 'connection-timeout',
      cause: 'timeout',
      message: 'no answer from 10.9.0.7:6443 within 500ms',
    });
  });

  testAsRoot('without a time limit of ours the kernel says ETIMEDOUT, which is a timeout too', async () => {
    const result = await inside({ host: '10.9.0.7', port: 6443, timeoutMs: 0 });
    expect(result).toMatchObject({
      status: 'connection-timeout',
      cause: 'timeout',
      code: 'ETIMEDOUT',
      message: 'connect ETIMEDOUT 10.9.0.7:6443',
    });
  });

  testAsRoot('an address of the own network that nobody has is EHOSTUNREACH', async () => {
    const neighbours = await createNamespace();
    await neighbours.ip(
      'link add plain type veth peer name plain-end',
      'addr add 10.8.0.1/24 dev plain',
      'link set plain up',
      'link set plain-end up',
    );
    const result = await inside({ host: '10.8.0.7', port: 1, timeoutMs: 8000 }, neighbours);
    expect(result).toMatchObject({ status: 'error', cause: 'unreachable', code: 'EHOSTUNREACH' });
    expect(result.durationMs).toBeGreaterThan(500);
  });

  const routes: readonly (readonly [string, string, string])[] = [
    ['10.7.0.1', 'EHOSTUNREACH', 'unreachable'],
    ['10.6.0.1', 'EACCES', 'permission'],
    ['10.5.0.1', 'EINVAL', 'unreachable'],
    ['10.4.0.1', 'ENETUNREACH', 'unreachable'],
    ['127.0.0.9', 'EPERM', 'permission'],
    ['fe80::1', 'EINVAL', 'unreachable'],
    ['2001:db8::1', 'ENETUNREACH', 'unreachable'],
  ];
  for (const [host, code, cause] of routes) {
    testAsRoot(`${host} is ${code}, ${cause}`, async () => {
      const result = await inside({ host, port: 1 });
      expect(result).toMatchObject({ status: 'error', code, cause });
      expect(result.durationMs).toBeLessThan(1000);
    });
  }

  testAsRoot('what a router on the way says is the answer', async () => {
    const near = await createNamespace();
    const router = await createNamespace();
    await near.ip(
      `link add up0 type veth peer name down0 netns ${router.name}`,
      'addr add 10.3.0.2/24 dev up0',
      'link set up0 up',
    );
    await router.ip(
      'addr add 10.3.0.1/24 dev down0',
      'link set down0 up',
      'route add prohibit 10.2.0.0/24',
      'route add unreachable 10.1.0.0/24',
    );
    await router.sysctl('net/ipv4/ip_forward', '1');
    await near.ip('route add default via 10.3.0.1');
    for (const host of ['10.2.0.1', '10.1.0.1']) {
      expect(await inside({ host, port: 1 }, near)).toMatchObject({
        status: 'error',
        cause: 'unreachable',
        code: 'EHOSTUNREACH',
      });
    }
    expect(await inside({ host: '10.3.0.1', port: 1 }, near)).toMatchObject({ status: 'connection-refused' });
    await router.ip('link set down0 down');
    expect(await inside({ host: '10.3.0.1', port: 1, timeoutMs: 300 }, near)).toMatchObject({ latencyMs: null });
  });

  testAsRoot('a link-local address without a zone is told what it lacks', async () => {
    const { message } = await inside({ host: 'fe80::1', port: 1 });
    expect(message).toBe('connect EINVAL [fe80::1]:1: a link-local address needs its zone, such as fe80::1%eth0');
  });

  testAsRoot('of a name with both families, the one that this host can speak decides', async () => {
    const names = { db: [v6('2001:db8::1'), v4('127.0.0.1')] };
    const result = await inside({ host: 'db', port: 1, names });
    expect(words(result)).toEqual(['2001:db8::1 error', '127.0.0.1 connection-refused']);
    expect(result).toMatchObject({ status: 'connection-refused', message: 'connect ECONNREFUSED 127.0.0.1:1' });
  });

  testAsRoot('with IPv6 off, ::1 is a missing family at once and no shortage', async () => {
    const without = await createNamespace();
    await without.sysctl('net/ipv6/conf/all/disable_ipv6', '1');
    const result = await inside(
      { host: 'localhost', port: 1, names: { localhost: [v6('::1'), v4('127.0.0.1')] } },
      without,
    );
    expect(result.status).toBe('connection-refused');
    expect(result.attempts[0]?.candidates[0]).toMatchObject({ status: 'error', code: 'EADDRNOTAVAIL' });
    expect(result.durationMs).toBeLessThan(500);
    expect(await inside({ host: '::1', port: 1 }, without)).toMatchObject({ status: 'error', cause: 'unreachable' });
  });

  testAsRoot('C2: a dead name server is a timeout of the lookup, and the process ends in time', async () => {
    const begun = performance.now();
    const result = await inside({ host: 'db.invalid', port: 1, timeoutMs: 500 });
    expect(result).toMatchObject({ status: 'connection-timeout', cause: 'dns-timeout', code: null });
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  testAsRoot('without any name server the lookup fails for now', async () => {
    const without = await createNamespace();
    await without.etc('resolv.conf', 'nameserver 127.0.0.1\n');
    expect(await inside({ host: 'db.invalid', port: 1 }, without)).toMatchObject({
      status: 'error',
      code: 'EAI_AGAIN',
      cause: 'dns-temporary',
    });
  });

  testAsRoot('a low source port without the privilege is EACCES from bind', async () => {
    const result = await inside({ host: '127.0.0.1', port: 1, sourcePort: 80, uid: 65534 });
    expect(result).toMatchObject({
      status: 'error',
      code: 'EACCES',
      cause: 'permission',
      message: 'bind EACCES 127.0.0.1:1',
    });
  });

  testAsRoot('C3: ephemeral ports that ran out are our own shortage', async () => {
    const narrow = await createNamespace();
    await narrow.sysctl('net/ipv4/ip_local_port_range', '50000 50001');
    const server = spawn('ip', [
      'netns',
      'exec',
      narrow.name,
      process.execPath,
      '-e',
      `require('net').createServer().listen(7000,'127.0.0.1',()=>console.log('up'))`,
    ]);
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const result = await inside({ host: '127.0.0.1', port: 7000, timeoutMs: 600, hold: 'ports' }, narrow);
    server.kill('SIGKILL');
    expect(result).toMatchObject({ status: 'error', code: 'EADDRNOTAVAIL', cause: 'local-resources' });
    expect(result.durationMs).toBeGreaterThan(500);
  });

  test('C3: descriptors that ran out are our own shortage', async () => {
    const { port } = await listen();
    const wish = JSON.stringify({ host: '127.0.0.1', port, timeoutMs: 400, hold: 'descriptors' });
    const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, script, wish];
    const result = fitting(await runJson('sh', ...limited));
    const message = `connect EMFILE 127.0.0.1:${port}: this host ran out of resources; that says nothing about the target`;
    expect(result).toMatchObject({ status: 'error', code: 'EMFILE', cause: 'local-resources', message });
    expect(result.durationMs).toBeGreaterThan(390);
  });
});
