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
  const longest = Math.max(0, ...words.map((word) => word.length));
  const { classes, classCount } = classify(words);
  const { table, ends } = buildAutomaton(words, classes, classCount);
  const lengths = words.map((word) => word.length);

  return {
    scan(bytes, from, to, hit) {
      const last = Math.min(bytes.length, to + longest - 1);
      let row = 0;
      for (let at = from; at < last; at++) {
        row = table[row + (classes[bytes[at] as number] as number)] as number;
        if (row >= 0) continue;
        row = ~row;
        for (const word of ends[row / classCount] ?? none) {
          const start = at + 1 - (lengths[word] as number);
          if (start < to) hit(word, start);
        }
      }
    },
    test(text) {
      let row = 0;
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at);
        row = code > 255 ? 0 : (table[row + (classes[code] as number)] as number);
        if (row < 0) return true;
      }
      return false;
    },
  };
}

interface Automaton {
  /** Rows of `classCount`, one a state: where the row of the next state begins; its complement where a word ends in that state. */
  readonly table: Int32Array;
  /** Numbers of the words that end in each state. */
  readonly ends: readonly (readonly number[])[];
}

const none: readonly number[] = [];

/** In flat arrays, without an object a state, and rows copied whole: it is built at each start. */
function buildAutomaton(words: readonly string[], classes: Uint8Array, classCount: number): Automaton {
  const mostStates = words.reduce((sum, word) => sum + word.length, 1);
  const table = new Int32Array(mostStates * classCount);
  const ends: (readonly number[])[] = [none];
  /** Of each state the last of its children, the one before that, and so on; and the class that leads to it. */
  const children = new Uint32Array(mostStates);
  const siblings = new Uint32Array(mostStates);
  const edges = new Uint8Array(mostStates);
  for (const [number, word] of words.entries()) {
    let state = 0;
    for (let at = 0; at < word.length; at++) {
      const edge = classes[word.charCodeAt(at)] as number;
      let next = (table[state * classCount + edge] as number) / classCount;
      if (next === 0) {
        next = ends.length;
        table[state * classCount + edge] = next * classCount;
        siblings[next] = children[state] as number;
        children[state] = next;
        edges[next] = edge;
        ends.push(none);
      }
      state = next;
    }
    ends[state] = [...(ends[state] ?? none), number];
  }
  // Nearest to the first state first: where a state is looked at, the row of its fail state is whole.
  const fails = new Uint32Array(ends.length);
  const queue = [0];
  for (const state of queue) {
    const row = state * classCount;
    const failRow = (fails[state] as number) * classCount;
    if (state !== 0) table.copyWithin(row, failRow, failRow + classCount);
    for (let child = children[state] as number; child !== 0; child = siblings[child] as number) {
      const at = row + (edges[child] as number);
      const fallback = state === 0 ? 0 : (table[at] as number);
      const fail = (fallback < 0 ? ~fallback : fallback) / classCount;
      fails[child] = fail;
      const inherited = ends[fail] ?? none;
      if (inherited.length > 0) ends[child] = [...(ends[child] ?? none), ...inherited];
      table[at] = ends[child] === none ? child * classCount : ~(child * classCount);
      queue.push(child);
    }
  }
  return { table: table.slice(0, ends.length * classCount), ends };
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
