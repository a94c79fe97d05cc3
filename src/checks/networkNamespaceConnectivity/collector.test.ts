import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, createNamespace, type Namespace, testAsRoot } from '../../net/lab.fixture.ts';
import { type CheckRunner, checkRunner, createHost, firewall, serve } from '../../net/lab-network.fixture.ts';
import { networkNamespaceConnectivity } from './collector.ts';

afterAll(cleanUp);

describe('values', () => {
  const given = { fromCIDR: '10.0.0.0/24', toCIDR: '10.0.1.0/24', port: 8080, timeout: '5s' };
  const prepare = (more: Partial<typeof given>) => networkNamespaceConnectivity.prepare?.({ ...given, ...more });

  test.each([
    [{ fromCIDR: '' }, 'fromCIDR', 'is empty'],
    [{ toCIDR: '10.0.1.0' }, 'toCIDR', 'lacks a prefix length'],
    [{ toCIDR: '10.0.1.0/33' }, 'toCIDR', 'ends in "33", which is no prefix length'],
    [{ toCIDR: '10.0.1.0/31' }, 'toCIDR', 'has no room for two addresses; write a prefix length of 30 or less'],
    [{ fromCIDR: '10.0.1.0/32' }, 'fromCIDR', 'has no room for two addresses'],
    [{ toCIDR: '2001:db8::/127' }, 'toCIDR', 'write a prefix length of 126 or less'],
    [{ toCIDR: '10.0.0.0/24' }, 'toCIDR', 'overlaps 10.0.0.0/24'],
    [{ toCIDR: '10.0.0.0/8' }, 'toCIDR', 'overlaps 10.0.0.0/24'],
    [{ toCIDR: '2001:db8::/64' }, 'toCIDR', 'is of another IP version than fromCIDR'],
    [
      { fromCIDR: '127.0.0.0/24' },
      'fromCIDR',
      'overlaps 127.0.0.0/8, whose addresses are not passed on; write a private',
    ],
    [{ fromCIDR: '0.0.0.0/0' }, 'fromCIDR', 'overlaps 0.0.0.0/8'],
    [{ toCIDR: '239.0.0.0/24' }, 'toCIDR', 'overlaps 224.0.0.0/3'],
    [{ toCIDR: 'fe80::/64' }, 'toCIDR', 'write a private network such as fd00:244::/64'],
    [{ timeout: '5' }, 'timeout', 'time: missing unit'],
  ])('%j cannot be used', (more, path, message) => {
    expect(prepare(more)).toMatchObject({ mistakes: [{ path, message: expect.stringContaining(message) }] });
  });

  test('port 0 is 8080; bits behind the prefix do not count', () => {
    const prepared = prepare({ port: 0, fromCIDR: '10.0.0.77/24' });
    expect(prepared).toMatchObject({ params: { port: 8080, fromCIDR: '10.0.0.77/24', from: { prefix: 24 } } });
  });
});

