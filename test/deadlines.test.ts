import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenedBundle } from '../src/contract/bundle.ts';
import {
  cleanUp,
  createNamespace,
  fullPort,
  listen,
  type Namespace,
  quickest,
  temporaryFolder,
  testAsRoot,
} from '../src/net/lab.fixture.ts';
import { addSilentNetwork } from '../src/net/lab-network.fixture.ts';
import {
  type Ended,
  type Item,
  jsonOf,
  opened,
  program,
  run,
  specFile,
  startHostbundle,
  tcpConnect,
  until,
} from './lab.ts';

afterAll(cleanUp);

let namespace: Namespace | undefined;
/** What the program needs besides collecting: to start, to write, to leave. */
let overheadMs = 0;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  namespace = await createNamespace();
  // Everything below 10.9/16 is sent, and nobody ever answers; the name server is there too.
  await addSilentNetwork(namespace);
  await namespace.etc('resolv.conf', 'nameserver 10.9.0.53\n');
  await namespace.etc('hosts', '127.0.0.1 localhost\n');
  const { ended, bundle } = await collectInside([tcpConnect('none', '127.0.0.1:1')]);
  overheadMs = ended.tookMs - (bundle.manifest?.durationMs ?? 0);
}, 20_000);

async function collectInside(
  items: readonly Item[],
  ...options: readonly string[]
): Promise<{ ended: Ended; bundle: OpenedBundle }> {
  const file = join(await temporaryFolder(), 'b.tar.gz');
  // What else runs on this machine is not to be measured.
  const inside = ['netns', 'exec', namespace?.name ?? '', 'nice', '-n', '-20'];
  const words = [process.execPath, program, 'collect', await specFile(items), '-q', '--no-nice', '-o', file];
  const ended = await run('ip', [...inside, ...words, ...options]);
  return { ended, bundle: await opened(file) };
}

const statusOf = (bundle: OpenedBundle, name: string) =>
  (jsonOf(bundle, `host-collectors/connect/${name}.json`) as { status: string }).status;

describe('C4: deadlines', () => {
  testAsRoot(
    'a thousand targets that drop packets are waited for side by side',
    async () => {
      const names = Array.from({ length: 1000 }, (_, number) => `t${number}`);
      const items = names.map((name, n) => tcpConnect(name, `10.9.${1 + (n >> 8)}.${n & 255}:443`, { timeout: '2s' }));
      const { ended, bundle } = await collectInside(items);
      expect(ended.code).toBe(0);
      expect(new Set(names.map((name) => statusOf(bundle, name)))).toEqual(new Set(['connection-timeout']));
      expect(bundle.manifest).toMatchObject({ complete: true, durationMs: expect.any(Number) });
      expect(bundle.manifest?.durationMs).toBeGreaterThan(1990);
      // How close it comes to 2 s is measured by `npm run bench`; two rounds would take 4.
      expect(bundle.manifest?.durationMs).toBeLessThan(3900);
    },
    40_000,
  );

  testAsRoot(
    'a monitor of a thousand hosts, half of them silent, waits for those side by side',
    async () => {
      const port = await listenInside();
      const hosts = Array.from({ length: 1000 }, (_, n) =>
        n % 2 === 0 ? { host: '127.0.0.1', port } : { host: `10.9.${1 + (n >> 8)}.${n & 255}`, port: 443 },
      );
      const tookMs = await quickest(1500, async () => {
        const { ended, bundle } = await collectInside([{ tcpMonitor: { collectorName: 'many', hosts } }]);
        expect(ended.code).toBe(0);
        const probes = jsonOf(bundle, 'host-collectors/tcpMonitor/many.json') as readonly { status: string }[];
        expect(probes.map(({ status }) => status)).toEqual(hosts.map((_, n) => (n % 2 === 0 ? 'open' : 'timeout')));
        return bundle.manifest?.durationMs ?? Number.POSITIVE_INFINITY;
      });
      expect(tookMs).toBeLessThan(1500);
    },
    40_000,
  );

  testAsRoot('--timeout ends a run whose items want more, exit 5, and says so', async () => {
    const items = ['a', 'b'].map((name) => tcpConnect(name, '10.9.0.7:443', { timeout: '30s' }));
    const { ended, bundle } = await collectInside(items, '--timeout', '1s', '--format', 'json');
    expect(ended.code).toBe(5);
    expect(ended.tookMs).toBeLessThan(1000 + overheadMs + 1000);
    expect(JSON.parse(ended.stdout.toString())).toMatchObject({ complete: false });
    expect(bundle.integrity.state).toBe('sound');
    expect(bundle.manifest).toMatchObject({ complete: false, incompleteReason: "the run's time limit of 1s was over" });
    expect(bundle.manifest?.collections.map(({ state, errorCode }) => ({ state, errorCode }))).toEqual([
      { state: 'timedOut', errorCode: 'TIMEOUT' },
      { state: 'timedOut', errorCode: 'TIMEOUT' },
    ]);
  });
});

