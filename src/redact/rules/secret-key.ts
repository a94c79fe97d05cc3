import { keyAround } from '../keys/key.ts';
import { isInString, lineOf } from '../keys/line.ts';
import { backslashes, closing, findPlain, findValue, isBlank, isLineEnd, type Place } from '../keys/value.ts';
import { isSecretKey } from '../keys/words.ts';
import type { Found, Rule } from '../rule.ts';
import type { Window } from '../span.ts';

/** `key = value` in any syntax: INI, environment, YAML, JSON, JSON in strings, command lines, query strings, XML, headers. */
export const secretKey: Rule = {
  id: 'secret-key',
  title: 'the value of a key whose name says that it is secret, in any syntax',
  anchors: ['pass', 'pwd', 'secret', 'token', 'key', 'cred', 'psk', 'cookie', 'authorization', 'otp'],
  find: findSecretValue,
  hits: [
    'DB_PASSWORD=«hunter2»',
    'export TOKEN=«abc def»',
    'password: «hunter2»\nuser: bob',
    '  apiKey: "«x y»" # why',
    "secret='«it is»'",
    '{"password":"«a\\"b»","port":1}',
    '{"password": ‹12345›}',
    '{"out":"A=1\\nPASSWORD=«my pass»\\nB=2"}',
    '{"cfg":"{\\"token\\":\\"«abc»\\"}"}',
    '{"env":["PASSWORD=«a b»","A=b"]}',
    '{"secrets":{"a":"«one»","b":["«two»",true]}}',
    'mysqld --password=«a,b&c» --port 1',
    'app --token «abc» run',
    '["app","--token","«abc»"]',
    'GET /x?token=«abc»&y=1 HTTP/1.1',
    'Server=db;Password=«x»;Database=y',
    '<password>«x»</password>',
    'java -Ddb.password=«x» -jar a.jar',
    'X-Api-Key: «abc def»',
    'Cookie: «a=b; c=d»',
    "cfg['password'] = '«x»';",
    '"name": "DB_PASSWORD",\n  "value": "«x y»"',
    '{"value":"«x»","name":"API_TOKEN"}',
    '- name: DB_PASSWORD\n  value: «x y»',
    'credentials:\n  user: «bob»\n  other: «x»\nnext: 1',
    'tls_private_key: |\n  «abc»\n  «def»\nnext: 1',
    'time=12 level=info password=«x» user=bob',
    'PASSWORD=«x»\r\nA=b\r\n',
    'A=b\0PASSWORD=«x»\0C=d',
    'password => "«x»",',
    'API key: «abc»',
    'user=bob pass=«x»',
    'const token: string = "«x»";',
    'var apiToken string = "«x»"',
    'API_TOKEN ?= «x»',
    'API_TOKEN ::= «x»',
    '$token .= "«x»";',
    'setenv("API_TOKEN", "«x»", 1)',
    '{"out":"setenv(\\"API_TOKEN\\", \\"«x»\\")"}',
  ],
  misses: [
    'password_file=/etc/x',
    'PWD=/root',
    'Failed password for invalid user bob',
    '"password": null, "token": true',
    'password: $DB_PASSWORD',
    'max_tokens: 512',
    'wtoken = AppWindow',
    'proxy_pass http://backend;',
    'tokenTimeout: 5s',
    'if password == other',
    'monkey: banana',
    'secretName: db',
    'key: value',
    'pass=3 fail=0',
    '- pass:\n    when: connected\n',
    '{"pass":{"when":"connected"}}',
    'passwd:         files systemd',
    '{"required":["password","username"]}',
  ],
};

