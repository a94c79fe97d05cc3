import { lineOf } from '../keys/line.ts';
import { findValue } from '../keys/value.ts';
import type { Found, Rule } from '../rule.ts';
import type { Window } from '../span.ts';

const kind = /["']?kind["']?\s{0,4}:\s{0,4}["']?Secret["']?\s{0,4}(?=[,}\r\n]|$)/iy;
const dataKey = /(^|[\r\n{,])([ \t\r\n]*)(["']?)(?:data|stringData)\3[ \t]*:[ \t]*/g;

const reachBytes = 32 * 1024;
/** Text may say over and over that it is a Secret: the next one so near has been looked around with the last. */
const nearBytes = 8 * 1024;
const seen = new WeakMap<Window, { readonly at: number; readonly end: number }>();

/** All of `data` and `stringData`, whatever its keys are called; before or behind `kind`, in the same document. */
export const kubernetesSecret: Rule = {
  id: 'kubernetes-secret',
  title: 'data of a Kubernetes Secret',
  anchors: ['kind: secret', 'kind": "secret', 'kind":"secret'],
  find(window, at): readonly Found[] {
    const { text, isLast } = window;
    const last = seen.get(window);
    if (last !== undefined && at - last.at < nearBytes && at < last.end) return [];
    kind.lastIndex = text[at - 1] === '"' ? at - 1 : at;
    if (!kind.test(text)) return [];
    const begin = Math.max(text.lastIndexOf('\n---', at), at - reachBytes, 0);
    const separator = text.indexOf('\n---', at);
    const end = Math.min(separator === -1 ? text.length : separator, at + reachBytes + nearBytes);
    seen.set(window, { at, end });
    const found: Found[] = [];
    for (const match of text.slice(begin, end).matchAll(dataKey)) {
      const indent = (match[2] ?? '').replace(/^[\s\S]*[\r\n]/, '').length;
      const valueAt = begin + match.index + match[0].length;
      // In a string of JSON a quote without escape is the end of it.
      if (match[3] === '' && /["{[]/.test(text[valueAt] ?? '') && lineOf(text, valueAt).inJson) continue;
      const place = { text, at: valueAt, isLast, extent: 'line', inJson: false } as const;
      found.push(...findValue({ ...place, isQuotedKey: match[3] !== '', indent }));
    }
    return found;
  },
  hits: [
    'kind: Secret\nmetadata:\n  name: a\ndata:\n  cfg: «YWJj»\n  b: «ZGVm»\ntype: Opaque\n',
    '{"kind":"Secret","data":{"cfg":"«YWJj»"},"type":"Opaque"}',
    'stringData:\n  x: «plain text»\nkind: Secret\n',
  ],
  misses: [
    'kind: ConfigMap\ndata:\n  cfg: YWJj\n',
    'kind: SecretStore\ndata:\n  a: b\n',
    '{"":"{data:","a":["kind: Secret"]}',
  ],
};
