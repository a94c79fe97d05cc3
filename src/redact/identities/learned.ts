import { createAnchors } from '../anchors.ts';
import type { Finder, Span } from '../span.ts';
import { standInOf } from './find-names.ts';
import type { Translation } from './stand-ins.ts';
import { isLabelByte, isWordEnd, isWordStart, lowered } from './text.ts';
import { isCommonHost, isCommonUser } from './words.ts';

type Kind = 'host-name' | 'user-name' | 'machine-id';

/** Names that nothing about them tells: known from where they stand once, masked as words wherever else they do. */
export interface Learned extends Finder {
  /** False if it is not taken, because it is a word that stands everywhere. */
  host(name: string): boolean;
  /** What a host of this full name is called for short, where that tells it. */
  shortName(name: string): void;
  user(name: string): boolean;
  machine(id: string): boolean;
}

/** Of each a state in an automaton is held for every letter; a hostile file is full of names. */
const mostLearned = 4096;
const shortest = 3;

/** `vocabulary`: words of results and specs, in lower case: they mean something else there. */
export function createLearned(vocabulary: ReadonlySet<string>, translation: Translation): Learned {
  const kinds = new Map<string, Kind>();
  let search: { readonly words: readonly string[]; readonly anchors: ReturnType<typeof createAnchors> } | undefined;

  function learn(kind: Kind, name: string): boolean {
    const word = lowered(Buffer.from(name).toString('latin1'));
    // A number would be masked in JSON, where it stands without quotes.
    if (word.length < shortest || /^[\d.e+-]+$/.test(word) || vocabulary.has(word)) return false;
    if (!kinds.has(word) && kinds.size < mostLearned && word.length <= 253) {
      kinds.set(word, kind);
      search = undefined;
    }
    return true;
  }

  /** Of db1.example.org people say db1; of www.example.org nobody says www and means it. */
  function shortName(name: string): void {
    const [short = ''] = name.split('.');
    if (short !== name && /[a-z].*\d|\d.*[a-z]/i.test(short)) learn('host-name', short);
  }

  function standIn(kind: Kind, found: string): string | undefined {
    if (kind === 'host-name') return standInOf(found.split('.'), translation.label);
    return kind === 'user-name' ? translation.user(found, kind) : translation.machine(found);
  }

  return {
    host(name) {
      shortName(name);
      return isCommonHost(name) || learn('host-name', name);
    },
    shortName,
    user: (name) => isCommonUser(name) || learn('user-name', name),
    machine: (id) => learn('machine-id', id),
    find({ bytes, text }, from, to) {
      if (kinds.size === 0) return [];
      const words = search?.words ?? [...kinds.keys()];
      search ??= { words, anchors: createAnchors(words) };
      const spans: Span[] = [];
      let done = from;
      search.anchors.scan(bytes, from, to, (number, at) => {
        const word = words[number] ?? '';
        const end = at + word.length;
        if (at < from || !isWordEnd(text, end) || !isWordStart(text, at)) return;
        const kind = kinds.get(word) ?? 'host-name';
        const start = kind === 'host-name' ? nameStart(text, at, done) : at;
        const replacement = standIn(kind, text.slice(start, end));
        if (replacement !== undefined) spans.push({ start, end, replacement, rule: kind, isSecret: false });
        done = Math.max(done, end);
      });
      return spans;
    },
  };
}

/** What stands before a known domain is a host of it, down to `least`. */
function nameStart(text: string, domain: number, least: number): number {
  let start = domain;
  while (text[start - 1] === '.' && domain - start < 253) {
    let label = start - 1;
    while (label > 0 && start - label < 64 && isLabelByte(text.charCodeAt(label - 1))) label--;
    if (label < least || label === start - 1 || !isWordStart(text, label)) break;
    start = label;
  }
  return start;
}
