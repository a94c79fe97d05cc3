import { equals, isRecord, type Maybe, matches, operandOf, type Packet, part, type Sets } from './firewall-match.ts';

/** A rule that a packet runs into. */
export interface Obstacle {
  /** Its chain, and what of it we can put in words. */
  readonly rule: string;
  readonly verdict: 'drop' | 'reject';
  /** False where it, or one before it, asks for something that we cannot tell. */
  readonly isCertain: boolean;
}

interface Chain {
  readonly label: string;
  readonly family: string;
  readonly table: string;
  readonly hook: string | undefined;
  readonly priority: number;
  readonly policy: string | undefined;
  readonly rules: (readonly unknown[])[];
}

const deepest = 16;
const mostRules = 20_000;
const mostObstacles = 4;

/** A ruleset of nftables, as `nft -j list ruleset` prints it (libnftables-json(5)); the rules of iptables-nft are in it too. */
export class Firewall {
  readonly #chains = new Map<string, Chain>();
  readonly #sets = new Map<string, Map<string, readonly unknown[]>>();

  /** What is no ruleset has no rules. */
  constructor(ruleset: unknown) {
    const items = isRecord(ruleset) && Array.isArray(ruleset['nftables']) ? (ruleset['nftables'] as unknown[]) : [];
    for (const item of items) {
      this.#addChain(part(item, 'chain'));
      this.#addSet(part(item, 'set'));
      const rule = part(item, 'rule');
      const expressions = rule?.['expr'];
      if (rule !== undefined && Array.isArray(expressions))
        this.#chains.get(keyOf(rule, 'chain'))?.rules.push(expressions);
    }
  }

  /** What drops or rejects a packet at these hooks; what it may run into, where that is all that can be said. */
  obstacles(packet: Packet, hooks: readonly string[]): readonly Obstacle[] {
    const found: Obstacle[] = [];
    for (const hook of hooks) {
      const chains = [...this.#chains.values()].filter((chain) => chain.hook === hook && isFor(chain, packet));
      for (const chain of chains.toSorted((one, other) => one.priority - other.priority)) {
        const walk = new Walk(packet, this.#chains, this.#sets.get(`${chain.family} ${chain.table}`) ?? new Map());
        walk.base(chain);
        found.push(...walk.found);
      }
    }
    const certain = found.filter(({ isCertain }) => isCertain);
    return (certain.length > 0 ? certain : found).slice(0, mostObstacles);
  }

  #addChain(chain: Readonly<Record<string, unknown>> | undefined): void {
    if (chain === undefined) return;
    const { family, table, name, hook, policy, prio } = chain;
    this.#chains.set(keyOf(chain, 'name'), {
      label: `${family} ${table} ${name}`,
      family: String(family),
      table: String(table),
      hook: typeof hook === 'string' ? hook : undefined,
      priority: Number(prio) || 0,
      policy: typeof policy === 'string' ? policy : undefined,
      rules: [],
    });
  }

  #addSet(set: Readonly<Record<string, unknown>> | undefined): void {
    if (set === undefined) return;
    const table = `${set['family']} ${set['table']}`;
    const elements = Array.isArray(set['elem']) ? (set['elem'] as unknown[]) : [];
    this.#sets.set(table, (this.#sets.get(table) ?? new Map()).set(String(set['name']), elements));
  }
}

/** One packet through one base chain. */
class Walk {
  readonly found: Obstacle[] = [];
  readonly #packet: Packet;
  readonly #chains: ReadonlyMap<string, Chain>;
  readonly #sets: Sets;
  /** No rule before might have ended the walk. */
  #isCertain = true;
  #rules = 0;

  constructor(packet: Packet, chains: ReadonlyMap<string, Chain>, sets: Sets) {
    this.#packet = packet;
    this.#chains = chains;
    this.#sets = sets;
  }

  base(chain: Chain): void {
    if (!this.#chain(chain, true, 0) && chain.policy === 'drop')
      this.#note(`${chain.label}: policy drop`, 'drop', true);
  }

  /** True when the packet came to its end there. */
  #chain(chain: Chain, isEntered: boolean, depth: number): boolean {
    if (depth > deepest) return this.#lose(chain);
    for (const expressions of chain.rules) {
      if (++this.#rules > mostRules) return this.#lose(chain);
      const holds = isEntered ? this.#holds(expressions) : and(this.#holds(expressions), undefined);
      if (holds === false) continue;
      for (const statement of expressions) {
        const after = this.#statement(
          statement,
          `${chain.label}: ${textOf(expressions)}`,
          chain,
          holds === true,
          depth,
        );
        if (after === 'ended') return true;
        if (after === 'returned') return false;
      }
    }
    return false;
  }

