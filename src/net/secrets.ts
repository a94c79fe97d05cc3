/** What stands in the place of a secret. */
const mask = '***HIDDEN***';
/** Shorter ones would be found everywhere. */
const shortestSecret = 6;

/** Whether a header, a field or a parameter of this name lets somebody in. */
export function isSecretName(name: string): boolean {
  if (/^(www|proxy)-authenticate$/i.test(name)) return false;
  return /auth(?!or)|authorization|cookie|token|secret|passw|passphrase|credential|(api|access|private)[-_]?key|signature|^sig$/i.test(
    name,
  );
}

/** A URL without its password, as Go shows it, and without the values of parameters that let somebody in. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  for (const name of new Set(shown.searchParams.keys())) {
    if (isSecretName(name)) shown.searchParams.set(name, '***');
  }
  const text = url.search === shown.search ? url.href : shown.href;
  return url.password === '' ? text : text.replace(/^([a-z]+:\/\/[^:@/]*):[^@/]*@/i, '$1:***@');
}

export interface Sent {
  readonly urls: readonly URL[];
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
}

/** Takes out of an answer every secret with which it was asked for: some servers send back what they were sent. */
export function secretsOf({ urls, headers, body }: Sent): (text: string) => string {
  const values = new Set<string>();
  const add = (value: string) => {
    if (value.length >= shortestSecret) values.add(value);
  };
  for (const url of urls) {
    const { username, password } = url;
    if (password !== '') addCredentials(decoded(username), decoded(password), add);
    for (const [name, value] of url.searchParams) if (isSecretName(name)) add(value);
  }
  for (const [name, value] of headers) {
    if (!isSecretName(name)) continue;
    add(value);
    for (const part of value.split(/[\s;,]+/)) add(part.replace(/^[\w.-]+=(?=.)/, ''));
    const [, basic] = /^Basic\s+(\S+)$/i.exec(value) ?? [];
    if (basic !== undefined)
      add(
        Buffer.from(basic, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      );
  }
  if (body !== undefined) for (const value of secretFields(body)) add(value);
  // The longest first, so that none is left half.
  const sorted = [...values].sort((left, right) => right.length - left.length);
  const spellings = sorted.flatMap((value) => [...new Set([value, JSON.stringify(value).slice(1, -1)])]);
  return (text) => spellings.reduce((left, spelling) => left.replaceAll(spelling, mask), text);
}

function addCredentials(username: string, password: string, add: (value: string) => void): void {
  add(password);
  add(Buffer.from(`${username}:${password}`).toString('base64'));
}

/** Of a body that is JSON or a form. */
function secretFields(body: string): readonly string[] {
  const found: string[] = [];
  try {
    JSON.parse(body, (key, value: unknown) => {
      if (isSecretName(key) && typeof value === 'string') found.push(value);
      return value;
    });
  } catch {
    for (const [name, value] of new URLSearchParams(body)) if (isSecretName(name)) found.push(value);
  }
  return found;
}

/** A header of an answer, without what lets somebody in; of a cookie its name and attributes stay. */
export function shownHeader(name: string, value: string): string {
  if (/^set-cookie2?$/i.test(name)) return value.replace(/^([^=;]*=)[^;]+/, `$1${mask}`);
  return isSecretName(name) && value !== '' ? mask : value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
