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

export interface Locks {
  /** Resolves when all claims are held; gives what releases them. First come, first served for each resource. */
  acquire(claims: readonly Claim[]): Promise<() => void>;
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
      if (resource.takenAlone || (next.alone && resource.users > 0)) return;
      resource.waiting.shift();
      resource.users++;
      resource.takenAlone = next.alone;
      next.start();
    }
  }

  async function take({ resource: name, alone }: Claim): Promise<() => void> {
    const resource = resources.get(name) ?? { users: 0, takenAlone: false, waiting: [] };
    resources.set(name, resource);
    await new Promise<void>((start) => {
      resource.waiting.push({ alone, start });
      admit(name, resource);
    });
    return () => {
      resource.users--;
      resource.takenAlone = false;
      admit(name, resource);
    };
  }

  return {
    async acquire(claims) {
      const releases: (() => void)[] = [];
      for (const claim of [...claims].sort((a, b) => (a.resource < b.resource ? -1 : 1)))
        releases.push(await take(claim));
      return () => {
        for (const release of releases) release();
      };
    },
  };
}

/** At most `size` at a time, first come, first served. */
export function createSlots(size: number): { acquire(): Promise<() => void> } {
  let free = size;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async acquire() {
      if (free > 0) free--;
      else await new Promise<void>((start) => waiting.push(start));
      return release;
    },
  };
}
