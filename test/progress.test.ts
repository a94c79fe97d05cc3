import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cleanUp, fullPort, listen, testWith } from '../src/net/lab.fixture.ts';
import { hostbundle, onTerminal, specFile, tcpConnect } from './lab.ts';

afterAll(cleanUp);

let words: readonly string[];

beforeAll(async () => {
  const { port } = await listen();
  const silent = `127.0.0.1:${await fullPort()}`;
  const spec = await specFile(
    [
      tcpConnect('answers', `127.0.0.1:${port}`),
      tcpConnect('the silent one', silent, { timeout: '1s' }),
      tcpConnect('the slow one', silent, { timeout: '500ms' }),
    ],
    [{ tcpConnect: { collectorName: 'answers', outcomes: [{ pass: { when: 'connected', message: 'up' } }] } }],
  );
  words = ['preflight', spec, '--format', 'json'];
});

const clear = '\r\u001b[2K';

describe('on a terminal', () => {
  testWith('script', 'one line moves: done of total, elapsed, what is waited for; at the end it is gone', async () => {
    const { code, shown, out } = await onTerminal(words, { stdoutToFile: true });
    expect(code).toBe(0);
    const frames = shown.split(clear).filter((frame) => frame !== '');
    for (const frame of frames) expect(frame).toMatch(/^collecting \d\/3 · \d+\.\ds( · .+)?$/);
    expect(new Set(frames).size).toBeGreaterThan(4);
    expect(frames.some((frame) => /^collecting 1\/3 · 0\.\ds · the silent one and 1 more$/.test(frame))).toBe(true);
    expect(frames.some((frame) => /^collecting 2\/3 · 0\.\ds · the silent one$/.test(frame))).toBe(true);
    expect(shown.endsWith(clear)).toBe(true);
    expectResult(out);
  });

  testWith('script', 'a line never grows beyond the width, which would leave its rest behind', async () => {
    const name = 'long name '.repeat(20);
    const spec = await specFile([tcpConnect(name, `127.0.0.1:${await fullPort()}`, { timeout: '300ms' })]);
    const { shown } = await onTerminal(['preflight', spec, '--format', 'json'], { stdoutToFile: true });
    const frames = shown.split(clear).filter((frame) => frame.startsWith('collecting'));
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame.split('\r\n')[0]?.length).toBeLessThan(80);
  });

  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    testWith('script', `with ${JSON.stringify(env)} plain lines, and no escape`, async () => {
      const { shown, out } = await onTerminal(words, { env: { ...process.env, ...env }, stdoutToFile: true });
      expect(shown).toMatch(/^(collecting: \d\/3 done after \d+\.\ds\r\n)+$/);
      expectResult(out);
    });
  }

  testWith('script', 'nothing with -q', async () => {
    const { shown, out } = await onTerminal([...words, '-q'], { stdoutToFile: true });
    expect(shown).toBe('');
    expectResult(out);
  });
});

describe('without a terminal', () => {
  test('plain lines on stderr, nothing but the result on stdout', async () => {
    const { code, stdout, stderr } = await hostbundle(words);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^(collecting: \d\/3 done after \d+\.\ds\n)+$/);
    expect(stderr).toMatch(/collecting: 3\/3 done after 1\.\ds\n$/);
    expectResult(stdout.toString());
  });

  test('nothing with -q', async () => {
    const { stdout, stderr } = await hostbundle([...words, '-q']);
    expect(stderr).toBe('');
    expectResult(stdout.toString());
  });

  test('what fails or runs out of time has its line', async () => {
    const { stderr } = await hostbundle([...words, '--timeout', '200ms']);
    expect(stderr).toContain('collecting: the silent one: timed out\n');
  });
});

/** One JSON document and nothing beside it. */
function expectResult(text: string): void {
  expect(JSON.parse(text)).toMatchObject({ schemaVersion: 'hostbundle.analyze/v1' });
}
