import type { Claim } from '../contract/collector.ts';

interface Waiting {
  readonly alone: boolean;
  readonly start: () => void;
}

interface Resource {
  users: number;
  takenAlone: boolean;
  readonly waiting: Waiting[];
}

/** Gives back what is held. */
export type Release = () => void;

/** What is free is held at once, without a turn of the event loop; else a promise. First come, first served. */
export type Held = Release | Promise<Release>;

export interface Locks {
  /** Held when all claims are. */
  acquire(claims: readonly Claim[]): Held;
}

/** Shared and exclusive use of named resources. Claims are taken in the order of their names, so that none can deadlock. */
export function createLocks(): Locks {
  const resources = new Map<string, Resource>();

  function admit(name: string, resource: Resource): void {
    for (;;) {
      const [next] = resource.waiting;
      if (next === undefined) {
        if (resource.users === 0) resources.delete(name);
        return;
      }
      if (!isFree(resource, next.alone)) return;
      resource.waiting.shift();
      resource.users++;
      resource.takenAlone = next.alone;
      next.start();
    }
  }

  function take({ resource: name, alone }: Claim): Held {
    const resource = resources.get(name) ?? { users: 0, takenAlone: false, waiting: [] };
    resources.set(name, resource);
    const release = () => {
      resource.users--;
      resource.takenAlone = false;
      admit(name, resource);
    };
    if (resource.waiting.length === 0 && isFree(resource, alone)) {
      resource.users++;
      resource.takenAlone = alone;
      return release;
    }
    return new Promise((resolve) => {
      resource.waiting.push({ alone, start: () => resolve(release) });
    });
  }

  async function takeAll(claims: readonly Claim[]): Promise<Release> {
    const releases: Release[] = [];
    for (const claim of [...claims].sort((a, b) => (a.resource < b.resource ? -1 : 1)))
      releases.push(await take(claim));
    return () => {
      for (const release of releases) release();
    };
  }

  return {
    acquire(claims) {
      const [only] = claims;
      if (only === undefined) return () => {};
      return claims.length === 1 ? take(only) : takeAll(claims);
    },
  };
}

function isFree({ users, takenAlone }: Resource, alone: boolean): boolean {
  return !takenAlone && (!alone || users === 0);
}

/** At most `size` at a time, first come, first served. */
export function createSlots(size: number): { acquire(): Held } {
  let free = size;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    acquire() {
      if (free > 0) {
        free--;
        return release;
      }
      return new Promise((resolve) => waiting.push(() => resolve(release)));
    },
  };
}
