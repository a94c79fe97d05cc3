import { afterAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../contract/collector.ts';
import { cleanUp, closedPort, listen, misfits } from './lab.fixture.ts';
import { labHost } from './lab-host.fixture.ts';
import { findHolders, holderSchema, parseSockets } from './port-holders.ts';

afterAll(cleanUp);

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: string) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

const is8080 = (port: number) => port === 8080;

describe('parseSockets', () => {
  test.each([
    ['0100007F:1F90', '0A', '127.0.0.1:8080', true],
    ['0200A8C0:1F90', '01', '192.168.0.2:8080', false],
    ['00000000000000000000000000000000:1F90', '0A', '[::]:8080', true],
    ['00000000000000000000000001000000:1F90', '0A', '[::1]:8080', true],
    ['000080FE00000000FF00FC020100FEFF:1F90', '07', '[fe80::2fc:ff:fffe:1]:8080', true],
    ['0000000000000000FFFF00000100007F:1F90', '0A', '[::ffff:127.0.0.1]:8080', true],
  ])('%s in state %s', (local, state, address, listening) => {
    expect(parseSockets(head + row(local, state, '42'), is8080)).toMatchObject([
      { address, port: 8080, listening, inode: '42' },
    ]);
  });

  test('leaves out other ports, sockets without a process, and what is no row', () => {
    const table = `${head + row('0100007F:1F91', '0A', '1') + row('0100007F:1F90', '06', '0')}garbage\n 1: zz:1F90\n`;
    expect(parseSockets(table, is8080)).toEqual([]);
    expect(parseSockets('', is8080)).toEqual([]);
  });
});

describe('findHolders', () => {
  test('finds this very process by its listener', async () => {
    const { port } = await listen();
    const { holders, reason } = await findHolders('tcp', port, labHost());
    expect(reason).toBeNull();
    expect(holders).toMatchObject([{ pid: process.pid, address: `127.0.0.1:${port}`, state: 'listening' }]);
    expect(holders.flatMap((holder) => misfits(holderSchema, holder))).toEqual([]);
  });

  test('says so when nobody has the port', async () => {
    const port = await closedPort();
    expect(await findHolders('tcp', port, labHost())).toEqual({
      holders: [],
      reason: `no socket with port ${port} is listed: it belongs to a program that has not begun to listen, or is gone`,
    });
  });

  const denied = () => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
  const pretended = (files: Partial<Host>): Host => ({
    ...labHost(),
    readText: (path) => Promise.resolve(path === '/proc/net/tcp' ? head + row('00000000:0050', '01', '7') : head),
    list: (path) => Promise.resolve(path === '/proc' ? ['1', '22', 'net'] : ['0', '1']),
    readLink: () => Promise.resolve('pipe:[7]'),
    ...files,
  });

  test('tells what could not be seen', async () => {
    const list = (path: string) => (path === '/proc' ? Promise.resolve(['1', '22', 'net']) : denied());
    expect((await findHolders('tcp', 80, pretended({ list }))).reason).toBe(
      'the open files of 2 processes cannot be seen; root sees them',
    );
    expect((await findHolders('tcp', 80, pretended({}))).reason).toBe(
      'no process that can be seen from here has it: one of another container, or the kernel itself',
    );
    expect((await findHolders('tcp', 80, pretended({ readText: denied }))).reason).toBe('/proc/net/tcp cannot be read');
  });

  test('a connection that happens to use the port is a holder where no listener is', async () => {
    const readLink = () => Promise.resolve('socket:[7]');
    expect((await findHolders('tcp', 80, pretended({ readLink }))).holders).toMatchObject([
      { pid: 1, address: '0.0.0.0:80', state: 'connected' },
      { pid: 22, address: '0.0.0.0:80', state: 'connected' },
    ]);
  });
});