function findSecretValue(window: Window, at: number, anchor: string): readonly Found[] {
  const { text } = window;
  const { start, end, line, isAfterEscape } = keyAround(text, at, anchor);
  const key = text.slice(start, end);
  // Alone it is a verdict as often: then only a word on its own line tells.
  const isPass = /^-{0,2}pass$/i.test(key);
  if (!isPass && !isSecretKey(key) && !(/^keys?$/i.test(key) && isSecretKey(`${wordBefore(text, start)} ${key}`)))
    return [];

  const quote = /["'`]/.exec(text[start - 1] ?? '')?.[0];
  const isQuoted = quote !== undefined && text[end + backslashes(text, end)] === quote;
  const pair = pairedValue(window, start, end);
  if (pair !== undefined) return pair;

  let next = isQuoted ? end + backslashes(text, end) + 1 : end;
  if (text[next] === ']') next++;
  const gap = next;
  while (next - gap < 32 && isBlank(text.charCodeAt(next))) next++;
  const isOption = text[start] === '-' && !isQuotedValue(text, start);
  const separator = separatorAt(text, next, {
    isOption,
    isQuoted,
    isTag: text[start - 1] === '<',
    hasGap: next > gap,
    isArgument: isQuoted && /\(\\*["'`]$/.test(text.slice(Math.max(0, start - 6), start)),
  });
  if (separator === undefined) return [];
  next += separator.length;
  while (isBlank(text.charCodeAt(next))) next++;

  const isHeader = separator === ':' && /^(?:set-)?cookie$|authorization$|^x-[\w-]+$/i.test(key);
  const beginsString = quote !== undefined && !isQuoted;
  const isLine = line.beginsAt === start || isHeader || ((beginsString || isAfterEscape) && separator === '=');
  const inJson = line.inJson || beginsString;
  const place: Place = {
    text,
    at: next,
    isLast: window.isLast,
    extent: isOption && !isHeader ? 'argument' : isLine && !isOption ? 'line' : 'word',
    inJson,
    isQuotedKey: isQuoted,
    indent: line.beginsAt === start - (isQuoted ? 1 : 0) ? line.indent : undefined,
  };
  if (isPass && /[\r\n\0{[\d]/.test(text[next] ?? '\n')) return [];
  if (/(?:^|[^a-z])pwd$/i.test(key) && text[next] === '/') return [];
  // The databases that nsswitch.conf(5) has names of.
  if (
    key === 'passwd' &&
    /^(?:files|compat|db|systemd|sss|ldap|winbind|nis|extrausers)\b/.test(text.slice(next, next + 12))
  )
    return [];
  if (isAmbiguous.test(key) && /^["']?\d+(?:[\s,"'}]|$)/.test(text.slice(next, next + 24))) return [];
  if (isLineEnd(text.charCodeAt(next)) && separator === ':' && isQuoted) {
    // Pretty JSON may put a value on its own line.
    const value = /^\s{1,64}(?=["[{\d])/.exec(text.slice(next, next + 66))?.[0].length ?? 0;
    return findValue({ ...place, at: next + value });
  }
  if (separator === '>') {
    const close = text.indexOf('<', next);
    const isNone = close <= next || close - next > 4096 || (line.inJson && text.slice(next, close).includes('"'));
    return isNone ? [] : [{ start: next, end: close }];
  }
  // In a string of JSON a quote without escape is the end of it.
  if (!isQuoted && line.inJson && /["{[]/.test(text[next] ?? '') && isInString(text, start)) {
    return text[next] === '"' ? [] : findPlain(place);
  }
  return findValue(place);
}

/** Keys of which a number is a count. */
const isAmbiguous = /^(?:pass|tokens?|secrets|keys|credentials|cookies|passwords)$/i;

function wordBefore(text: string, start: number): string {
  return /([A-Za-z]{2,24}) $/.exec(text.slice(Math.max(0, start - 25), start))?.[1] ?? '';
}

interface Around {
  readonly isOption: boolean;
  readonly isQuoted: boolean;
  readonly isTag: boolean;
  readonly hasGap: boolean;
  /** Whether it is the first argument of a call: `setenv("TOKEN", "…")`. */
  readonly isArgument: boolean;
}

/** What languages assign by: with a type between, `?=` and `::=` of makefiles, `.=` and `+=`. */
const assigning =
  /(?::?\s{0,4}(?:string|String|&?(?:'static )?str|char\s?\*|\[\]byte)\s{0,4}(?:\|\s?(?:undefined|null)\s{0,4})?|[?+.]|\|\||:{2,3})=(?![=~])/y;
const nextArgument = /,\s{0,16}(?=\\*["'`])/y;

function separatorAt(text: string, at: number, around: Around): string | undefined {
  const { isOption, isQuoted, isTag, hasGap, isArgument } = around;
  assigning.lastIndex = at;
  const assigned = assigning.exec(text)?.[0];
  if (assigned !== undefined) return assigned;
  nextArgument.lastIndex = at;
  if (isArgument && nextArgument.test(text)) return ',';
  const two = text.slice(at, at + 2);
  if (two === ':=' || two === '=>') return two;
  if (two === '==' || two === '=~' || two === '::') return undefined;
  if (two === ':/' && text[at + 2] === '/') return undefined;
  const one = two[0];
  if (one === '=' || one === ':') return one;
  if (one === '>' && isTag) return one;
  if (!isOption) return undefined;
  if (isQuoted && one === ',') return one;
  if (!isQuoted && hasGap && one !== undefined && !/[-|>\r\n\0\\]/.test(one)) return '';
  const item = isLineEnd(two.charCodeAt(0)) ? /^\r?\n[ \t]*- +/.exec(text.slice(at, at + 128))?.[0] : undefined;
  return item;
}

/** Whether a word that begins with a dash is the value of something: `pass: -token-`. */
function isQuotedValue(text: string, start: number): boolean {
  return /[:=] ?$/.test(text.slice(Math.max(0, start - 2), start));
}

const nameBefore = /(?:^|[\s{,<"'\\])(?:name|key|Name|Key|NAME|KEY|variable|property|param)\\*["']?\s*[:=]\s*\\*["']?$/;
const valueBehind = /\\*["']?\s*,?\s*\\*["']?(?:value|Value|VALUE|val)\\*["']?\s*[:=]\s*/y;
const valueBefore = /alue\\*["']?\s{0,64}[:=]\s{0,64}(\\*)(["'])/iy;
const nameBehind = /\\*["']\s{0,64},\s{0,64}\\*["']?(?:name|key)\\*["']?\s{0,64}[:=]\s{0,64}\\*["']?/iy;

/** `name: KEY, value: VALUE` in either order. */
function pairedValue({ text, isLast }: Window, start: number, end: number): readonly Found[] | undefined {
  if (!nameBefore.test(text.slice(Math.max(0, start - 64), start))) return undefined;
  valueBehind.lastIndex = end;
  if (valueBehind.test(text)) {
    const isQuotedKey = /["']/.test(text[start - 1] ?? '');
    const { inJson } = lineOf(text, start);
    return findValue({
      text,
      at: valueBehind.lastIndex,
      isLast,
      extent: 'line',
      inJson,
      isQuotedKey,
      indent: undefined,
    });
  }
  const from = text.lastIndexOf('alue', start);
  if (from === -1 || start - from > 4096) return undefined;
  valueBefore.lastIndex = from;
  const match = valueBefore.exec(text);
  if (match === null) return undefined;
  const valueStart = valueBefore.lastIndex;
  const valueEnd = closing(text, valueStart, match[2] ?? '"', match[1]?.length ?? 0);
  nameBehind.lastIndex = valueEnd;
  return valueEnd > valueStart && nameBehind.test(text) && nameBehind.lastIndex === start
    ? [{ start: valueStart, end: valueEnd }]
    : undefined;
}
