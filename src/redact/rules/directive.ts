import { keyAround } from '../keys/key.ts';
import { isNoSecret, isSecretKey } from '../keys/words.ts';
import type { Found, Rule } from '../rule.ts';

/** Settings of servers whose value is a password whatever it looks like. */
const sure: ReadonlySet<string> = new Set(
  'requirepass masterauth auth_pass bindpw rootpw rcon_password shared-secret insecure-password auth-pass'.split(' '),
);

/** A digit that says how it is encrypted, as network devices have it; the value; and nothing but a comment behind. */
const value =
  /[ \t]{1,16}(?:[05-9][ \t]{1,4})?(?:(?<quote>["'])(?<quoted>[^"'\r\n]{1,256})\k<quote>|(?<word>[^\s"';{}()\\]{1,256}))[ \t]{0,8};?[ \t]{0,8}(?:#[^\r\n]{0,256})?(?=[\r\n\0]|$|\\[nr"]|")/dy;

/** `requirepass …`, `password "…";`, `username bob password 7 …`: where nothing but a blank stands between. */
export const directive: Rule = {
  id: 'directive',
  title: 'settings whose name and value are divided by a blank, as of redis, keepalived, routers, Gradle',
  anchors: ['pass', 'secret', 'psk', 'bindpw', 'rootpw', 'masterauth', 'token', 'key'],
  find({ text }, at, anchor): readonly Found[] {
    const { start, end, line } = keyAround(text, at, anchor);
    if (!/[ \t]/.test(text[end] ?? '')) return [];
    const key = text.slice(start, end);
    const isSure = sure.has(key.toLowerCase());
    if (!isSure && !isSecretKey(key) && !/^-{0,2}pass$/i.test(key)) return [];
    const isFirst = line.beginsAt === start || text[start - 1] === '\n' || /\\n$/.test(text.slice(start - 2, start));
    if (!isFirst && !isBehindWords(text.slice(Math.max(line.beginsAt, start - 128), start))) return [];
    value.lastIndex = end;
    const indices = value.exec(text)?.indices?.groups;
    const [from, to] = indices?.['quoted'] ?? indices?.['word'] ?? [];
    if (from === undefined || to === undefined) return [];
    // In JSON a quote ends the string that the key stands in.
    if (text[from - 1] === '"' && line.inJson) return [];
    const found = text.slice(from, to);
    if (isNoSecret(found) || (!isSure && indices?.['quoted'] === undefined && !isUnlikeWord(found))) return [];
    return [{ start: from, end: to }];
  },
  hits: [
    'requirepass «hunter»',
    'masterauth «hunter» # why',
    '    auth_pass «1111»',
    'password "«hunter»";',
    "    password '«hunter»'",
    'password «hunter2»',
    'rcon_password "«x y»"',
    ' username bob password 7 «0822455D0A16»',
    'enable password «zebra1»',
    'nmcli dev wifi connect net password «hunter2»',
    '{"out":"a\\nrequirepass «hunter»\\nb"}',
  ],
  misses: [
    'password required',
    'token expired',
    'Failed password for invalid user bob',
    'pass 3',
    'not ok, but the password 1234 of bob was wrong',
    'password_file /etc/x1',
    'secret $SECRET1',
    'the password is wrong\n',
    'unexpected token 0x7',
    '["a\\n--password "],["b"]',
  ],
};

/** `username bob `, `enable `: settings of devices, not sentences. */
function isBehindWords(before: string): boolean {
  return /^[ \t]*(?:(?:[\w.:/-]+[ \t]+){1,3}(?:user|username|neighbor|enable|wifi|connect|peer)[ \t]+[\w.:/-]+[ \t]+|(?:user|username|neighbor|enable|peer|nmcli)(?:[ \t]+[\w.:/-]+){0,5}[ \t]+)$/i.test(
    before,
  );
}

/** With something in it that no word of prose has. */
function isUnlikeWord(value: string): boolean {
  return value.length >= 4 && !/^0x|[.,:]$|^\d+[.,:]/.test(value) && /[\d!@#$%^&*+=?~]|[a-z][A-Z]/.test(value);
}
