import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { SpecRedactor } from '../contract/spec.ts';
import { createRedaction } from './redaction.ts';
import { createThread } from './redactor/thread.ts';
import { renderReport } from './report.ts';
import { OutOfTime } from './rule.ts';
import { rules } from './rules/rules.ts';
import { mask } from './span.ts';

const secret = 'tr0ub4dor&3';
const text = `password=${secret}\n`;

async function redacted(
  content: string | Uint8Array,
  path = 'a.txt',
  options: Parameters<typeof createRedaction>[0] = {},
) {
  const entry = await createRedaction(options).redact({ path, content });
  return { ...entry, text: Buffer.from(entry.bytes).toString('latin1') };
}

describe('S9: what cannot be redacted is withheld, and says why', () => {
  test.each(rules.map((rule) => [rule.id, rule] as const))('rule %s throws, or runs out of time', async (_id, rule) => {
    for (const [error, reason] of [
      [new Error(secret), 'redaction failed'],
      [new OutOfTime(), 'redaction ran out of time'],
    ] as const) {
      const broken = rules.map((other) =>
        other === rule
          ? {
              ...other,
              find: () => {
                throw error;
              },
            }
          : other,
      );
      const entry = await redacted(`${text}${rule.anchors.join('\n')}\n${'x'.repeat(rule.run ?? 0)}`, 'a.txt', {
        rules: broken,
      });
      expect(entry.withheld).toBe(reason);
      expect(entry.text).not.toContain(secret);
    }
  });

  test.each<[string, Uint8Array, string]>([
    ['a binary', Buffer.from(`\u0001\u0002\0\0${text}`), 'it is binary'],
    [
      'UTF-16 that is cut',
      Buffer.concat([Buffer.from('\ufeff', 'utf16le'), Buffer.from(text, 'utf16le'), Buffer.from([1])]),
      'it is broken UTF-16',
    ],
    [
      'an archive',
      Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from(text)]),
      'it is an archive (gzip) that is damaged',
    ],
    [
      'a secret without an end',
      Buffer.from(`{"secrets":{${`"a":"${secret}",`.repeat(20_000)}`),
      'a secret in it has no end',
    ],
  ])('%s', async (_name, bytes, reason) => {
    const entry = await redacted(bytes);
    expect(entry.withheld).toBe(reason);
    expect(entry.text).not.toContain(secret);
  });

  test('in the place of JSON stands JSON', async () => {
    expect(JSON.parse((await redacted(Buffer.from([0, 1, 2, 3]), 'a.json')).text)).toEqual({
      withheld: 'it is binary',
    });
  });
});

