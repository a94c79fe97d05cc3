import { afterAll, describe, expect, test } from '@jest/globals';
import type { Infer } from '../../contract/schema.ts';
import { cleanUp, closedPort, listen, misfits } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { tcpConnect } from './collector.ts';

afterAll(cleanUp);

type Params = Infer<typeof tcpConnect.params>;
const defaults = {
  timeout: '10s',
  attempts: 1,
  retryDelay: '1s',
  samples: 1,
  interval: '1s',
  family: 'any',
  exchange: false,
} as const;

function prepare(params: Partial<Params>) {
  return tcpConnect.prepare?.({ ...defaults, address: 'db:80', ...params }) ?? { mistakes: [] };
}

function prepared(params: Partial<Params>) {
  const ready = prepare(params);
  if ('mistakes' in ready) throw new Error(JSON.stringify(ready.mistakes));
  return ready.params;
}

async function collect(params: Partial<Params>) {
  const collected = await tcpConnect.collect(prepared(params), labHost({ db: [{ address: '127.0.0.1', family: 4 }] }));
  expect(misfits(tcpConnect.result, collected.result)).toEqual([]);
  return collected;
}

describe('collect', () => {
  test('connected is no complaint', async () => {
    const { port } = await listen();
    const { result, complaint } = await collect({ address: `db:${port}` });
    expect(result).toMatchObject({ status: 'connected', message: '', host: 'db', port });
    expect(complaint).toBeUndefined();
  });

  test('refused complains in the words of the Go tool', async () => {
    const address = `127.0.0.1:${await closedPort()}`;
    const { result, complaint } = await collect({ address, attempts: 2, retryDelay: '20ms' });
    expect(result.status).toBe('connection-refused');
    expect(result.attempts).toHaveLength(2);
    expect(complaint).toBe(`failed to connect to ${address}: connect ECONNREFUSED ${address}`);
  });

  test('an empty host is this machine', async () => {
    const { result } = await collect({ address: `:${await closedPort()}`, timeout: '2s' });
    expect(result).toMatchObject({ host: 'localhost', status: 'connection-refused' });
  });

  test('a family of a name', async () => {
    const { port } = await listen();
    expect((await collect({ address: `db:${port}`, family: 'ipv6' })).result).toMatchObject({
      status: 'error',
      code: 'ENODATA',
    });
  });
});

describe('declaration', () => {
  test.each<[Partial<Params>, readonly string[]]>([
    [{ address: 'db:80' }, []],
    [{ address: ':80', timeout: '0', retryDelay: '0s' }, []],
    [{ address: '[::1]:80', family: 'ipv6' }, []],
    [{ address: 'db' }, ['address: "db" lacks a port; write db:PORT']],
    [{ address: 'db:80', timeout: '-1s' }, ['timeout: "-1s" is negative; write a time such as 10s']],
    [{ address: 'db:80', retryDelay: '-1ms' }, ['retryDelay: "-1ms" is negative; write a time such as 10s']],
    [
      { address: 'db:80', timeout: '999999999h' },
      ['timeout: time: invalid duration "999999999h"; write a time such as 10s'],
    ],
    [
      { address: '[::1]:80', family: 'ipv4' },
      ['family: the address is IPv6, so family ipv4 can never be dialled; write ipv6 or any'],
    ],
    [
      { address: '127.0.0.1:80', family: 'ipv6', timeout: '-1s' },
      [
        'timeout: "-1s" is negative; write a time such as 10s',
        'family: the address is IPv4, so family ipv6 can never be dialled; write ipv4 or any',
      ],
    ],
  ])('mistakes of %j', (params, expected) => {
    const ready = prepare(params);
    expect(('mistakes' in ready ? ready.mistakes : []).map(({ path, message }) => `${path}: ${message}`)).toEqual(
      expected,
    );
  });

  test('the deadline is beyond every attempt and every pause', () => {
    const deadlineMs = (params: Partial<Params>) => tcpConnect.deadlineMs(prepared(params));
    expect(deadlineMs({})).toBe(13_500);
    expect(deadlineMs({ timeout: '2s', attempts: 3, retryDelay: '500ms' })).toBe(10_500);
    expect(deadlineMs({ timeout: '0' })).toBe(153_500);
  });

  test('claims keep it away from whoever wants the port alone', () => {
    const claims = (params: Partial<Params>) => tcpConnect.claims?.(prepared(params));
    expect(claims({})).toEqual([{ resource: 'port:80', alone: false }]);
    expect(claims({ sourcePort: 81 })).toEqual([
      { resource: 'port:80', alone: false },
      { resource: 'port:81', alone: true },
    ]);
    expect(claims({ sourcePort: 80 })).toEqual([{ resource: 'port:80', alone: true }]);
  });

  test('where its file stands, and how the bare word of the documentation is read', () => {
    expect(tcpConnect.output(tcpConnect.defaultName)).toBe('host-collectors/connect/connect.json');
    expect(tcpConnect.parse?.('connection-refused\n', JSON.parse)).toEqual({
      status: 'connection-refused',
      message: '',
    });
    expect(tcpConnect.parse?.('{"status":"error","message":"x"}', JSON.parse)).toEqual({
      status: 'error',
      message: 'x',
    });
  });
});
