import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, createAuthority, type Issued } from '../../net/certificates.fixture.ts';
import { cleanUp, closedPort, misfits, temporaryFolder } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { closeServers, httpServer, rawServer } from '../../net/servers.fixture.ts';
import { registryImages } from './collector.ts';

afterAll(async () => {
  await closeServers();
  await cleanUp();
});

let authority: Authority;
let good: Issued;
let strange: Issued;

beforeAll(async () => {
  authority = await createAuthority();
  const names = 'IP:127.0.0.1,IP:::1,DNS:registry.test';
  [good, strange] = await Promise.all([authority.issue({ names }), createAuthority({ names })]);
}, 60_000);

const manifest = '{"schemaVersion":2}';
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
const password = 'pass-4f1e77b2';
const basic = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly authorization: string;
  readonly accept: string;
}

interface RegistryOptions {
  /** Absent: anybody may ask. */
  readonly auth?: 'basic' | 'token' | 'anonymous-token';
  readonly issued?: Issued | undefined;
  /** Absent: 127.0.0.1. */
  readonly address?: '::1';
  /** What comes before the usual answer; true when it was one. */
  readonly first?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A registry with team/app:1, on loopback. */
async function registry({ auth, issued, first, address }: RegistryOptions = {}) {
  const host = address === undefined ? '127.0.0.1' : `[${address}]`;
  const asked: Asked[] = [];
  const answer: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, authorization: headers.authorization ?? '', accept: headers.accept ?? '' });
    if (first?.(request, response)) return;
    const say = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (url.startsWith('/token')) {
      const mayAsk = auth === 'anonymous-token' || headers.authorization === basic;
      say(mayAsk ? 200 : 401, mayAsk ? { token: 'token-91ac' } : { errors: [{ code: 'UNAUTHORIZED', message: 'no' }] });
      return;
    }
    const isAllowed = auth === undefined || headers.authorization === (auth === 'basic' ? basic : 'Bearer token-91ac');
    if (!isAllowed) {
      const scheme = issued === undefined ? 'http' : 'https';
      const bearer = `Bearer realm="${scheme}://${host}:${port}/token",service="the, registry"`;
      response.setHeader('www-authenticate', auth === 'basic' ? 'Basic realm="x"' : bearer);
      say(401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
    } else if (url === '/v2/') say(200, {});
    else if (url === '/v2/team/app/manifests/1' || url === `/v2/team/app/manifests/${digest}`) {
      response.setHeader('content-type', 'application/vnd.oci.image.manifest.v1+json').end(manifest);
    } else if (url.startsWith('/v2/team/app/')) say(404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'no' }] });
    else if (url.startsWith('/v2/team/none/')) response.writeHead(404).end('not found');
    else say(404, { errors: [{ code: 'NAME_UNKNOWN', message: 'no such repository' }] });
  };
  const port: number = await httpServer(answer, issued, {}, address);
  return { name: `${host}:${port}`, asked };
}

async function look(
  images: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string>> = {},
) {
  const written = { images, timeout: '5s', insecureSkipVerify: false, ...more };
  const prepared = registryImages.prepare?.(written as never);
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const nowhere = { HOME: '/nowhere', SSL_CERT_FILE: authority.certificatePath };
  const host = labHost({}, undefined, { ...nowhere, ...environment });
  const { result } = await registryImages.collect(prepared.params, host);
  expect(misfits(registryImages.result, result)).toEqual([]);
  const text = registryImages.render?.(result) ?? '';
  for (const secret of [password, basic.slice('Basic '.length), 'token-91ac']) expect(text).not.toContain(secret);
  return result.images ?? {};
}

async function one(image: string, more: Readonly<Record<string, unknown>> = {}, environment = {}) {
  return (await look([image], more, environment))[image];
}

