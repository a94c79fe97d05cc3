import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Authority, createAuthority, createKey, type Issued } from '../../net/certificates.fixture.ts';
import { cleanUp, closedPort, fullPort, misfits, temporaryFolder } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { closeServers, rawServer, started, tlsServer } from '../../net/servers.fixture.ts';
import { tlsAnalyzer } from './analyzer.ts';
import { tls } from './collector.ts';

afterAll(async () => {
  await closeServers();
  await cleanUp();
});

let authority: Authority;
let stranger: Authority;
let store: string;
const names = 'DNS:localhost,DNS:*.lab.test,IP:127.0.0.1,IP:::1';

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority(), createAuthority({ subject: '/CN=Stranger' })]);
  store = authority.certificatePath;
}, 60_000);

/** On a host that trusts the authority of this test, and nobody else. */
async function look(port: number, wanted: Readonly<Record<string, unknown>> = {}, host = '127.0.0.1') {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const prepared = tls.prepare?.({ address, timeout: '5s', ...wanted } as never);
  if (prepared === undefined || 'mistakes' in prepared) throw new Error(JSON.stringify(prepared));
  const machine = labHost({ 'a.lab.test': [{ address: '127.0.0.1', family: 4 }], 'silent.test': null }, undefined, {
    SSL_CERT_FILE: store,
  });
  const { result, complaint } = await tls.collect(prepared.params, machine);
  expect(misfits(tls.result, result)).toEqual([]);
  expect(complaint === undefined).toBe(result.status === 'connected');
  return result;
}

async function holds(when: string, result: unknown): Promise<boolean> {
  const refined = await tlsAnalyzer.refine?.(result as never, {}, {} as never);
  if (refined === undefined || !('judged' in refined)) throw new Error('nothing to judge');
  return tlsAnalyzer.condition(when, {})(refined.judged);
}

