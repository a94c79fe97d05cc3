import { connect } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Address } from '../contract/collector.ts';
import { dial, type Target } from './dial.ts';
import { type Dialled, dialSchema } from './evidence.ts';
import { cleanUp, closedPort, fullPort, listen, misfits, quickest } from './lab.fixture.ts';
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
    const tookMs = await quickest(600, async () => {
      const result = await dialled({ host: '127.0.0.1', port, timeoutMs: 300 });
      const message = `no answer from 127.0.0.1:${port} within 300ms`;
      expect(result).toMatchObject({ status: 'connection-timeout', message, code: null, cause: 'timeout' });
      expect(result.durationMs).toBeGreaterThan(295);
      return result.durationMs;
    });
    expect(tookMs).toBeLessThan(600);
  });

  test('a silent first address does not eat the time of the second', async () => {
    const silent = await fullPort();
    const { port } = await listen({ host: '127.0.0.2', port: silent });
    const names = { db: [v4('127.0.0.1'), v4('127.0.0.2'), v4('127.0.0.3')] };
    const tookMs = await quickest(900, async () => {
      const result = await dialled({ host: 'db', port }, names);
      expect(result.status).toBe('connected');
      expect(words(result)).toEqual(['127.0.0.1 abandoned', '127.0.0.2 connected', '127.0.0.3 not-tried']);
      expect(result.durationMs).toBeGreaterThan(295);
      return result.durationMs;
    });
    expect(tookMs).toBeLessThan(900);
  });

  test('every address begins in the first half of a short time limit', async () => {
    const silent = await fullPort();
    const { port } = await listen({ host: '127.0.0.2', port: silent });
    // Sooner than by the pause that is usual between two addresses.
    const timeoutMs = 290;
    const tookMs = await quickest(timeoutMs, async () => {
      const names = { db: [v4('127.0.0.1'), v4('127.0.0.2')] };
      const result = await dialled({ host: 'db', port, timeoutMs }, names);
      return result.status === 'connected' ? result.durationMs : Number.POSITIVE_INFINITY;
    });
    expect(tookMs).toBeLessThan(timeoutMs);
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
    let dialMs = 0;
    const tookMs = await quickest(550, async () => {
      const result = fitting(await dial({ ...plain, host: 'slow', port, timeoutMs: 400 }, host));
      expect(result.dnsMs).toBeGreaterThan(190);
      dialMs = result.attempts[0]?.candidates[0]?.durationMs ?? Number.POSITIVE_INFINITY;
      return result.durationMs;
    });
    expect(tookMs).toBeLessThan(550);
    expect(dialMs).toBeLessThan(250);
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
    const tookMs = await quickest(500, async () => {
      const result = await dialled({ host: 'db', port: 1, timeoutMs: 200 }, { db: null });
      const message = 'lookup db: no answer from the name servers within 200ms';
      expect(result).toMatchObject({ status: 'connection-timeout', cause: 'dns-timeout', code: null, message });
      expect(result.dnsMs).toBeGreaterThan(195);
      return result.durationMs;
    });
    expect(tookMs).toBeLessThan(500);
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
