/**
 * Which of many words stand where, in one pass: Aho and Corasick, "Efficient string matching" (1975), over bytes, letters without
 * their case. It is what makes rules cheap: a rule looks at text only where one of its words is.
 */
export interface Anchors {
  /** Calls `hit` with the number of a word and where it begins, for each that begins in [from, to). */
  scan(bytes: Uint8Array, from: number, to: number, hit: (word: number, start: number) => void): void;
  /** Whether any word is in a text; characters beyond ASCII are in no word. */
  test(text: string): boolean;
}

export function createAnchors(words: readonly string[]): Anchors {
  const { children, fails, ends } = buildTrie(words);
  const longest = Math.max(0, ...words.map((word) => word.length));
  const { classes, classCount } = classify(words);
  // States at which a word ends get the highest numbers: then one comparison tells.
  const order = [...children.keys()].sort((a, b) => (ends[a]?.length ?? 0) - (ends[b]?.length ?? 0));
  const numbers = new Map(order.map((state, number) => [state, number]));
  const firstEnd = (order.findIndex((state) => (ends[state]?.length ?? 0) > 0) + order.length) % order.length;
  const table = new Uint32Array(order.length * classCount);
  const complete: Uint32Array[] = [];
  // In the order of the trie a state's fail state is complete before it.
  for (const state of breadthFirst(children)) {
    const fail = fails[state] ?? 0;
    const row = state === 0 ? new Uint32Array(classCount) : Uint32Array.from(complete[fail] ?? []);
    for (const [byte, child] of children[state] ?? []) row[classes[byte] ?? 0] = (numbers.get(child) ?? 0) * classCount;
    complete[state] = row;
    table.set(row, (numbers.get(state) ?? 0) * classCount);
  }
  const root = (numbers.get(0) ?? 0) * classCount;
  // The row of the root leads nowhere but to itself, which need not be state 0.
  for (let at = 0; at < table.length; at++) if (table[at] === 0 && root !== 0) table[at] = root;
  const accepting = firstEnd * classCount;
  const endings = order.slice(firstEnd).map((state) => Uint16Array.from(ends[state] ?? []));
  const lengths = words.map((word) => word.length);

  return {
    scan(bytes, from, to, hit) {
      const last = Math.min(bytes.length, to + longest - 1);
      let state = root;
      for (let at = from; at < last; at++) {
        state = table[state + (classes[bytes[at] as number] as number)] as number;
        if (state < accepting) continue;
        for (const word of endings[state / classCount - firstEnd] as Uint16Array) {
          const start = at + 1 - (lengths[word] as number);
          if (start < to) hit(word, start);
        }
      }
    },
    test(text) {
      let state = root;
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        state = code > 255 ? root : (table[state + (classes[code] as number)] as number);
        if (state >= accepting) return true;
      }
      return false;
    },
  };
}

interface Trie {
  readonly children: readonly Map<number, number>[];
  readonly fails: readonly number[];
  /** Numbers of the words that end at each state. */
  readonly ends: readonly (readonly number[])[];
}

function buildTrie(words: readonly string[]): Trie {
  const children: Map<number, number>[] = [new Map()];
  const ends: number[][] = [[]];
  for (const [number, word] of words.entries()) {
    let state = 0;
    for (const byte of Buffer.from(word, 'latin1')) {
      let next = children[state]?.get(fold(byte));
      if (next === undefined) {
        next = children.length;
        children.push(new Map());
        ends.push([]);
        children[state]?.set(fold(byte), next);
      }
      state = next;
    }
    ends[state]?.push(number);
  }
  const fails = children.map(() => 0);
  for (const state of breadthFirst(children)) {
    for (const [byte, child] of children[state] ?? []) {
      let fail = fails[state] ?? 0;
      while (fail !== 0 && children[fail]?.get(byte) === undefined) fail = fails[fail] ?? 0;
      const target = children[fail]?.get(byte) ?? 0;
      fails[child] = target === child ? 0 : target;
      ends[child]?.push(...(ends[fails[child] ?? 0] ?? []));
    }
  }
  return { children, fails, ends };
}

function breadthFirst(children: readonly Map<number, number>[]): number[] {
  const queue = [0];
  for (const state of queue) queue.push(...(children[state]?.values() ?? []));
  return queue;
}

/** Bytes that no word holds share one class, so that the table stays in the cache. */
function classify(words: readonly string[]): { readonly classes: Uint8Array; readonly classCount: number } {
  const classes = new Uint8Array(256);
  let classCount = 1;
  for (const byte of new Set(Buffer.from(words.join(''), 'latin1').map(fold))) classes[byte] = classCount++;
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32] ?? 0;
  return { classes, classCount };
}

function fold(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