interface Case {
  readonly name: string;
  issue(): Promise<Pick<Issued, 'certificate' | 'key'>>;
  readonly server?: TlsOptions;
  readonly wanted?: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

const cases: readonly Case[] = [
  { name: 'good', issue: () => authority.issue({ names }), problems: [] },
  { name: 'expired', issue: () => authority.issue({ names, from: -20, to: -10 }), problems: ['expired'] },
  { name: 'not yet valid', issue: () => authority.issue({ names, from: 10, to: 20 }), problems: ['not-yet-valid'] },
  { name: 'for another name', issue: () => authority.issue({ names: 'DNS:b.test' }), problems: ['name-mismatch'] },
  { name: 'with a common name alone', issue: () => authority.issue(), problems: ['name-mismatch'] },
  { name: 'of a stranger', issue: () => stranger.issue({ names }), problems: ['untrusted'] },
  {
    name: 'signed by itself',
    issue: () => createAuthority({ names, subject: '/CN=localhost' }),
    problems: ['self-signed', 'untrusted'],
  },
  {
    name: 'bad in every way, all of which are told',
    issue: () => createAuthority({ names: 'DNS:b.test', from: -20, to: -10 }),
    problems: ['expired', 'self-signed', 'untrusted', 'name-mismatch'],
  },
  {
    name: 'of a stranger and expired',
    issue: () => stranger.issue({ names, from: -20, to: -10 }),
    problems: ['expired', 'untrusted'],
  },
  {
    name: 'good, over TLS 1.0',
    issue: () => authority.issue({ names }),
    server: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    problems: ['weak-protocol'],
  },
  {
    name: 'good, over TLS 1.2',
    issue: () => authority.issue({ names }),
    server: { maxVersion: 'TLSv1.2' },
    problems: [],
  },
  {
    name: 'for a star',
    issue: () => authority.issue({ names }),
    wanted: { serverName: 'x.lab.test' },
    problems: [],
  },
  {
    name: 'for a star, two labels deep',
    issue: () => authority.issue({ names }),
    wanted: { serverName: 'x.y.lab.test' },
    problems: ['name-mismatch'],
  },
];

test.each(cases)(
  'a certificate $name: connected, and $problems is said',
  async ({ issue, server, wanted, problems }) => {
    const issued = await issue();
    const result = await look(await tlsServer(issued, server), wanted);
    expect(result).toMatchObject({ status: 'connected', message: '', code: null });
    expect(result.tls?.problems).toEqual(problems);
    expect(result.tls?.message === '').toBe(problems.length === 0);
    expect(result.tls?.chain[0]?.fingerprint256).toMatch(/^[0-9a-f]{64}$/);
    for (const problem of problems) expect(await holds(problem, result)).toBe(true);
    expect(await holds('trusted', result)).toBe(problems.length === 0);
  },
);

test('protocol, cipher, application protocol, names, days and times are told', async () => {
  const issued = await authority.issue({ names, to: 20 });
  const result = await look(await tlsServer(issued, { ALPNProtocols: ['h2', 'http/1.1'] }), { alpn: ['http/1.1'] });
  expect(result.tls).toMatchObject({
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    alpn: 'http/1.1',
    serverName: '127.0.0.1',
    nameMatches: true,
    authorizationError: null,
    trust: store,
    ocsp: null,
  });
  expect(result.tls?.expiresInDays).toBeGreaterThan(19.9);
  expect(result.tls?.expiresInDays).toBeLessThanOrEqual(20);
  expect(await holds('connected && expiresInDays < 30 && trusted', result)).toBe(true);
  expect(await holds('expiresInDays < 10', result)).toBe(false);
  expect(result.attempts[0]?.candidates[0]).toMatchObject({ address: '127.0.0.1', localAddress: '127.0.0.1' });
});

test('an intermediate that the server sends leads to the root; without it nobody is trusted', async () => {
  const intermediate = await authority.issue({ subject: '/CN=Between', isAuthority: true });
  // Signed with the intermediate's key; an authority of the fixture signs with its own alone.
  const folder = await temporaryFolder();
  const [key, keyPath] = [await createKey(), join(folder, 'leaf.key')];
  await writeFile(keyPath, key);
  const request = join(folder, 'leaf.csr');
  execFileSync('openssl', ['req', '-new', '-key', keyPath, '-subj', '/CN=leaf', '-out', request]);
  const extension = join(folder, 'ext');
  await writeFile(extension, `subjectAltName=${names}\n`);
  const out = join(folder, 'leaf.crt');
  execFileSync(
    'openssl',
    ['x509', '-req', '-in', request, '-CA', intermediate.certificatePath, '-CAkey', intermediate.keyPath].concat([
      '-CAcreateserial',
      '-days',
      '9',
      '-extfile',
      extension,
      '-out',
      out,
    ]),
    { stdio: 'ignore' },
  );
  const certificate = await readFile(out, 'utf8');
  const whole = await look(await tlsServer({ certificate: certificate + intermediate.certificate, key }));
  expect(whole.tls).toMatchObject({ problems: [], authorizationError: null });
  expect(whole.tls?.chain.map(({ subject }) => subject)).toEqual(['CN=leaf', 'CN=Between']);
  const half = await look(await tlsServer({ certificate, key }));
  expect(half.tls).toMatchObject({ problems: ['untrusted'], authorizationError: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
});

describe('whom to trust', () => {
  test('PEM in the spec is trusted alone, a file beside what the host trusts', async () => {
    const port = await tlsServer(await stranger.issue({ names }));
    const own = await tlsServer(await authority.issue({ names }));
    const pem = { caCert: stranger.certificate };
    const file = { caCert: stranger.certificatePath };
    expect((await look(port, pem)).tls).toMatchObject({ problems: [], trust: 'the spec' });
    expect((await look(own, pem)).tls?.problems).toEqual(['untrusted']);
    expect((await look(port, file)).tls?.problems).toEqual([]);
    expect((await look(own, file)).tls?.problems).toEqual([]);
  });

  test('a folder of certificates', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'one.pem'), stranger.certificate);
    await writeFile(join(folder, 'README'), 'no certificate');
    expect((await look(await tlsServer(await stranger.issue({ names })), { caCert: folder })).tls?.problems).toEqual(
      [],
    );
  });

  test('a certificate that is trusted itself, though it is none of an authority', async () => {
    const issued = await stranger.issue({ names });
    expect((await look(await tlsServer(issued), { caCert: issued.certificate })).tls?.problems).toEqual([]);
  });

  test('what cannot be used is said', async () => {
    const port = await closedPort();
    await expect(look(port, { caCert: '/nowhere' })).rejects.toThrow('caCert /nowhere cannot be read (ENOENT)');
    await expect(look(port, { clientCert: 'x', clientKey: 'y' })).rejects.toThrow(
      'clientCert x cannot be read (ENOENT)',
    );
    const { certificate } = authority;
    await expect(look(port, { clientCert: certificate, clientKey: stranger.key })).rejects.toThrow(
      'KEY_VALUES_MISMATCH',
    );
  });
});

describe('a client certificate', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('that the server wants over %s', async (version) => {
    const [server, client] = await Promise.all([
      authority.issue({ names }),
      authority.issue({ subject: '/CN=client' }),
    ]);
    const port = await tlsServer(server, {
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    });
    const without = await look(port);
    expect(without).toMatchObject({ status: 'handshake-failed', tls: null });
    expect(without.attempts[0]?.status).toBe('connected');
    const withIt = await look(port, { clientCert: client.certificatePath, clientKey: client.key });
    expect(withIt).toMatchObject({ status: 'connected', tls: { protocol: version } });
    expect(JSON.stringify(withIt)).not.toContain('PRIVATE KEY');
  });
});

