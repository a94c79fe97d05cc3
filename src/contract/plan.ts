import type { Collector } from './collector.ts';
import type { SpecCollector } from './spec.ts';

/** A collector that will run, and where its result goes. */
export interface PlannedRun {
  readonly item: SpecCollector;
  readonly collector: Collector;
  /** As progress and errors call it. */
  readonly title: string;
  readonly path: string;
}

/** A collector that will not run, and why. */
export interface PlannedSkip {
  readonly item: SpecCollector;
  readonly skip: string;
}

export type Planned = PlannedRun | PlannedSkip;
