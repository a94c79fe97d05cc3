import { numbered, resultPath } from '../contract/path.ts';
import type { Planned } from '../contract/plan.ts';
import type { Spec } from '../contract/spec.ts';

/**
 * One entry per collector of the spec, in its order. Of several that want one path (case aside), the last has it, as in
 * the Go tool, where it overwrites the others; here those are kept under numbered paths.
 */
export function planCollection(spec: Spec): readonly Planned[] {
  const taken = new Set<string>();
  const next = new Map<string, number>();
  const planned = spec.collectors.toReversed().map((item): Planned => {
    const { collector } = item;
    if (collector === undefined) return { item, skip: `this version has no collector "${item.type}"` };
    if (item.excluded) return { item, skip: 'excluded by the spec' };
    const wanted = resultPath(collector, item.name);
    let path = wanted;
    let number = next.get(wanted.toLowerCase()) ?? 1;
    while (taken.has(path.toLowerCase())) path = numbered(wanted, ++number);
    next.set(wanted.toLowerCase(), number);
    taken.add(path.toLowerCase());
    return { item, collector, title: item.name === '' ? collector.title : item.name, path };
  });
  return planned.toReversed();
}
