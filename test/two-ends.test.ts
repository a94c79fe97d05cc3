import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../src/contract/finding.ts';
import { cleanUp, createNamespace, type Namespace, temporaryFolder, testAsRootWith } from '../src/net/lab.fixture.ts';
import { hostbundle, program, run, specFile, start, tcpConnect, until } from './lab.ts';

afterAll(cleanUp);

let near: Namespace;
let far: Namespace;
let middle: Namespace;

/** near 10.71.1.2 - 10.71.1.1 middle 10.71.2.1 - 10.71.2.2 far */
beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  [near, middle, far] = [await createNamespace(), await createNamespace(), await createNamespace()];
  await middle.ip(
    `link add n0 type veth peer name eth0 netns ${near.name}`,
    `link add f0 type veth peer name eth0 netns ${far.name}`,
    'addr add 10.71.1.1/24 dev n0',
    'addr add 10.71.2.1/24 dev f0',
    'link set n0 up',
    'link set f0 up',
  );
  await middle.sysctl('net/ipv4/ip_forward', '1');
  await near.ip('addr add 10.71.1.2/24 dev eth0', 'link set eth0 up', 'route add default via 10.71.1.1');
  await far.ip('addr add 10.71.2.2/24 dev eth0', 'link set eth0 up', 'route add default via 10.71.2.1');
}, 30_000);

interface Scene {
  /** Rules of nft in each namespace. */
  readonly rules?: readonly (readonly [() => Namespace, string])[];
  /** What listens elsewhere: `NAMESPACE address port`. */
  readonly stranger?: () => readonly [Namespace, string, number];
  readonly dials?: readonly object[];
  /** The port on the far host that somebody else has already. */
  readonly taken?: boolean;
}

const inside = ({ name }: Namespace, ...words: readonly string[]) => ['netns', 'exec', name, ...words];

