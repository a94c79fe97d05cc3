import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Authority, createAuthority } from '../../net/certificates.fixture.ts';
import { atCleanUp, cleanUp, closedPort, misfits, temporaryFolder, testWith } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { closeServers, httpServer } from '../../net/servers.fixture.ts';
import { http } from './collector.ts';

/** Through tinyproxy(8), which is nobody's relative of ours; what no such program does is in collector.test.ts. */

afterAll(async () => {
  await closeServers();
  await cleanUp();
});

let authority: Authority;
let plain: number;
let secure: number;

beforeAll(async () => {
  authority = await createAuthority();
  const issued = await authority.issue({ names: 'IP:127.0.0.1,IP:::1' });
  plain = await httpServer((_, response) => response.end('here'));
  secure = await httpServer((_, response) => response.end('here'), issued);
}, 60_000);

/** Starts one on loopback; resolves with its port once it listens. */
async function tinyproxy(...lines: readonly string[]): Promise<number> {
  const port = await closedPort();
  const file = join(await temporaryFolder(), 'tinyproxy.conf');
  await writeFile(file, ['Listen 127.0.0.1', `Port ${port}`, 'Timeout 10', ...lines, ''].join('\n'));
  const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: 'ignore' });
  atCleanUp(async () => child.kill('SIGKILL'));
  const isUp = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  const endMs = performance.now() + 10_000;
  while (!(await isUp())) {
    if (performance.now() > endMs) throw new Error('tinyproxy does not listen');
    await new Promise((next) => setTimeout(next, 50));
  }
  return port;
}

async function get(url: string, more: Readonly<Record<string, unknown>>, environment = {}) {
  const asked = { url, timeout: '5s', insecureSkipVerify: false, ...more };
  const prepared = http.prepare?.({ get: asked } as never);
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const host = labHost({}, undefined, { SSL_CERT_FILE: authority.certificatePath, ...environment });
  const { result } = await http.collect(prepared.params, host);
  expect(misfits(http.result, result)).toEqual([]);
  return { ...result, text: http.render?.(result) ?? '' };
}

describe('a real proxy', () => {
  testWith('tinyproxy', 'passes http on, and says so', async () => {
    const port = await tinyproxy();
    const { response, hops } = await get(`http://127.0.0.1:${plain}/`, { proxy: `http://127.0.0.1:${port}` });
    expect(response).toMatchObject({
      status: 200,
      body: 'here',
      headers: { Via: expect.stringContaining('tinyproxy') },
    });
    expect(hops).toMatchObject([{ proxy: `http://127.0.0.1:${port}/`, dial: { port }, tls: null }]);
  });

  testWith('tinyproxy', 'makes a tunnel for https, in which the certificate of the server is seen', async () => {
    const port = await tinyproxy();
    const { response, hops } = await get(`https://127.0.0.1:${secure}/`, { proxy: `http://127.0.0.1:${port}` });
    expect(response).toMatchObject({ status: 200, body: 'here' });
    expect(response?.headers).not.toHaveProperty('Via');
    expect(hops).toMatchObject([{ dial: { port }, tls: { problems: [], serverName: '127.0.0.1' } }]);
  });

  testWith('tinyproxy', 'that wants credentials gets those of the spec alone, and none are written', async () => {
    const port = await tinyproxy('BasicAuth lab pass-8d1f');
    const allowed = { proxy: `http://lab:pass-8d1f@127.0.0.1:${port}` };
    for (const url of [`http://127.0.0.1:${plain}/`, `https://127.0.0.1:${secure}/`]) {
      const { response, text } = await get(url, allowed);
      expect(response?.status).toBe(200);
      expect(text).not.toContain('pass-8d1f');
    }
    const bare = { proxy: `http://127.0.0.1:${port}` };
    expect((await get(`http://127.0.0.1:${plain}/`, bare)).response?.status).toBe(407);
    expect(await get(`https://127.0.0.1:${secure}/`, bare)).toMatchObject({ cause: 'proxy-refused' });
  });

  testWith(
    'tinyproxy',
    'that may not tunnel to the port refuses; one that finds nobody says so by its status',
    async () => {
      const port = await tinyproxy('ConnectPort 443');
      const proxy = { proxy: `http://127.0.0.1:${port}` };
      const refused = await get(`https://127.0.0.1:${secure}/`, proxy);
      expect(refused).toMatchObject({ cause: 'proxy-refused', error: { message: expect.stringContaining('403') } });
      const nobody = await get(`http://127.0.0.1:${await closedPort()}/`, proxy);
      expect(nobody.response?.status).toBeGreaterThanOrEqual(500);
    },
  );

  testWith('tinyproxy', 'that the environment names is used, but not for loopback', async () => {
    const port = await tinyproxy('ConnectPort 443');
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
    // Refused by the proxy before it dials, so that nothing leaves this machine.
    const named = await get('https://192.0.2.1:8443/', {}, environment);
    expect(named).toMatchObject({ cause: 'proxy-refused', hops: [{ proxy: `http://127.0.0.1:${port}/` }] });
    const direct = await get(`https://127.0.0.1:${secure}/`, {}, environment);
    expect(direct).toMatchObject({ cause: null, hops: [{ proxy: null }] });
  });
});
