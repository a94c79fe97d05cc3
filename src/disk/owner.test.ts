import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bundle, cleanUp, runJson, testAsRoot } from '../net/lab.fixture.ts';
import { isGone, ownTag } from './owner.ts';

afterAll(cleanUp);

const now = () => Date.now();
const dayMs = 24 * 60 * 60 * 1000;
const tagOf = (where: string, pid: number, start: string) => `${where}-${pid}-${start}`;
const [where = '', , start = ''] = ownTag().split('-');

/** As proc_pid_stat(5) has it, of a process whose name holds no blank. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]).toString(36);
}

describe('S8: whose a leftover is', () => {
  test('ours is not gone', () => {
    expect(isGone(ownTag(), now())).toBe(false);
  });

  test('another process lives as long as it lives; a zombie has ended', async () => {
    // Its child ends at once, and it never asks after it.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = parent.pid as number;
    const tag = tagOf(where, pid, await startOf(pid));
    expect(isGone(tag, now())).toBe(false);
    expect(isGone(tagOf(where, pid, '1'), now())).toBe(true);

    const zombie = Number(line);
    let state = '';
    while (state !== 'Z') state = /\) (.)/.exec(await readFile(`/proc/${zombie}/stat`, 'utf8'))?.[1] ?? '';
    expect(isGone(tagOf(where, zombie, await startOf(zombie)), now())).toBe(true);

    parent.kill('SIGKILL');
    await once(parent, 'exit');
    expect(isGone(tag, now())).toBe(true);
  });

  test('of another boot, machine or container it is gone only after no run could still last', () => {
    const elsewhere = tagOf(where === '00000000' ? '00000001' : '00000000', process.pid, start);
    expect(isGone(elsewhere, now())).toBe(false);
    expect(isGone(elsewhere, now() - dayMs)).toBe(false);
    expect(isGone(elsewhere, now() - 2 * dayMs)).toBe(true);
  });

  test('where the start is not known, its number must do', () => {
    expect(isGone(tagOf(where, process.pid, '0'), now())).toBe(false);
    expect(isGone(tagOf(where, 2 ** 22 + 1, '0'), now())).toBe(true);
  });

  test.each(['', 'x', '0-0-0', `${ownTag()}x/`, `../${ownTag()}`, ownTag().toUpperCase().replace(/-.*/, '')])(
    'what is no tag is nobody’s to remove: %j',
    (tag) => {
      expect(isGone(tag, 0)).toBe(false);
    },
  );

  testAsRoot('a process id of another container means nothing here', async () => {
    const script = await bundle(`
      import { ownTag } from './disk/owner.ts';
      process.stdout.write(JSON.stringify(ownTag()));
    `);
    const tag = await runJson('unshare', '--pid', '--fork', '--mount-proc', process.execPath, script);
    expect(tag).toMatch(/^[0-9a-f]{8}-\d+-[0-9a-z]+$/);
    expect(String(tag).slice(0, 8)).not.toBe(where);
    expect(isGone(String(tag), now())).toBe(false);
  });
});