describe('a series of samples', () => {
  test.each([
    ['the limit of the run', async () => ['--timeout', '1s'], 5, "the run's time limit of 1s was over"],
    ['Ctrl-C', undefined, 130, 'stopped by SIGINT'],
  ] as const)('%s ends it with what it has: kept, told, judged', async (_, options, code, reason) => {
    const { port } = await listen();
    const file = join(await temporaryFolder(), 'b.tar.gz');
    const series = { samples: 1000, interval: '100ms' };
    const rule = { warn: { when: 'connected && loss == 0 && latencyP95 > 0', message: 'so far so good' } };
    const spec = await specFile(
      [tcpConnect('series', `127.0.0.1:${port}`, series)],
      [{ tcpConnect: { checkName: 'Series', collectorName: 'series', outcomes: [rule] } }],
    );
    const { child, ended } = startHostbundle(['collect', spec, '-q', '-o', file, ...((await options?.()) ?? [])]);
    if (options === undefined) setTimeout(() => child.kill('SIGINT'), 1500);
    const { code: found, stdout } = await ended;
    expect(found).toBe(code);
    expect(stdout.toString()).toContain('so far so good');
    const bundle = await opened(file);
    const { samples } = jsonOf(bundle, 'host-collectors/connect/series.json') as { samples: readonly unknown[] };
    expect(samples.length).toBeGreaterThan(2);
    expect(samples.length).toBeLessThan(20);
    expect(bundle.manifest).toMatchObject({ complete: false });
    expect(bundle.manifest?.collections).toMatchObject([
      {
        state: 'timedOut',
        reason: expect.stringContaining(`${samples.length} of 1000 samples: ${reason}`),
        paths: ['host-collectors/connect/series.json'],
      },
    ]);
  });
});

describe('C2: a name server that never answers', () => {
  testAsRoot('holds up neither the literals nor the end', async () => {
    const dead = Array.from({ length: 50 }, (_, number) => `dead${number}`);
    const port = await listenInside();
    const { ended, bundle } = await collectInside([
      ...dead.map((name) => tcpConnect(name, `${name}.example:443`, { timeout: '1s' })),
      tcpConnect('open', `127.0.0.1:${port}`, { timeout: '1s' }),
      tcpConnect('refused', '127.0.0.1:1', { timeout: '1s' }),
      tcpConnect('hosts file', `localhost:${port}`, { timeout: '1s' }),
    ]);
    expect(ended.code).toBe(0);
    expect(new Set(dead.map((name) => statusOf(bundle, name)))).toEqual(new Set(['connection-timeout']));
    expect(statusOf(bundle, 'open')).toBe('connected');
    expect(statusOf(bundle, 'refused')).toBe('connection-refused');
    expect(statusOf(bundle, 'hosts file')).toBe('connected');
    expect(bundle.manifest?.durationMs).toBeLessThan(1900);
    expect(ended.tookMs).toBeLessThan(1000 + overheadMs + 1000);
  });
});

/** A listener inside the namespace, for as long as the tests run. */
async function listenInside(): Promise<number> {
  const script =
    "const s=require('net').createServer(c=>c.on('error',()=>{})).listen(0,'127.0.0.1',()=>console.log(s.address().port))";
  const child = spawn('ip', ['netns', 'exec', namespace?.name ?? '', process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  listeners.push(() => child.kill('SIGKILL'));
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(port);
}

const listeners: (() => void)[] = [];
afterAll(() => {
  for (const end of listeners) end();
});

test('C2, C3: nothing keeps the process once the bundle is there', async () => {
  const { port } = await listen();
  const silent = await fullPort();
  const spec = await specFile([
    tcpConnect('answers', `localhost:${port}`, { timeout: '60s' }),
    tcpConnect('silent', `127.0.0.1:${silent}`, { timeout: '1s', attempts: 2, retryDelay: '10ms' }),
    { tcpPortStatus: { collectorName: 'port', port, interface: 'lo' } },
  ]);
  const leftMs = await quickest(500, async () => {
    const folder = await temporaryFolder();
    const { ended } = startHostbundle(['collect', spec, '-q', '-o', join(folder, 'b.tar.gz')]);
    await until(async () => (await readdir(folder)).includes('b.tar.gz'));
    const startMs = performance.now();
    expect(await ended).toMatchObject({ code: 0 });
    return performance.now() - startMs;
  });
  expect(leftMs).toBeLessThan(500);
});
