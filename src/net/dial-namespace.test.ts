import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Address } from '../contract/collector.ts';
import type { Target } from './dial.ts';
import { type Dialled, dialSchema } from './evidence.ts';
import {
  bundle,
  cleanUp,
  createNamespace,
  listen,
  misfits,
  type Namespace,
  quickest,
  runJson,
  testAsRoot,
} from './lab.fixture.ts';
import type { Names } from './lab-host.fixture.ts';
import { addSilentNetwork } from './lab-network.fixture.ts';

afterAll(cleanUp);

const v4 = (address: string): Address => ({ address, family: 4 });
const v6 = (address: string): Address => ({ address, family: 6 });

type Wish = Partial<Target> & Pick<Target, 'host' | 'port'>;

function fitting(value: unknown): Dialled {
  expect(misfits(dialSchema, value)).toEqual([]);
  return value as Dialled;
}

const words = (result: Dialled) =>
  result.attempts.at(-1)?.candidates.map(({ address, status }) => `${address} ${status}`);

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
    await addSilentNetwork(namespace);
    await namespace.ip(
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
    const tookMs = await quickest(500, async () => {
      const result = await inside(
        { host: 'localhost', port: 1, names: { localhost: [v6('::1'), v4('127.0.0.1')] } },
        without,
      );
      expect(result.status).toBe('connection-refused');
      expect(result.attempts[0]?.candidates[0]).toMatchObject({ status: 'error', code: 'EADDRNOTAVAIL' });
      return result.durationMs;
    });
    expect(tookMs).toBeLessThan(500);
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

  test('C3: without a descriptor for the resolver, the lookup is our own shortage', async () => {
    const wish = JSON.stringify({ host: 'localhost', port: 1, timeoutMs: 400, hold: 'descriptors' });
    const limited = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, script, wish];
    const result = fitting(await runJson('sh', ...limited));
    expect(result).toMatchObject({ status: 'error', code: 'EMFILE', cause: 'local-resources', latencyMs: null });
  });

  test('C3: more dials at once than there are descriptors all get their answer', async () => {
    const { port } = await listen();
    const many = await bundle(`
      import { dial } from './net/dial.ts';
      import { labHost } from './net/lab-host.fixture.ts';
      const target = { host: '127.0.0.1', port: ${port}, family: 'any', timeoutMs: 10_000, attempts: 1, retryDelayMs: 0 } as const;
      const results = await Promise.all(Array.from({ length: 500 }, () => dial(target, labHost())));
      console.log(JSON.stringify(results.filter(({ status }) => status === 'connected').length));`);
    expect(await runJson('sh', '-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, many)).toBe(500);
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
