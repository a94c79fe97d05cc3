import { describe, expect, test } from '@jest/globals';
import { type Rule, ruleFinder } from '../rule.ts';
import { createScrub } from '../scrub.ts';
import { mask } from '../span.ts';
import { rules } from './rules.ts';

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (_id, rule) => {
  test.each(rule.hits.map((hit) => [hit]))('masks %s', (hit) => {
    const input = hit.replace(/[«»‹›]/g, '');
    const expected = hit.replace(/‹[^›]*›/g, `"${mask}"`).replace(/«[^»]*»/g, mask);
    const output = masked(input, [rule]);
    expect(output).toBe(expected);
    expect(masked(output, [rule])).toBe(output);
  });

  test.each(rule.misses.map((miss) => [miss]))('leaves %s', (miss) => {
    expect(masked(miss, [rule])).toBe(miss);
  });
});

test('ids are unique, anchors are in lower case', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { anchors } of rules) for (const anchor of anchors) expect(anchor).toBe(anchor.toLowerCase());
});

function masked(text: string, chosen: readonly Rule[]): string {
  const finder = ruleFinder(chosen, () => performance.now(), 5000);
  const scrub = createScrub({ finders: [finder], onSpan() {} });
  return Buffer.concat(scrub.whole(Buffer.from(text))).toString();
}