  #holds(expressions: readonly unknown[]): Maybe {
    let all: Maybe = true;
    for (const expression of expressions) {
      const match = part(expression, 'match');
      if (match !== undefined) all = and(all, matches(match, this.#packet, this.#sets));
      else if (isRecord(expression) && ('limit' in expression || 'xt' in expression)) all = and(all, undefined);
    }
    return all;
  }

  #statement(
    statement: unknown,
    rule: string,
    chain: Chain,
    holds: boolean,
    depth: number,
  ): 'ended' | 'returned' | 'on' {
    if (!isRecord(statement)) return 'on';
    if ('drop' in statement || 'reject' in statement) {
      this.#note(rule, 'drop' in statement ? 'drop' : 'reject', holds);
      return holds ? 'ended' : 'on';
    }
    if ('accept' in statement || 'queue' in statement) return this.#leave('ended', holds);
    if ('return' in statement) return this.#leave('returned', holds);
    const map = part(statement, 'vmap');
    if (map !== undefined) return this.#verdictMap(map, rule, chain, holds, depth);
    const goes = part(statement, 'goto');
    const target = String((goes ?? part(statement, 'jump'))?.['target'] ?? '');
    const next = this.#chains.get(`${chain.family} ${chain.table} ${target}`);
    if (next === undefined) return 'on';
    if (this.#chain(next, holds, depth + 1) && holds) return 'ended';
    return goes === undefined ? 'on' : this.#leave('returned', holds);
  }

  #verdictMap(
    { key, data }: Readonly<Record<string, unknown>>,
    rule: string,
    chain: Chain,
    holds: boolean,
    depth: number,
  ): 'ended' | 'returned' | 'on' {
    const value = operandOf(key, this.#packet);
    if (value === 'elsewhere') return 'on';
    const elements = isRecord(data) && Array.isArray(data['set']) ? (data['set'] as unknown[]) : [];
    for (const element of elements) {
      const [when, then] = Array.isArray(element) ? (element as unknown[]) : [];
      const isIt = value === undefined ? undefined : equals(value, when, this.#sets);
      if (isIt === false) continue;
      const after = this.#statement(then, rule, chain, holds && isIt === true, depth);
      if (after !== 'on') return after;
    }
    return 'on';
  }

  #leave<T>(way: T, holds: boolean): T | 'on' {
    if (holds) return way;
    this.#isCertain = false;
    return 'on';
  }

  /** Beyond our limits nothing can be said. */
  #lose({ label }: Chain): false {
    this.#isCertain = false;
    this.#note(`${label}: more rules than are looked at`, 'drop', false);
    return false;
  }

  #note(rule: string, verdict: Obstacle['verdict'], holds: boolean): void {
    this.found.push({ rule, verdict, isCertain: holds && this.#isCertain });
  }
}

function isFor({ family }: Chain, packet: Packet): boolean {
  return family === 'inet' || family === (packet.family === 4 ? 'ip' : 'ip6');
}

function keyOf(item: Readonly<Record<string, unknown>>, name: 'chain' | 'name'): string {
  return `${item['family']} ${item['table']} ${item[name]}`;
}

function and(one: Maybe, other: Maybe): Maybe {
  if (one === false || other === false) return false;
  return one === undefined || other === undefined ? undefined : true;
}

/** A rule in about the words of nft. */
function textOf(expressions: readonly unknown[]): string {
  const text = expressions
    .map(wordsOf)
    .filter((words) => words !== '')
    .join(' ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function wordsOf(expression: unknown): string {
  const match = part(expression, 'match');
  if (match !== undefined) {
    const op = match['op'] === '==' || match['op'] === 'in' ? '' : `${match['op']} `;
    return `${wordsOfLeft(match['left'])} ${op}${wordsOfRight(match['right'])}`;
  }
  const [kind = '', value] = isRecord(expression) ? (Object.entries(expression)[0] ?? []) : [];
  if (kind === 'counter' || kind === 'log') return '';
  if (kind === 'reject' && isRecord(value))
    return `reject with ${[value['type'], value['expr']].flatMap((word) => word ?? []).join(' ')}`;
  return isRecord(value) && typeof value['target'] === 'string' ? `${kind} ${value['target']}` : kind;
}

function wordsOfLeft(left: unknown): string {
  const payload = part(left, 'payload');
  if (payload !== undefined) return `${payload['protocol']} ${payload['field']}`;
  const [kind = '', value] = isRecord(left) ? (Object.entries(left)[0] ?? []) : [];
  const key = isRecord(value) && typeof value['key'] === 'string' ? value['key'] : undefined;
  if (kind === 'meta' && key !== undefined) return key;
  return key === undefined ? kind : `${kind} ${key}`;
}

function wordsOfRight(right: unknown): string {
  if (Array.isArray(right)) return right.map(wordsOfRight).join(',');
  const prefix = part(right, 'prefix');
  if (prefix !== undefined) return `${prefix['addr']}/${prefix['len']}`;
  if (!isRecord(right)) return String(right);
  if (Array.isArray(right['set'])) return `{ ${right['set'].map(wordsOfRight).join(', ')} }`;
  if (Array.isArray(right['range'])) return right['range'].map(wordsOfRight).join('-');
  return '…';
}
