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

/** In flat arrays, without an object a state: it is built at each start. */
function buildAutomaton(words: readonly string[], classes: Uint8Array, classCount: number): Automaton {
  const mostStates = words.reduce((sum, word) => sum + word.length, 1);
  const table = new Int32Array(mostStates * classCount);
  const ends: (readonly number[])[] = [none];
  for (const [number, word] of words.entries()) {
    let row = 0;
    for (let at = 0; at < word.length; at++) {
      const edge = row + (classes[word.charCodeAt(at)] as number);
      if (table[edge] === 0) {
        table[edge] = ends.length * classCount;
        ends.push(none);
      }
      row = table[edge] as number;
    }
    ends[row / classCount] = [...(ends[row / classCount] ?? none), number];
  }
  // Nearest to the first state first: where a state is looked at, its row holds its children alone, and that of its fail state all.
  const fails = new Uint32Array(ends.length);
  const queue = [0];
  for (const row of queue) {
    const failRow = fails[row / classCount] as number;
    for (let at = 0; at < classCount; at++) {
      const child = table[row + at] as number;
      const fallback = row === 0 ? 0 : (table[failRow + at] as number);
      if (child === 0) {
        table[row + at] = fallback;
        continue;
      }
      const fail = fallback < 0 ? ~fallback : fallback;
      fails[child / classCount] = fail;
      const inherited = ends[fail / classCount] ?? none;
      if (inherited.length > 0) ends[child / classCount] = [...(ends[child / classCount] ?? none), ...inherited];
      if (ends[child / classCount] !== none) table[row + at] = ~child;
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
