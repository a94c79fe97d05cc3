import * as all from '../checks/checks.ts';
import type { Analyzer } from '../contract/analyzer.ts';
import type { Collector } from '../contract/collector.ts';
import type { SpecFormat } from '../contract/format.ts';
import type { Checks } from '../contract/spec.ts';

/** Either half of a check may be absent. */
interface Check {
  readonly collector?: Collector;
  readonly analyzer?: Analyzer;
  readonly format?: SpecFormat;
}

const list: readonly Check[] = Object.values(all);

export const checks: Checks = {
  collectors: list.flatMap(({ collector }) => collector ?? []),
  analyzers: list.flatMap(({ analyzer }) => analyzer ?? []),
  formats: list.flatMap(({ format }) => format ?? []),
};
