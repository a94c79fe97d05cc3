import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { afterAll, describe, expect, test } from '@jest/globals';
import { cleanUp, collectorScript, createNamespace, misfits, runJson, testAsRoot } from '../../net/lab.fixture.ts';
import { labHost } from '../../net/lab-host.fixture.ts';
import { ipv4Interfaces } from './collector.ts';
import { flagsOf, hardwareOf } from './link.ts';
import { parseLinks } from './links.ts';

afterAll(cleanUp);

interface Found {
  readonly result: readonly { readonly Name: string; readonly Flags: number }[] | null;
  readonly evidence: { readonly interfaces: readonly { readonly Name: string; readonly leftOut: string | null }[] };
}

async function inNamespace(...lines: readonly string[]): Promise<Found> {
  const namespace = await createNamespace();
  await namespace.ip(...lines);
  const found = await namespace.json(process.execPath, await collectorScript('ipv4Interfaces'), '{}');
  expect(misfits(ipv4Interfaces.result, (found as Found).result ?? [])).toEqual([]);
  return found as Found;
}

const leftOut = ({ evidence }: Found) =>
  Object.fromEntries(evidence.interfaces.map(({ Name, leftOut: why }) => [Name, why]));

testAsRoot('what counts is up, not loopback, and has an IPv4 address, with a carrier or without', async () => {
  const found = await inNamespace(
    'link add one type veth peer name one-end',
    'link set one address 02:fc:00:00:00:01 mtu 1400 up',
    'link set one-end up',
    'addr add 10.8.0.1/24 dev one',
    'addr add 10.8.0.2/24 dev one',
    'addr add fd00::1/64 dev one',
    'link add idle0 type veth peer name idle0-end',
    'addr add 172.17.0.1/16 dev idle0',
    'link set idle0 up',
    'link add down0 type veth peer name down0-end',
    'addr add 10.9.0.1/24 dev down0',
    'link add six0 type veth peer name six0-end',
    'addr add fd01::1/64 dev six0',
    'link set six0 up',
    'link set six0-end up',
    'link add point0 type veth peer name point0-end',
    'addr add 10.7.0.1 peer 10.7.0.2/32 dev point0',
    'link set point0 up',
    'link set point0-end up',
  );
  expect(found.result).toMatchObject([
    { Name: 'one', MTU: 1400, HardwareAddr: 'AvwAAAAB', Flags: 51 },
    { Name: 'idle0', Flags: 19, addresses: ['172.17.0.1'] },
    { Name: 'point0', addresses: ['10.7.0.1/32', expect.stringMatching(/^fe80::/)] },
  ]);
  expect(found.result?.[0]).toMatchObject({
    addresses: expect.arrayContaining(['10.8.0.1/24', '10.8.0.2/24', 'fd00::1/64']),
  });
  expect(leftOut(found)).toMatchObject({
    lo: 'loopback',
    one: null,
    'one-end': 'no IPv4 address',
    down0: 'not up',
    six0: 'no IPv4 address',
  });
});

testAsRoot('none at all is null', async () => {
  expect((await inNamespace()).result).toBeNull();
});

/** As `nsenter --net` leaves it: /sys is that of the machine. */
testAsRoot('a namespace with the /sys of another one is told by the kernel, not by /sys', async () => {
  const [eth] = Object.keys(networkInterfaces()).filter((name) => name !== 'lo');
  const script = await collectorScript('ipv4Interfaces');
  const make = (name: string) =>
    `ip link set lo up; ip link add ${name} type veth peer name end0; ip link set ${name} address 02:fc:00:00:00:07 mtu 1300 up; ip link set end0 up; ip addr add 10.8.0.1/24 dev ${name}`;
  for (const name of ['hb-only-here', eth ?? 'hb-other']) {
    const run = ['--net', 'sh', '-c', `${make(name)}; exec "$@"`, 'sh', process.execPath, script, '{}'];
    const { result } = (await runJson('unshare', ...run)) as Found;
    expect(result).toMatchObject([{ Name: name, MTU: 1300, HardwareAddr: 'AvwAAAAH', Flags: 51 }]);
  }
});

test('what ip tells is what /sys tells', async () => {
  const { evidence } = (await runJson(process.execPath, await collectorScript('ipv4Interfaces'), '{}')) as Found;
  const links = parseLinks(execFileSync('ip', ['-json', 'link', 'show'], { encoding: 'utf8' }));
  for (const { Name, ...rest } of evidence.interfaces) expect(rest).toMatchObject({ ...links?.get(Name) });
});

test('where neither tells, it says what to do', async () => {
  const readText = (path: string) =>
    path.startsWith('/sys') ? Promise.reject(new Error('none')) : labHost().readText(path);
  const run = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
  await expect(ipv4Interfaces.collect({}, { ...labHost(), readText, run })).rejects.toThrow(
    'does not show the interfaces of this network namespace, and ip -json link show cannot be run: install iproute2',
  );
  for (const text of ['', 'Usage: ip', '{}']) expect(parseLinks(text)).toBeUndefined();
});

test('a host that tells nothing of its interfaces is an error, not a host without any', async () => {
  const readText = () => Promise.reject(Object.assign(new Error('ENOENT'), { code: 'ENOENT' }));
  await expect(ipv4Interfaces.collect({}, { ...labHost(), readText })).rejects.toThrow('ENOENT');
});

describe('as Go names it', () => {
  test.each([
    ['0x1003', 'up', 51],
    ['0x1003', 'down', 19],
    ['0x1003', 'unknown', 51],
    ['0x1002', 'down', 18],
    ['0x9', 'unknown', 37],
    ['0x1091', 'unknown', 57],
    ['', '', 0],
    ['nonsense', 'up', 0],
  ])('flags %s, %s are %i', (hex, operstate, flags) => {
    expect(flagsOf(hex, operstate)).toBe(flags);
  });

  test.each([
    ['02:fc:00:00:00:01', 1, 'AvwAAAAB'],
    ['00:00:00:00:00:00', 772, null],
    ['', 65534, null],
    ['0a:00:00:01', 768, null],
    ['0a:00:00:01', 1, 'CgAAAQ=='],
    ['no address', 1, null],
  ])('hardware address %s of type %i is %j', (address, type, text) => {
    expect(hardwareOf(address, type)).toBe(text);
  });
});
