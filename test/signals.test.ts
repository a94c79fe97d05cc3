import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, fullPort, listen, quickest, temporaryFolder } from '../src/net/lab.fixture.ts';
import { type Ended, opened, type Running, specFile, startHostbundle, tcpConnect, until } from './lab.ts';

afterAll(cleanUp);

let silent: number;

beforeAll(async () => {
  silent = await fullPort();
});

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

describe.each(Object.entries(codes) as [keyof typeof codes, number][])('C5: %s', (signal, code) => {
  test(`while a target keeps silent: a bundle that says so, at once, exit ${code}`, async () => {
    const tookMs = await quickest(1500, async () => {
      const { running, folder, file } = await waiting();
      const children = await childrenOf(running.child.pid);
      expect(children).not.toEqual([]);
      const ended = await stoppedBy(running, [signal]);
      expect(ended).toMatchObject({ code, signal: null });

      const { integrity, manifest } = await opened(file);
      expect(integrity).toMatchObject({ state: 'sound', differences: [] });
      expect(manifest).toMatchObject({ complete: false, incompleteReason: `stopped by ${signal}` });
      expect(manifest?.collections.map(({ name, state, reason }) => ({ name, state, reason }))).toEqual([
        { name: 'answers', state: 'collected', reason: null },
        { name: 'waits', state: 'failed', reason: `stopped by ${signal}` },
      ]);
      expect(ended.stdout.toString()).toContain(`stopped by ${signal}`);
      expect(await readdir(folder)).toEqual(['b.tar.gz']);
      await until(() => areGone(children), 1000);
      return ended.stoppedMs;
    });
    expect(tookMs).toBeLessThan(1500);
  }, 20_000);
});

describe('C5: the second signal', () => {
  test.each([['SIGINT', 'SIGINT'] as const, ['SIGTERM', 'SIGTERM'] as const, ['SIGINT', 'SIGTERM'] as const])(
    '%s, then %s: gone at once, nothing under the final name, no child left',
    async (...signals) => {
      const tookMs = await quickest(500, async () => {
        const { running, folder } = await waiting();
        const children = await childrenOf(running.child.pid);
        const { stoppedMs, signal } = await stoppedBy(running, signals);
        expect(signal).toBe(signals[1]);
        expect((await readdir(folder)).filter((name) => !name.startsWith('.'))).toEqual([]);
        await until(() => areGone(children), 1000);
        return stoppedMs;
      });
      expect(tookMs).toBeLessThan(500);
    },
    20_000,
  );
});

test('C2: killed outright, it leaves no resolver child behind', async () => {
  const { running } = await waiting();
  const children = await childrenOf(running.child.pid);
  expect(children).not.toEqual([]);
  await stoppedBy(running, ['SIGKILL']);
  await until(() => areGone(children), 2000);
}, 20_000);

/** A `collect` that has one answer, waits for another, and has asked its resolver child for a name. */
async function waiting(): Promise<{ running: Running; folder: string; file: string }> {
  const { port, server } = await listen();
  const spec = await specFile([
    tcpConnect('answers', `localhost:${port}`, { timeout: '60s' }),
    tcpConnect('waits', `127.0.0.1:${silent}`, { timeout: '60s' }),
  ]);
  const folder = await temporaryFolder();
  const file = join(folder, 'b.tar.gz');
  const running = startHostbundle(['collect', spec, '-o', file]);
  await once(server, 'connection');
  // From our end of the connection to theirs being noted as a result.
  await pause(100);
  return { running, folder, file };
}

async function stoppedBy(
  { child, ended }: Running,
  signals: readonly NodeJS.Signals[],
): Promise<Ended & { stoppedMs: number }> {
  const startMs = performance.now();
  for (const [number, signal] of signals.entries()) {
    // The kernel merges two of one kind that are pending at the same time.
    if (number > 0) await pause(20);
    child.kill(signal);
  }
  const result = await ended;
  return { ...result, stoppedMs: performance.now() - startMs };
}

async function childrenOf(pid: number | undefined): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

/** A zombie is gone as well: whoever is its parent now has only not looked yet. */
async function areGone(pids: readonly number[]): Promise<boolean> {
  const states = pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z'));
  return (await Promise.all(states)).every((state) => /\) [ZX]/.test(state));
}
