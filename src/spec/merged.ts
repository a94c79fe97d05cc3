import { dump } from 'js-yaml';
import type { Spec } from '../contract/spec.ts';

/**
 * The spec that was run as one document: templates rendered, all files merged. As SupportBundle, whatever its parts were,
 * because that is the kind that every reader of a bundle takes, the Go tool's `analyze` included. `mask` goes over each item.
 */
export function mergedSpec(spec: Spec, mask: (raw: unknown) => unknown): string {
  const document = {
    apiVersion: 'troubleshoot.sh/v1beta2',
    kind: 'SupportBundle',
    metadata: { name: spec.name },
    spec: {
      hostCollectors: spec.collectors.map(({ raw }) => mask(raw)),
      hostAnalyzers: spec.analyzers.map(({ raw }) => mask(raw)),
    },
  };
  return dump(document, { noRefs: true, lineWidth: -1 });
}
