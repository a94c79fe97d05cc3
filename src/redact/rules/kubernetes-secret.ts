import { findValue } from '../keys/value.ts';
import type { Found, Rule } from '../rule.ts';

const kind = /["']?kind["']?\s{0,4}:\s{0,4}["']?Secret["']?\s{0,4}(?=[,}\r\n]|$)/iy;
const dataKey = /(^|[\r\n{,])([ \t\r\n]*)(["']?)(?:data|stringData)\3[ \t]*:[ \t]*/g;

/** All of `data` and `stringData`, whatever its keys are called; before or behind `kind`, in the same document. */
export const kubernetesSecret: Rule = {
  id: 'kubernetes-secret',
  title: 'data of a Kubernetes Secret',
  anchors: ['kind: secret', 'kind": "secret', 'kind":"secret'],
  find({ text, isLast }, at): readonly Found[] {
    kind.lastIndex = text[at - 1] === '"' ? at - 1 : at;
    if (!kind.test(text)) return [];
    const begin = Math.max(text.lastIndexOf('\n---', at), at - 32 * 1024, 0);
    const separator = text.indexOf('\n---', at);
    const end = Math.min(separator === -1 ? text.length : separator, at + 32 * 1024);
    const found: Found[] = [];
    // Far cheaper than the expression, for text that says over and over that it is a Secret.
    const part = text.slice(begin, end);
    if (!part.includes('data') && !part.includes('Data')) return [];
    for (const match of part.matchAll(dataKey)) {
      const indent = (match[2] ?? '').replace(/^[\s\S]*[\r\n]/, '').length;
      const place = { text, at: begin + match.index + match[0].length, isLast, extent: 'line', inJson: false } as const;
      found.push(...findValue({ ...place, isQuotedKey: match[3] !== '', indent }));
    }
    return found;
  },
  hits: [
    'kind: Secret\nmetadata:\n  name: a\ndata:\n  cfg: «YWJj»\n  b: «ZGVm»\ntype: Opaque\n',
    '{"kind":"Secret","data":{"cfg":"«YWJj»"},"type":"Opaque"}',
    'stringData:\n  x: «plain text»\nkind: Secret\n',
  ],
  misses: ['kind: ConfigMap\ndata:\n  cfg: YWJj\n', 'kind: SecretStore\ndata:\n  a: b\n'],
};
