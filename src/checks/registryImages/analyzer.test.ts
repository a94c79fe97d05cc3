import { describe, expect, test } from '@jest/globals';
import { registryImagesAnalyzer } from './analyzer.ts';

type Images = Readonly<Record<string, { exists: boolean; error?: string }>>;
const found = { exists: true };
const missing = { exists: false };
const broken = { exists: false, error: 'connection refused' };

async function judged(images: Images) {
  const refined = await registryImagesAnalyzer.refine?.({ images } as never, {}, {} as never);
  if (refined === undefined || !('judged' in refined)) throw new Error('nothing to judge');
  return refined.judged;
}

describe('as the Go tool judges', () => {
  test.each<[Images, string, boolean]>([
    [{ a: found, b: found }, 'missing == 0', true],
    [{ a: found, b: missing }, 'missing > 0', true],
    [{ a: found, b: found }, 'verified == 2', true],
    [{ a: broken }, 'errors > 0', true],
    [{ a: found }, 'missing == 0', true],
    [{ a: found, b: missing, c: broken }, 'missing == 1', true],
    [{ a: found, b: missing, c: broken }, ' errors <= 1 ', true],
    [{ a: found, b: missing, c: broken }, 'verified = 1', true],
    [{ a: found, b: missing, c: broken }, 'verified === 2', false],
    [{}, 'missing < 1', true],
    [{ a: { exists: true, error: 'and yet' } }, 'errors >= 1', true],
  ])('%j: %s is %s', async (images, when, expected) => {
    expect(registryImagesAnalyzer.condition(when, {})(await judged(images))).toBe(expected);
  });

  test.each([
    ['Missing: {{ .Missing | join ", " }}', 'Missing: v1'],
    [
      '{{ range $i, $r := .UnverifiedReasons }}{{ $i }}: {{ $r }}; {{ end }}',
      'v1: image not found in registry; v3: connection refused; ',
    ],
    ['{{ len .Verified }} of {{ .Verified }}', '1 of [v2]'],
    ['plain', 'plain'],
  ])('the message %s', async (written, shown) => {
    expect(registryImagesAnalyzer.message?.(written, await judged({ v3: broken, v2: found, v1: missing }))).toBe(shown);
  });

  test('a message that is no template is thrown, and so shown as written', async () => {
    const images = await judged({});
    expect(() => registryImagesAnalyzer.message?.('{{ .Nothing }}', images)).toThrow();
    expect(() => registryImagesAnalyzer.message?.('{{ broken', images)).toThrow();
  });
});

test.each([
  ['missing', 'write one like `missing > 0`'],
  ['missing  > 0', 'single blanks'],
  ['missing>0', 'write one like'],
  ['lost > 0', '"lost" cannot be counted'],
  ['mising > 0', 'did you mean missing?'],
  ['missing != 0', '"!=" is no operator here'],
  ['missing > none', '"none" is no whole number'],
  ['missing > 0 && errors > 0', 'write one like'],
])('the condition %j is told what to write', (when, message) => {
  expect(() => registryImagesAnalyzer.condition(when, {})).toThrow(message);
});