test.each(['good', 'revoked'] as const)('a stapled OCSP response that says %s', async (status) => {
  const issued = await authority.issue({ names });
  const folder = await temporaryFolder();
  const serial = execFileSync('openssl', ['x509', '-in', issued.certificatePath, '-noout', '-serial'], {
    encoding: 'utf8',
  }).trim();
  const state = status === 'good' ? 'V\t300101000000Z\t' : 'R\t300101000000Z\t200101000000Z';
  await writeFile(join(folder, 'index'), `${state}\t${serial.slice('serial='.length)}\tunknown\t/CN=localhost\n`);
  const response = join(folder, 'response');
  execFileSync(
    'openssl',
    ['ocsp', '-index', join(folder, 'index'), '-CA', store, '-rsigner', store, '-rkey', authority.keyPath].concat([
      '-issuer',
      store,
      '-cert',
      issued.certificatePath,
      '-respout',
      response,
      '-ndays',
      '3',
    ]),
    { stdio: 'ignore' },
  );
  const server = createServer({ cert: issued.certificate, key: issued.key });
  const staple = await readFile(response);
  server.on('OCSPRequest', (_, __, answer: (error: Error | null, response: Buffer) => void) => answer(null, staple));
  const result = await look(await started(server));
  expect(result.tls?.ocsp).toEqual({
    status,
    thisUpdate: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    nextUpdate: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  expect(result.tls?.problems).toEqual(status === 'good' ? [] : ['revoked']);
});

describe('what keeps a handshake from being made', () => {
  test('nobody listens', async () => {
    expect(await look(await closedPort())).toMatchObject({
      status: 'connection-refused',
      code: 'ECONNREFUSED',
      tls: null,
    });
  });

  test('no answer at all', async () => {
    expect(await look(await fullPort(), { timeout: '300ms' })).toMatchObject({
      status: 'connection-timeout',
      tls: null,
    });
  });

  test('a name server that keeps silent', async () => {
    const result = await look(1, { timeout: '200ms' }, 'silent.test');
    expect(result).toMatchObject({ status: 'connection-timeout', cause: 'dns-timeout' });
  });

  test.each([
    ['silence', () => {}, 'handshake-timeout', null],
    [
      'one byte a second',
      (socket) => setInterval(() => socket.write('\u0016'), 1000).unref(),
      'handshake-timeout',
      null,
    ],
    [
      'a greeting of another protocol',
      (socket) => socket.write('220 \u001b[31mmail\r\n'),
      'not-tls',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
    [
      'HTTP',
      (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'not-tls',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
    ['a reset', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'handshake-failed', 'ECONNRESET'],
    ['an end', (socket) => socket.end(), 'handshake-failed', 'ECONNRESET'],
    [
      'noise without end',
      (socket) => void setInterval(() => socket.write(Buffer.alloc(65_536, 0x16)), 5).unref(),
      'not-tls',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
  ] as const satisfies readonly (readonly [string, Parameters<typeof rawServer>[0], string, string | null])[])(
    '%s',
    async (_, serve, status, code) => {
      const startedMs = performance.now();
      const result = await look(await rawServer(serve), { timeout: '1s' });
      expect(result).toMatchObject({ status, code, cause: null, tls: null });
      expect(result.attempts[0]?.status).toBe('connected');
      expect(result.message).not.toBe('');
      expect(performance.now() - startedMs).toBeLessThan(3000);
    },
  );

  test('a chain that is larger than any client takes', async () => {
    const { certificate, key } = await authority.issue({ names });
    const port = await tlsServer({ certificate: certificate + authority.certificate.repeat(300), key });
    expect(await look(port)).toMatchObject({ status: 'handshake-failed', code: 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE' });
  });
});

test('IPv6, and a name that is looked up', async () => {
  const issued = await authority.issue({ names });
  expect((await look(await tlsServer(issued, {}, '::1'), {}, '::1')).tls?.problems).toEqual([]);
  const named = await look(await tlsServer(issued), {}, 'a.lab.test');
  expect(named).toMatchObject({ host: 'a.lab.test', tls: { serverName: 'a.lab.test', problems: [] } });
});

test.each([
  [{ address: '127.0.0.1' }, 'address'],
  [{ timeout: '-1s' }, 'timeout'],
  [{ serverName: 'a b' }, 'serverName'],
  [{ clientKey: 'x' }, 'clientKey'],
])('%j is refused when the spec is loaded', (wanted, path) => {
  const prepared = tls.prepare?.({ address: '127.0.0.1:1', timeout: '1s', ...wanted } as never);
  expect(prepared).toMatchObject({ mistakes: [{ path }] });
});
