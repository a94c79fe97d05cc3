import type { Entry, RawEntry } from '../contract/bundle.ts';

/** What stands in the place of a secret: the Go tool's own mark, so that people recognise it. */
const mask = '***HIDDEN***';

/** `scheme://user:password@host`: the password alone is masked. */
const urlPassword = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/@:"'<>]{0,200}:)([^\s/@"'<>]{1,500})(?=@)/gi;

/** Every byte that enters a bundle passes here. What is not text is withheld: it cannot be looked at. */
export function redact(raw: readonly RawEntry[]): readonly Entry[] {
  return raw.map(({ content, ...rest }) => {
    const { text, count } = redactText(typeof content === 'string' ? content : decode(content));
    const entry: Entry = { ...rest, bytes: Buffer.from(text) };
    return count === 0 ? entry : { ...entry, redactions: count };
  });
}

const withheld = 'withheld: not UTF-8 text, so it could not be searched for secrets\n';

export function redactText(text: string): { text: string; count: number } {
  let count = 0;
  const masked = text.replace(urlPassword, (_, before: string) => {
    count++;
    return before + mask;
  });
  return { text: masked, count };
}

const secretKey =
  /pass(word|wd|phrase)$|secret|token$|api[-_]?key|private[-_]?key|client[-_]?key|credential|^authorization$|^cookie$/i;

/** A spec as data, with the values of keys that name a secret masked. */
export function maskSecretKeys(value: unknown, underSecret = false): unknown {
  if (Array.isArray(value)) return value.map((item) => maskSecretKeys(item, underSecret));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, maskSecretKeys(child, underSecret || secretKey.test(key))]),
    );
  }
  return underSecret && value !== null && value !== '' ? mask : value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return withheld;
  }
}
