import type { Span } from '../span.ts';
import { isEnding, nameIn } from './domains.ts';
import type { Translation } from './stand-ins.ts';
import { isLabelByte, isWordByte, wordStart } from './text.ts';
import { isCommonUser } from './words.ts';

/** Longest label, longest name (RFC 1035), longest local part that is looked at. */
const labelBytes = 63;
const nameBytes = 1024;
const localBytes = 64;

/** Fully qualified names of hosts by their last label, and the local parts of addresses for mail at them, that begin in [from, to). */
export function findNames(
  text: string,
  from: number,
  to: number,
  { label, user }: Pick<Translation, 'label' | 'user'>,
  onlyPublic: boolean,
): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (let dot = text.indexOf('.', from); dot !== -1; dot = text.indexOf('.', Math.max(dot + 1, done))) {
    // A name that begins before `to` has its first dot within a label of it.
    if (dot > to + labelBytes) break;
    let start = dot;
    while (start > 0 && dot - start < labelBytes && isLabelByte(text.charCodeAt(start - 1))) start--;
    start = wordStart(text, start);
    let end = dot;
    while (end < text.length && end - start < nameBytes && isNameByte(text, end)) end++;
    done = end;
    if (start >= dot || start >= to) continue;
    const labels = text.slice(start, end).split('.');
    const name = nameIn(labels);
    if (name === undefined || (onlyPublic && !name.isPublic)) continue;
    const own = labels.slice(0, name.labels);
    const local = localPart(text, start);
    if (local >= from && local < start && !isCommonUser(text.slice(local, atBefore(text, start)))) {
      const until = atBefore(text, start);
      const replacement = user(text.slice(local, until), 'email-address');
      if (replacement !== undefined)
        spans.push({ start: local, end: until, replacement, rule: 'email-address', isSecret: false });
    }
    if (start < from) continue;
    spans.push({
      start,
      end: start + own.join('.').length,
      replacement: standInOf(own, label),
      rule: 'host-name',
      isSecret: false,
    });
  }
  return spans;
}

/** Label by label, so that names still show which of them share a domain; a known last label stays. */
export function standInOf(labels: readonly string[], label: Translation['label']): string {
  return labels
    .map((own, index) => {
      if (index > 0 && index === labels.length - 1 && isEnding(own)) return own;
      const standIn = label(own) ?? own;
      return own === own.toUpperCase() && /[A-Z]/.test(own) ? standIn.toUpperCase() : standIn;
    })
    .join('.');
}

/** Where the `@`, or its escape, ends that a domain follows. */
function atBefore(text: string, start: number): number {
  if (text[start - 1] === '@') return start - 1;
  return text.startsWith('%40', start - 3) ? start - 3 : start;
}

function localPart(text: string, domain: number): number {
  const at = atBefore(text, domain);
  let start = at;
  while (start > 0 && at - start < localBytes && isLocalByte(text.charCodeAt(start - 1))) start--;
  start = wordStart(text, start);
  // A dot begins no local part; a colon ends a scheme or a word before it.
  while (start < at && !isWordByte(text.charCodeAt(start))) start++;
  return at === domain ? domain : start;
}

function isLocalByte(code: number): boolean {
  return isLabelByte(code) || code === 46 || code === 95 || code === 43;
}

/** Of a name: no dot that ends a sentence, none of two. */
function isNameByte(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 46 ? at + 1 < text.length && isLabelByte(text.charCodeAt(at + 1)) : isLabelByte(code);
}