/** Listens on the far host, collects on the near one, and judges both bundles together. */
async function play({
  rules = [],
  stranger,
  dials = [tcpConnect('one', '10.71.2.2:7100', { timeout: '2s' })],
  taken,
}: Scene) {
  const folder = await temporaryFolder();
  const spec = await specFile(dials as never);
  for (const [where, text] of rules) {
    await run('ip', inside(where(), 'nft', `add table ip lab; ${text}`));
  }
  const others = [
    ...(stranger === undefined ? [] : [stranger()]),
    ...(taken === true ? [[far, '10.71.2.2', 7100] as const] : []),
  ].map(([namespace, host, port]) =>
    start(
      'ip',
      inside(
        namespace,
        process.execPath,
        '-e',
        `require('net').createServer((s)=>s.on('error',()=>{})).listen(${port},'${host}')`,
      ),
    ),
  );
  if (others.length > 0) await new Promise((resolve) => setTimeout(resolve, 500));
  const listener = start(
    'ip',
    inside(
      far,
      process.execPath,
      program,
      'listen',
      spec,
      '-q',
      '--timeout',
      '4s',
      '-o',
      join(folder, 'far.tar.gz'),
      '--format',
      'json',
    ),
  );
  try {
    await until(async () => {
      const { stdout } = await run('ip', inside(far, 'ss', '-Htln', 'sport = :7100'));
      return stdout.toString().trim() !== '';
    });
    const collected = await run(
      'ip',
      inside(near, process.execPath, program, 'collect', spec, '--two-ends', '-q', '-o', join(folder, 'near.tar.gz')),
    );
    expect(collected.code).toBe(0);
    const listened = await listener.ended;
    expect({ code: listened.code, stderr: listened.stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout, code } = await hostbundle(['analyze', 'far.tar.gz', 'near.tar.gz', '--format', 'json'], {
      cwd: folder,
    });
    const { bundles } = JSON.parse(stdout.toString()) as { bundles: { findings: Finding[] }[] };
    return { code, findings: (bundles[1]?.findings ?? []).filter(({ type }) => type === 'twoEnds') };
  } finally {
    for (const { child } of [listener, ...others]) child.kill('SIGKILL');
    for (const [where] of rules) await run('ip', inside(where(), 'nft', 'delete table ip lab'));
  }
}

describe('two ends', () => {
  const scenes: readonly (readonly [string, Scene, string, RegExp])[] = [
    ['nothing between them', {}, 'pass', /^arrived at far\.tar\.gz from 10\.71\.1\.2:\d+, and was answered$/],
    [
      'a firewall on the far host drops what arrives',
      {
        rules: [
          [
            () => far,
            'add chain ip lab in { type filter hook input priority 0; }; add rule ip lab in tcp dport 7100 drop',
          ],
        ],
      },
      'fail',
      /^never arrived: far\.tar\.gz listened and saw nothing of it$/,
    ],
    [
      'a firewall between them rejects',
      {
        rules: [
          [
            () => middle,
            'add chain ip lab fw { type filter hook forward priority 0; }; add rule ip lab fw tcp dport 7100 reject with tcp reset',
          ],
        ],
      },
      'fail',
      /^never arrived: refused, though far\.tar\.gz listened: a firewall there, or something between, answered for it$/,
    ],
    [
      'address translation between them',
      {
        rules: [
          [
            () => middle,
            'add chain ip lab post { type nat hook postrouting priority 100; }; add rule ip lab post oifname f0 masquerade',
          ],
        ],
      },
      'warn',
      /^arrived at far\.tar\.gz from another address: it left from 10\.71\.1\.2:\d+ and came from 10\.71\.2\.1:\d+, so there is address translation/,
    ],
    [
      'the answer to the handshake is dropped on its way back',
      {
        rules: [
          [
            () => middle,
            'add chain ip lab fw { type filter hook forward priority 0; }; add rule ip lab fw tcp sport 7100 drop',
          ],
        ],
      },
      'fail',
      /^answer lost: far\.tar\.gz saw a connection from 10\.71\.1\.2 that stayed half open/,
    ],
    [
      'what is said after the handshake is dropped on its way back',
      {
        rules: [
          [
            () => middle,
            'add chain ip lab fw { type filter hook forward priority 0; }; add rule ip lab fw tcp sport 7100 tcp flags & psh == psh drop',
          ],
        ],
      },
      'fail',
      /^answer lost: it arrived at far\.tar\.gz, whose greeting did not come back$/,
    ],
    [
      'somebody between them answers',
      {
        rules: [
          [
            () => middle,
            'add chain ip lab pre { type nat hook prerouting priority -100; }; add rule ip lab pre iifname n0 tcp dport 7100 redirect to :7199',
          ],
        ],
        stranger: () => [middle, '0.0.0.0', 7199],
      },
      'fail',
      /^somebody else answered: it connected, but nothing arrived at far\.tar\.gz$/,
    ],
    [
      'a port that the far host cannot listen on',
      { taken: true },
      'unknown',
      /^far\.tar\.gz could not listen on port 7100: node \(pid \d+\)$/,
    ],
    [
      'a host that did not listen',
      { dials: [tcpConnect('one', '10.71.1.1:7100', { timeout: '1s' })] },
      'unknown',
      /^10\.71\.1\.1 is no address of a host that listened on port 7100$/,
    ],
  ];
  for (const [what, scene, verdict, message] of scenes) {
    testAsRootWith(
      'nft',
      what,
      async () => {
        const { findings, code } = await play(scene);
        expect(findings.map((finding) => ({ verdict: finding.verdict, title: finding.title }))).toEqual([
          { verdict, title: expect.stringMatching(/^Both ends of 10\.71\.[12]\.[12]:7100$/) },
        ]);
        expect(findings[0]?.message || findings[0]?.reason).toMatch(message);
        // The near bundle alone has no analyzers, so that nothing else is judged.
        expect(code).toBe({ pass: 5, warn: 4, fail: 3, unknown: 5 }[verdict]);
      },
      30_000,
    );
  }

  test('a spec that dials nothing has nothing to listen for', async () => {
    const { code, stderr } = await hostbundle(['listen', await specFile([{ tcpPortStatus: { port: 1 } }])]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('nothing to listen for') });
  });

  test('a service of somebody else gets no byte', async () => {
    const folder = await temporaryFolder();
    const server = start(process.execPath, [
      '-e',
      `const net=require('net');let got=0;net.createServer((s)=>{s.on('data',(d)=>{got+=d.length}).on('error',()=>{}).on('close',()=>{require('fs').writeFileSync(${JSON.stringify(join(folder, 'got'))},String(got))});s.write('220 hello\\r\\n')}).listen(0,'127.0.0.1',function(){console.log(this.address().port)})`,
    ]);
    try {
      const [text] =
        (await new Promise<[Buffer]>((resolve) => server.child.stdout?.once('data', (data) => resolve([data])))) ?? [];
      const spec = await specFile([tcpConnect('one', `127.0.0.1:${Number(String(text))}`)]);
      const { code } = await hostbundle(['collect', spec, '--two-ends', '-q', '-o', join(folder, 'b.tar.gz')]);
      expect(code).toBe(0);
      await until(async () => (await readFile(join(folder, 'got'), 'utf8').catch(() => '')) !== '');
      expect(await readFile(join(folder, 'got'), 'utf8')).toBe('0');
    } finally {
      server.child.kill('SIGKILL');
    }
  });
});