describe('what a registry says', () => {
  test('each image as the Go tool records it, sorted', async () => {
    const { name, asked } = await registry({ issued: good });
    const found = await look([
      `${name}/team/app:1`,
      `${name}/team/app@${digest}`,
      `${name}/team/app:2`,
      `${name}/a/b:1`,
      `${name}/team/none:1`,
      'Bad Name',
    ]);
    expect(
      Object.fromEntries(
        Object.entries(found).map(([key, { exists, error }]) => [key.replace(`${name}/`, ''), { exists, error }]),
      ),
    ).toEqual({
      'Bad Name': { exists: false, error: 'failed to parse image name Bad Name: could not parse reference: Bad Name' },
      'a/b:1': {
        exists: false,
        error: 'failed to get image manifest: the registry answered with status 404 (NAME_UNKNOWN: no such repository)',
      },
      'team/app:1': { exists: true, error: undefined },
      'team/app:2': { exists: false, error: undefined },
      'team/none:1': { exists: false, error: 'failed to get image manifest: the registry answered with status 404' },
      [`team/app@${digest}`]: { exists: true, error: undefined },
    });
    expect(found[`${name}/team/app:1`]).toMatchObject({
      digest,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
    });
    expect(Object.keys(found)).toEqual(Object.keys(found).toSorted());
    expect(asked.every(({ method }) => method === 'GET')).toBe(true);
    expect(asked.find(({ url }) => url.includes('manifests'))?.accept).toContain(
      'application/vnd.oci.image.index.v1+json',
    );
  });

  test('by IPv6, over TLS with credentials, and plain on loopback', async () => {
    const secure = await registry({ auth: 'token', issued: good, address: '::1' });
    const found = await one(`${secure.name}/team/app:1`, { username: 'me', password });
    expect(found).toMatchObject({ exists: true, digest });
    expect(found?.hops.at(-1)).toMatchObject({ tls: { problems: [] }, dial: { host: '::1' } });
    const plain = await registry({ address: '::1' });
    expect(await one(`${plain.name}/team/app:2`)).toMatchObject({ exists: false });
  });

  test('a digest that is another', async () => {
    const wrong = `sha256:${'0'.repeat(64)}`;
    const { name } = await registry({
      first: ({ url }, response) => url?.endsWith(wrong) === true && Boolean(response.end(manifest)),
    });
    expect(await one(`${name}/team/app@${wrong}`)).toMatchObject({
      exists: false,
      error: expect.stringContaining(digest),
    });
  });

  test('one that closes the connection, or is ill for a moment, is asked again', async () => {
    let left = 2;
    const { name } = await registry({
      first: (request, response) => {
        if (!request.url?.includes('manifests') || left === 0) return false;
        if (left-- === 2) request.socket.destroy();
        else response.writeHead(503).end();
        return true;
      },
    });
    expect(await one(`${name}/team/app:1`)).toMatchObject({ exists: true, attempts: 3 });
  }, 15_000);

  test('a silent one ends at the time limit, one that is not there at once', async () => {
    const port = await rawServer();
    const startedMs = performance.now();
    const silent = await one(`127.0.0.1:${port}/a/b`, { timeout: '300ms' });
    expect(silent).toMatchObject({
      exists: false,
      error: expect.stringContaining('did not finish the TLS handshake in time'),
    });
    expect(performance.now() - startedMs).toBeLessThan(3000);
    const gone = await one(`127.0.0.1:${await closedPort()}/a/b`);
    expect(gone).toMatchObject({ exists: false, error: expect.stringContaining('ECONNREFUSED'), attempts: 1 });
  });
});

