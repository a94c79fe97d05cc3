import type { IdentityLevel } from '../../contract/manifest.ts';
import { createScrub } from '../scrub.ts';
import type { Finder } from '../span.ts';
import { findAddresses } from './find-addresses.ts';
import { findNames } from './find-names.ts';
import { createLearned } from './learned.ts';
import { createLearner, learnData } from './learner.ts';
import { createStandIns, type StandIn } from './stand-ins.ts';

/** Whose identities are masked: those that the whole world knows, or all. */
export type MaskLevel = Exclude<IdentityLevel, 'off'>;

export interface MaskingOptions {
  readonly level: MaskLevel;
  /** 32 bytes; the same key gives the same stand-ins. */
  readonly key: Uint8Array;
  /** Words of specs and results, in lower case, which name nobody. */
  readonly vocabulary: ReadonlySet<string>;
  /** Whether what stood there is remembered, for a map. */
  readonly remembers: boolean;
}

/** Who this host and its people are, as far as it says so itself. */
export interface OwnIdentities {
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  readonly machines: readonly string[];
}

/** Puts stand-ins in the place of addresses and names, the same for the same one wherever it stands. */
export interface Masking {
  readonly level: MaskLevel;
  /** Whom to look for besides, known before anything was read. */
  know(own: OwnIdentities): void;
  /** Whom a spec names, by its keys. */
  learn(data: unknown): void;
  /** Finds nothing, and notes whom a text names: goes over all before `finder` goes over any. */
  readonly learner: Finder;
  readonly finder: Finder;
  text(text: string): string;
  /** A path in the bundle; no two become one. */
  path(path: string): string;
  /** Data with all its texts masked, but for its keys. */
  data<T>(data: T): T;
  /** What was put in whose place; empty unless it remembers. */
  standIns(): readonly StandIn[];
  /** Whether a name was left where it stands bare, because it is a common word. */
  readonly hasCommon: boolean;
}

export function createMasking({ level, key, vocabulary, remembers }: MaskingOptions): Masking {
  const onlyPublic = level === 'public';
  const standIns = createStandIns(key, { onlyPublic, remembers });
  const learned = createLearned(vocabulary, standIns);
  const nothing: Finder = { find: () => [] };
  const paths = new Map<string, string>();
  const taken = new Set<string>();
  let hasCommon = false;

  const finder: Finder = {
    find(window, from, to) {
      const { text } = window;
      return [
        ...findAddresses(text, from, to, standIns),
        ...findNames(text, from, to, standIns, onlyPublic),
        ...(onlyPublic ? [] : learned.find(window, from, to)),
      ];
    },
  };

  function text(raw: string): string {
    const scrub = createScrub({ finders: [finder], onSpan: () => undefined });
    try {
      return Buffer.concat(scrub.whole(Buffer.from(raw))).toString();
    } catch {
      return '[withheld]';
    }
  }

  function data<T>(value: T): T;
  function data(value: unknown): unknown {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map((item) => data(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, data(inner)]));
  }

  return {
    level,
    know({ hosts, users, machines }) {
      if (onlyPublic) return;
      const isTaken = [...hosts.map(learned.host), ...users.map(learned.user), ...machines.map(learned.machine)];
      hasCommon ||= isTaken.includes(false);
    },
    learn: (value) => (onlyPublic ? undefined : learnData(value, learned)),
    learner: onlyPublic ? nothing : createLearner(learned),
    finder,
    text,
    path(raw) {
      const before = paths.get(raw);
      if (before !== undefined) return before;
      const wanted = text(raw);
      let path = wanted;
      for (let number = 2; taken.has(path); number++) path = `${wanted}-${number}`;
      taken.add(path);
      paths.set(raw, path);
      return path;
    },
    data,
    standIns: () => [...standIns.given.values()],
    get hasCommon() {
      return hasCommon;
    },
  };
}