describe('encodings', () => {
  test.each<[string, Uint8Array]>([
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['Latin-1', Buffer.from(`Größe\n${text}`, 'latin1')],
    ['CRLF', Buffer.from(text.replace('\n', '\r\n'))],
    ['CR alone', Buffer.from(`a\r${text.trim()}\rb`)],
    ['NUL between parts', Buffer.from(`A=b\0${text.trim()}\0C=d\0`)],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 without', Buffer.from(`some text\n${text}`, 'utf16le')],
    ['UTF-16, the other way round', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ])('%s is masked and stays what it is', async (_name, bytes) => {
    const { bytes: after, withheld } = await redacted(bytes);
    expect(withheld).toBeUndefined();
    const wide = Buffer.from(after).includes(0) && !Buffer.from(bytes).includes('A=b\0');
    const shown = Buffer.from(after)
      .toString('latin1')
      .replaceAll(wide ? '\0' : '\n\n', '');
    expect(shown).toContain(mask);
    expect(shown).not.toContain('tr0ub');
  });

  test('what holds no secret is the very same bytes', async () => {
    const bytes = Buffer.from('nothing here\n');
    expect((await redacted(bytes)).bytes).toBe(bytes);
  });
});

describe('a secret that was found', () => {
  test('is masked in files before and behind, in every form, and in names', async () => {
    const redaction = createRedaction();
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
      Buffer.from(`a:${secret}`).toString('base64'),
    ];
    const first = await redaction.redact({ path: 'first.log', content: `it printed ${forms.join(' ')} bare` });
    const found = await redaction.redact({ path: 'found.env', content: text });
    const [swept] = redaction.sweep([first, found]);
    for (const form of forms) expect(Buffer.from(swept?.bytes ?? []).toString()).not.toContain(form.slice(4, 15));
    expect(redaction.text(`argument ${secret}`)).toBe(`argument ${mask}`);
    expect(redaction.path(`logs/${secret}.txt`)).toBe('logs/___HIDDEN___.txt');
    expect(redaction.path(`logs/${secret}.txt`)).toBe('logs/___HIDDEN___.txt');
    expect(redaction.path('logs/plain.txt')).toBe('logs/plain.txt');
  });

  test('is told by rule, line and a digest, never by itself', async () => {
    const redaction = createRedaction();
    const entries = [
      await redaction.redact({ path: 'a', content: `x\n${text}` }),
      await redaction.redact({ path: 'b', content: `see ${secret}` }),
      await redaction.redact({ path: 'c', content: Buffer.from([0, 1]) }),
    ];
    const report = renderReport(entries);
    expect(report).not.toContain(secret);
    const { files, ...counts } = JSON.parse(report);
    expect(counts).toEqual({ schemaVersion: 'hostbundle.redaction/v1', masked: 2, withheld: 1 });
    expect(files[0]).toMatchObject({ path: 'a', rules: [{ rule: 'secret-key', count: 1, lines: [2] }] });
    expect(files[1].rules[0].digests).toEqual(files[0].rules[0].digests);
    expect(files[2]).toEqual({ path: 'c', withheld: 'it is binary', rules: [] });
  });

  test('a common word, a number, a path are not looked for elsewhere', async () => {
    const redaction = createRedaction();
    await redaction.redact({ path: 'a', content: 'password=localhost\ntoken=12345678\nsecret=/etc/hosts\n' });
    expect(redaction.text('localhost 12345678 /etc/hosts')).toBe('localhost 12345678 /etc/hosts');
  });
});

describe('redactors of a spec', () => {
  const script = resolve('dist/redactor.cjs');
  const own = (regex: string, files: readonly string[] = []): SpecRedactor => ({
    name: 'mine',
    files,
    values: [],
    regex: [{ redactor: regex }],
    yamlPath: [],
  });
  const threads: ReturnType<typeof createThread>[] = [];
  const threadOf = (redactors: readonly SpecRedactor[], timeoutMs = 60_000) => {
    const thread = createThread({ redactors, script, timeoutMs });
    threads.push(thread);
    return thread;
  };
  afterAll(() => {
    for (const thread of threads) thread.close();
  });

  test('only add to what is masked anyway', async () => {
    const thread = threadOf([own('(case )(?P<mask>\\d+)', ['*.txt'])]);
    const entry = await redacted(`${text}case 1234`, 'a.txt', { thread });
    expect(entry.text).toBe(`password=${mask}\ncase ${mask}`);
    expect(entry.masked?.map(({ rule }) => rule)).toEqual(['mine.regex.0', 'secret-key']);
    expect((await redacted('case 1234', 'a/b.txt', { thread })).text).toBe('case 1234');
  });

  test('X4: out of time, the file is withheld, and the next one is not', async () => {
    const thread = threadOf([own('a[^b]*b|a', ['slow.txt']), own('(x)(?P<mask>y)')], 3000);
    const slow = await redacted('a'.repeat(200_000), 'slow.txt', { thread });
    expect(slow.withheld).toBe('a redactor of the spec ran out of time');
    expect((await redacted('xy', 'a.txt', { thread })).text).toBe(`x${mask}`);
  }, 60_000);
});