describe('credentials', () => {
  const account = { username: 'me', password };

  test.each(['basic', 'token', 'anonymous-token'] as const)('%s, over TLS', async (auth) => {
    const { name, asked } = await registry({ auth, issued: good });
    const found = await one(`${name}/team/app:1`, auth === 'anonymous-token' ? {} : account);
    expect(found).toMatchObject({ exists: true, credentials: auth === 'anonymous-token' ? 'none' : 'the spec' });
    const token = asked.find(({ url }) => url.startsWith('/token'));
    if (auth !== 'basic') {
      const { searchParams } = new URL(token?.url ?? '', 'http://x');
      expect(Object.fromEntries(searchParams)).toEqual({ service: 'the, registry', scope: 'repository:team/app:pull' });
    }
  });

  test('without them, with wrong ones', async () => {
    const { name } = await registry({ auth: 'token', issued: good });
    const error = 'failed to get image manifest: the registry answered with status 401 (UNAUTHORIZED: no)';
    expect(await one(`${name}/team/app:1`)).toMatchObject({ exists: false, error });
    expect(await one(`${name}/team/app:1`, { username: 'me', password: 'wrong' })).toMatchObject({
      exists: false,
      error,
    });
  });

  test('no certificate is needed to ask without them; they go to nobody without one, unless the spec says so', async () => {
    const open = await registry({ issued: strange });
    const found = await one(`${open.name}/team/app:1`);
    expect(found).toMatchObject({ exists: true });
    expect(found?.hops[0]?.tls?.problems).toContain('self-signed');

    const { name, asked } = await registry({ auth: 'basic', issued: strange });
    const refused = await one(`${name}/team/app:1`, account);
    expect(refused).toMatchObject({
      exists: false,
      error: expect.stringContaining('so the credentials were not sent'),
    });
    expect(asked.map(({ authorization }) => authorization)).not.toContain(basic);
    expect(await one(`${name}/team/app:1`, { ...account, insecureSkipVerify: true })).toMatchObject({ exists: true });
    expect(await one(`${name}/team/app:1`, { ...account, caCert: strange.certificate })).toMatchObject({
      exists: true,
    });
  });

  test('they are shown only to a registry that asks for them', async () => {
    const { name, asked } = await registry({ issued: good });
    await one(`${name}/team/app:1`, account);
    expect(asked.map(({ authorization }) => authorization)).toEqual(['', '']);
  });

  test('plain HTTP is spoken with loopback when TLS is not; tokens are not fetched in the clear for a registry with TLS', async () => {
    const { name } = await registry({ auth: 'token' });
    expect(await one(`${name}/team/app:1`, account)).toMatchObject({ exists: true });
    const plain = await registry({ auth: 'token' });
    const { name: other } = await registry({
      issued: good,
      first: (_, response) => {
        response.setHeader('www-authenticate', `Bearer realm="http://${plain.name}/token"`).writeHead(401).end();
        return true;
      },
    });
    expect(await one(`${other}/team/app:1`, account)).toMatchObject({ error: expect.stringContaining('in the clear') });
    expect(plain.asked).toEqual([]);
  });

  test.each([
    ['.docker/config.json', 'HOME', ''],
    ['config.json', 'DOCKER_CONFIG', ''],
    ['auth.json', 'REGISTRY_AUTH_FILE', 'auth.json'],
    ['containers/auth.json', 'XDG_RUNTIME_DIR', ''],
    ['.config/containers/auth.json', 'HOME', ''],
  ])('of this host, in %s below %s', async (file, variable, end) => {
    const { name } = await registry({ auth: 'basic', issued: good });
    const folder = await temporaryFolder();
    const path = join(folder, file);
    await mkdir(join(path, '..'), { recursive: true });
    const auths = { 'other.test': { auth: 'x' }, [`https://${name}/v2/`]: { auth: basic.slice('Basic '.length) } };
    await writeFile(path, JSON.stringify({ auths }));
    const found = await one(`${name}/team/app:1`, {}, { [variable]: join(folder, end) });
    expect(found).toMatchObject({ exists: true, credentials: path });
  });

  test('an identity token is exchanged', async () => {
    const { name, asked } = await registry({
      auth: 'token',
      issued: good,
      first: (request, response) =>
        request.url === '/token' && request.method === 'POST' && Boolean(response.end('{"access_token":"token-91ac"}')),
    });
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [name]: { identitytoken: 'identity-12345' } } }),
    );
    expect(await one(`${name}/team/app:1`, {}, { DOCKER_CONFIG: folder })).toMatchObject({ exists: true });
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toContain('POST /token');
  });

  test('a credential helper is asked; one that is not there, or knows nothing, is named', async () => {
    const { name } = await registry({ auth: 'basic', issued: good });
    const folder = await temporaryFolder();
    const helper = join(folder, 'docker-credential-lab');
    const told = JSON.stringify({ Username: 'me', Secret: password });
    await writeFile(helper, `#!/bin/sh\nread registry\n[ "$1 $registry" = "get ${name}" ] && echo '${told}'\n`, {
      mode: 0o755,
    });
    const before = process.env['PATH'];
    process.env['PATH'] = `${folder}:${before}`;
    try {
      const look = async (config: object) => {
        await writeFile(join(folder, 'config.json'), JSON.stringify(config));
        return one(`${name}/team/app:1`, {}, { DOCKER_CONFIG: folder });
      };
      expect(await look({ credsStore: 'lab' })).toMatchObject({ exists: true, credentials: 'credential helper lab' });
      expect(await look({ credHelpers: { [name]: 'lab' }, auths: { [name]: {} } })).toMatchObject({ exists: true });
      expect((await look({ credsStore: 'gone' }))?.credentials).toBe(
        'none (the credential helper gone cannot be run: ENOENT)',
      );
      expect((await look({ credsStore: '../lab' }))?.credentials).toContain('no usable name');
    } finally {
      process.env['PATH'] = before;
    }
  });
});

test('what is no reference, and a password of nobody, are doubted', () => {
  const given = { images: ['nginx', 'https://a.test/nginx', 'Bad Name'], timeout: '1s', insecureSkipVerify: false };
  expect(registryImages.prepare?.({ ...given, password: 'x' })).toMatchObject({
    doubts: [{ path: 'images/1' }, { path: 'images/2' }, { path: 'password' }],
  });
  expect(registryImages.prepare?.({ ...given, images: ['nginx'] })).toMatchObject({ doubts: [] });
});

test('no images', async () => {
  expect(await look([])).toEqual({});
});