describe('in a namespace that stands for the host', () => {
  let run: CheckRunner<typeof networkNamespaceConnectivity.result>;
  const given = { fromCIDR: '10.20.0.0/24', toCIDR: '10.20.1.0/24', port: 8080, timeout: '2s' };
  const collect = (host: Namespace, more: Partial<typeof given> = {}, options = {}) =>
    run(host, { ...given, ...more }, options);

  beforeAll(async () => {
    if (process.getuid?.() !== 0) return;
    run = await checkRunner('networkNamespaceConnectivity', networkNamespaceConnectivity.result);
  });

  async function forwardingHost(): Promise<Namespace> {
    const host = await createNamespace();
    await host.sysctl('net/ipv4/ip_forward', '1');
    await host.sysctl('net/ipv6/conf/all/forwarding', '1');
    return host;
  }

  /** The names of its devices. */
  async function devices(host: Namespace): Promise<readonly string[]> {
    const links = (await host.json('ip', '-json', 'link')) as readonly { readonly ifname: string }[];
    return links.map(({ ifname }) => ifname);
  }

  async function expectClean(host: Namespace): Promise<void> {
    const endMs = performance.now() + 5000;
    while ((await devices(host)).length > 1 && performance.now() < endMs) {
      await new Promise((next) => setTimeout(next, 50));
    }
    expect(await devices(host)).toEqual(['lo']);
    const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
      const child = spawn('ip', ['-n', host.name, '-6', 'route', 'show', 'table', 'main']);
      let text = '';
      child.stdout.on('data', (chunk) => {
        text += chunk;
      });
      child.on('close', () => resolve({ stdout: text }));
    });
    expect(stdout).not.toContain('10.20');
  }

  const none = {
    from_cidr_creation: '',
    to_cidr_creation: '',
    udp_client: '',
    udp_server: '',
    tcp_client: '',
    tcp_server: '',
  };

  testAsRoot('a host that forwards: UDP and TCP go there and back, and nothing is left', async () => {
    const host = await forwardingHost();
    const { result, complaint } = await collect(host);
    expect(complaint).toBeUndefined();
    expect(Object.keys(result).slice(0, 5)).toEqual(['from_cidr', 'to_cidr', 'errors', 'output', 'success']);
    expect(result).toMatchObject({
      from_cidr: '10.20.0.0/24',
      to_cidr: '10.20.1.0/24',
      errors: none,
      success: true,
      fromAddress: '10.20.0.1',
      toAddress: '10.20.1.1',
      forwarding: true,
      udpCode: null,
      tcpCode: null,
    });
    expect(result.udpLatencyMs).toBeGreaterThan(0);
    expect(result.tcpLatencyMs).toBeGreaterThan(0);
    expect(result.output.logs?.[0]).toMatch(
      /^\[\d{4}-[^\]]+Z\] namespace "to": 10\.20\.1\.1\/24, by way of 10\.20\.1\.254 on this host$/,
    );
    await expectClean(host);
  });

  testAsRoot('IPv6', async () => {
    const { result } = await collect(await forwardingHost(), {
      fromCIDR: '2001:db8:1::/64',
      toCIDR: '2001:db8:2::/64',
    });
    expect(result).toMatchObject({ success: true, errors: none, toAddress: '2001:db8:2::1', forwarding: true });
  });

  testAsRoot('a host that does not forward is told so', async () => {
    const host = await createNamespace();
    await host.sysctl('net/ipv4/ip_forward', '0');
    const { result } = await collect(host, { timeout: '1s' });
    expect(result).toMatchObject({
      success: false,
      forwarding: false,
      errors: {
        from_cidr_creation: '',
        to_cidr_creation: '',
        udp_client: expect.stringMatching(
          /^error reading from udp socket: .*; this host forwards no IPv4 packets \(net\.ipv4\.ip_forward = 0\)$/,
        ),
        udp_server: 'error reading from udp socket: no datagram arrived within 1s',
        tcp_client: expect.stringMatching(/^error dialing tcp: /),
        tcp_server: 'error accepting connection: none arrived within 1s',
      },
    });
    await expectClean(host);
  });

  const walls = [
    ['drops UDP', 'meta l4proto udp drop', { udp_client: /no echo/, udp_server: /no datagram/ }],
    ['drops TCP', 'meta l4proto tcp drop', { tcp_client: /no answer/, tcp_server: /none arrived/ }],
    [
      'rejects TCP',
      'meta l4proto tcp reject with tcp reset',
      { tcp_client: /ECONNREFUSED/, tcp_server: /none arrived/ },
    ],
    ['rejects UDP', 'meta l4proto udp reject', { udp_client: /ECONNREFUSED/, udp_server: /no datagram/ }],
    ['drops answers of UDP', 'udp sport 8080 drop', { udp_client: /no echo/ }],
    ['drops answers of TCP', 'tcp sport 8080 drop', { tcp_client: /no answer/, tcp_server: /none arrived/ }],
  ] as const;
  for (const [what, rule, expected] of walls) {
    testAsRoot(`a firewall that ${what}: that alone fails`, async () => {
      const host = await forwardingHost();
      await firewall(host, 'filter', 'forward', rule);
      const { result } = await collect(host, { timeout: '1s' });
      expect(result.success).toBe(false);
      const errors = Object.fromEntries(Object.entries(result.errors).filter(([, text]) => text !== ''));
      expect(errors).toEqual(
        Object.fromEntries(Object.entries(expected).map(([key, text]) => [key, expect.stringMatching(text)])),
      );
    });
  }

  testAsRoot('somebody else at the other end is not taken for ours', async () => {
    const host = await forwardingHost();
    await serve(host, `net.createServer(c=>c.on('error',()=>{}).end('x'.repeat(20))).listen(9,()=>console.log('up'))`);
    await firewall(host, 'nat', 'prerouting', 'tcp dport 8080 redirect to :9');
    const { result } = await collect(host, { timeout: '1s' });
    expect(result.errors).toMatchObject({
      tcp_client: 'error reading from tcp socket: no echo came back',
      tcp_server: 'error accepting connection: none arrived within 1s',
      udp_client: '',
    });
  });

  testAsRoot('a network that the host uses is not touched', async () => {
    const host = await createHost('10.20.0.5/16');
    await host.sysctl('net/ipv4/ip_forward', '1');
    const before = await devices(host);
    const { result } = await collect(host);
    expect(result).toMatchObject({
      success: false,
      errors: {
        ...none,
        to_cidr_creation:
          'error creating network namespace: 10.20.1.0/24 is in use here (route 10.20.0.0/16 by eth0), and testing with it would cut that off; write an unused network',
      },
    });
    expect(await devices(host)).toEqual(before);
  });

  testAsRoot(
    'nor one that has a smaller network of the host in it, where the test would have its addresses',
    async () => {
      const host = await createHost('10.20.0.5/24');
      await host.sysctl('net/ipv4/ip_forward', '1');
      const { result } = await collect(host, { fromCIDR: '10.0.0.0/8', toCIDR: '192.168.0.0/16', timeout: '1s' });
      expect(result.errors).toMatchObject({ from_cidr_creation: '', to_cidr_creation: '' });
      const { result: taken } = await collect(host, { fromCIDR: '10.20.0.0/16', toCIDR: '192.168.0.0/16' });
      expect(taken.errors.from_cidr_creation).toContain('10.20.0.0/16 is in use here (route 10.20.0.0/24 by eth0)');
    },
  );

  /** In place of the folders of commands, others that hold a link to each, but for one. */
  const hiding = `mount -t tmpfs tmpfs /mnt; for d in /bin /sbin /usr/bin /usr/sbin; do
    [ -L $d ] || { m=/mnt/$(echo $d | tr / _); mkdir $m; mount --bind $d $m; folders="$folders $d"; }; done
    for d in $folders; do m=/mnt/$(echo $d | tr / _); mkdir $m-links; ln -s $m/* $m-links/; rm -f $m-links/$1; done
    for d in $folders; do mount --bind /mnt/$(echo $d | tr / _)-links $d; done; shift; exec "$@"`;
  for (const [tool, key, message] of [
    [
      'unshare',
      'to_cidr_creation',
      /^error creating network namespace: there is no command unshare .*; install util-linux$/,
    ],
    ['nsenter', 'to_cidr_creation', /nsenter --net=\S+ ip .*: there is no command nsenter .*; install util-linux$/],
    ['ip', 'to_cidr_creation', /: ip link add .*: there is no command ip on this host; install iproute2$/],
  ] as const) {
    testAsRoot(`a host without ${tool} is told which command it lacks, and nothing is left`, async () => {
      const host = await forwardingHost();
      const params = JSON.stringify({ params: given });
      const { result } = (await host.json(
        ...(['unshare', '--mount', 'bash', '-c', hiding, 'bash', tool, process.execPath, run.script, params] as const),
      )) as Awaited<ReturnType<typeof run>>;
      expect(result.errors[key]).toMatch(message);
      expect(result.success).toBe(false);
      await expectClean(host);
    });
  }

  testAsRoot('without the privilege it says why nothing was made', async () => {
    const { result } = await collect(await forwardingHost(), {}, { uid: 65534 });
    expect(result).toMatchObject({
      success: false,
      errors: {
        ...none,
        to_cidr_creation: 'error creating network namespace: unshare: unshare failed: Operation not permitted',
      },
    });
  });

  testAsRoot('two at once, with networks of their own, do not meet', async () => {
    const host = await forwardingHost();
    const other = { fromCIDR: '10.21.0.0/24', toCIDR: '10.21.1.0/24' };
    const both = await Promise.all([collect(host), collect(host, other)]);
    expect(both.map(({ result }) => result.success)).toEqual([true, true]);
    await expectClean(host);
  });

  testAsRoot('C4: an abort ends it at once, and nothing is left', async () => {
    const host = await createNamespace();
    await host.sysctl('net/ipv4/ip_forward', '0');
    const { rejected, endMs } = await collect(host, { timeout: '20s' }, { abortMs: 1500 });
    expect(rejected).toBe('stop');
    expect(endMs).toBeLessThan(3500);
    await expectClean(host);
  });

  testAsRoot('S8: nothing is left when it is killed', async () => {
    const host = await createNamespace();
    await host.sysctl('net/ipv4/ip_forward', '0');
    const { script } = run;
    const params = JSON.stringify({ params: { ...given, timeout: '30s' } });
    const child = spawn('ip', ['netns', 'exec', host.name, process.execPath, script, params], { stdio: 'ignore' });
    const endMs = performance.now() + 10_000;
    while ((await devices(host)).length < 3 && performance.now() < endMs) {
      await new Promise((next) => setTimeout(next, 50));
    }
    expect((await devices(host)).length).toBe(3);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expectClean(host);
  });
});
