import { lineOf } from '../keys/line.ts';
import { isOpaqueValue } from '../keys/opaque.ts';
import { closing } from '../keys/value.ts';
import { isNoSecret } from '../keys/words.ts';
import { type Found, patternRule, type Rule } from '../rule.ts';

/** `IDENTIFIED BY '…'`, `PASSWORD '…'`, `password("…")`, `the password for bob is "…"`. */
const lead =
  /(?:identified(?:[ \t]{1,4}with[ \t]{1,4}["'`]?[\w-]{1,64}["'`]?)?[ \t]{1,4}(?:by|as)[ \t]{1,4}(?:password[ \t]{1,4})?|(?:password|passphrase|passcode)(?:(?:[ \t]{1,4}\(?|\()[ \t]{0,4}|(?:[ \t]{1,4}["'\w@.-]{1,40}){0,4}[ \t]{1,4}(?:is|was|to)[ \t:]{1,4}))(?<escapes>\\*)(?<quote>["'])/iy;

export const stated: Rule = {
  id: 'stated-password',
  title: 'a password in quotes behind the word: SQL, calls, prose',
  anchors: ['identified ', 'password', 'passphrase', 'passcode'],
  find({ text }, at): readonly Found[] {
    lead.lastIndex = at;
    const { escapes = '', quote = '' } = lead.exec(text)?.groups ?? {};
    if (quote === '') return [];
    const start = lead.lastIndex;
    // A quote behind an even number of backslashes ends a string of JSON.
    if (quote === '"' && escapes.length % 2 === 0 && lineOf(text, at).inJson) return [];
    const end = closing(text, start, quote, escapes.length);
    // What nothing closes is prose: `the user's password is 'em`.
    const isClosed = /["'\\]/.test(text[end] ?? '');
    return !isClosed || end - start > 256 || isNoSecret(text.slice(start, end)) ? [] : [{ start, end }];
  },
  hits: [
    "ALTER USER bob WITH PASSWORD '«hunter2»';",
    "CREATE USER bob IDENTIFIED BY '«hunter2»';",
    "GRANT ALL ON *.* TO bob IDENTIFIED BY PASSWORD '«*2470C0C06DEE42FD»'",
    "SET PASSWORD FOR bob = PASSWORD('«x y»')",
    "The password is '«Secret»'",
    'The default password for the user "bob" is "«x»".',
    '{"q":"ALTER USER bob PASSWORD \\"«x»\\""}',
  ],
  misses: [
    'identified by its name',
    '{"a":"wrong password ","b":"x"}',
    "the user's password isn't set",
    'password is required',
    "password is ''",
    'f("DB_PASSWORD", "x")',
  ],
};

/** `Your password:` and then, on a line of its own, the password. */
export const announced = patternRule({
  id: 'announced-secret',
  title: 'a value alone on a line, below one that says that a secret follows',
  anchors: ['password', 'passphrase', 'token', 'secret', 'api key', 'access key', 'recovery key', 'unseal key'],
  pattern:
    /(?:password|passphrase|token|secret|key)[^\r\n:\\]{0,80}:[ \t]{0,8}(?:(?:\r?\n|(?:\\r)?\\n)[ \t*#|]{0,16}){1,3}(?<secret>[^\s"'\\<>|]{8,256})[ \t]{0,8}(?=[\r\n]|\\[rn"]|"|$)/diy,
  accepts: (secret) =>
    isOpaqueValue(secret) || (/\d/.test(secret) && /[a-z]/.test(secret) && /[A-Z!@$%^&+=~]/.test(secret)),
  hits: [
    'Please use the following password to proceed to installation:\n\n«bd9627decc6346d780b3b6ab6ea8fe1f»\n\nThis',
    'Your new token:\r\n  «Xk3mPq9Zt»\r\n',
    '{"out":"the password is:\\n«Xk3mPq9Zt»\\n"}',
  ],
  misses: ['tokens:\n  first-one\n', 'the password:\n\nmust have 8 letters\n', 'secret: a\nb12345678'],
});
