import { patternRule, type Rule } from '../rule.ts';

/**
 * What the Go tool masks by default: its 26 rules, so that nothing which it hides is shown by us. Names of users and hosts are
 * masked where it masks them, but not looked for elsewhere.
 */
interface Word {
  readonly id: string;
  readonly anchors: readonly string[];
  readonly pattern: string;
  readonly isSecret: boolean;
  readonly example: string;
}

const words: readonly Word[] = [
  word('secret-access-key', 'secret_?access_?key', [
    'secret_access_key',
    'secretaccesskey',
    'secretaccess_key',
    'secret_accesskey',
  ]),
  word('access-key-id', 'access_?key_?id', ['access_key_id', 'accesskeyid', 'accesskey_id', 'access_keyid']),
  word('owner-account', 'owner_?account', ['owner_account', 'owneraccount'], false),
  word('password', 'password', ['password']),
  word('token', 'token', ['token']),
  word('database', 'database', ['database'], false),
  word('user', 'user', ['user'], false),
];

function word(id: string, pattern: string, anchors: readonly string[], isSecret = true): Word {
  return { id, pattern, anchors, isSecret, example: (anchors[0] ?? '').toUpperCase() };
}

/** In JSON within a string of JSON: `\"name\":\"A_PASSWORD_B\",\"value\":\"…\"`. */
const inString = words.map(({ id, pattern, isSecret, example }) =>
  patternRule({
    id: `upstream-env-${id}`,
    title: `the value of a variable with ${id} in its name, in JSON in a string`,
    anchors: ['\\"name\\":\\"'],
    pattern: new RegExp(
      `\\\\"name\\\\":\\\\"[^"]{0,200}?${pattern}[^"]{0,200}\\\\",\\\\"value\\\\":\\\\"(?<secret>(?!\\\\")[^"]{1,4096})(?=\\\\")`,
      'diy',
    ),
    isSecret,
    hits: [`{\\"name\\":\\"${example}\\",\\"value\\":\\"«x»\\"}`],
    misses: [`{\\"name\\":\\"OTHER\\",\\"value\\":\\"x\\"}`],
  }),
);

/** On two lines: `"name": "A_PASSWORD_B"`, then `"value": "…"`. */
const onTwoLines = words.map(({ id, pattern, isSecret, example }) =>
  patternRule({
    id: `upstream-lines-${id}`,
    title: `the value on the line below a name with ${id} in it`,
    anchors: ['"name":'],
    pattern: new RegExp(
      `"name": {0,8}"[^"\\n]{0,200}?${pattern}[^"\\n]{0,200}"[^\\n]{0,64}\\n[^\\n]{0,256}?"value": {0,8}"(?<secret>(?:[^"\\\\\\n]|\\\\[^\\n]){1,4096})(?=")`,
      'diy',
    ),
    isSecret,
    hits: [`"name": "${example}",\n  "value": "«x»"`],
    misses: ['"name": "OTHER",\n  "value": "x"'],
  }),
);

const ceph = patternRule({
  id: 'upstream-ceph',
  title: 'keys in lists of Ceph',
  anchors: ['"entity"'],
  pattern:
    /"entity": {0,8}"(?:osd|client|mgr)\.[^\n]{0,256}"[^\n]{0,64}\n[^\n]{0,256}?"key": {0,8}"(?<secret>[^\n"]{38}==[^\n"]{0,256})/diy,
  hits: [`"entity": "osd.1",\n "key": "«${'a'.repeat(38)}==»"`],
  misses: ['"entity": "mon.1",\n "key": "a"'],
});

const url = patternRule({
  id: 'upstream-url',
  title: 'user and password in http, https and ftp URLs',
  anchors: ['http://', 'https://', 'ftp://'],
  pattern:
    /(?:http|https|ftp):\/\/(?<secretUser>[^\s:"/]{1,256}):(?<secret>(?!\*\*\*HIDDEN)[^\s@"/]{1,512})@[^\s:/"]{1,256}/diy,
  isSecret: false,
  hits: ['https://«bob»:«hunter2»@h:80/x'],
  misses: ['https://bob@h/'],
});

const goDsn = patternRule({
  id: 'upstream-mysql-dsn',
  title: 'user:password@tcp(host:port)/database of Go programs',
  anchors: ['@tcp('],
  pattern:
    /(?<=\b(?<secretUser>[^\s:"/*]{0,128}):(?<secret>[^\s:"/]{0,256}))@tcp\((?<secretHost>[^\s:"/)]{0,256})(?::\d+)?\)\/(?<secretName>[^\s"\\]{1,256})/dy,
  isSecret: false,
  hits: ['dsn «bob»:«hunter2»@tcp(«db.test»:3306)/«app»'],
  misses: ['bob@tcp(db:1)/x'],
});

const database = patternRule({
  id: 'upstream-database-url',
  title: 'user, password, host and database in URLs of databases and the like',
  anchors: ['://'],
  pattern:
    /(?<!\b(?:https?|ftp)):\/\/(?<secretUser>[^\s:"/@]{0,256}):(?<secret>(?!\*\*\*HIDDEN)[^\s:"/@]{0,512})@(?<secretHost>[^\s:"/]{0,256})(?::\d+)?\/(?<secretName>[^\s"'<>\\]{1,512})/diy,
  isSecret: false,
  hits: ['postgres://«bob»:«hunter2»@«db.test»:5432/«app»?x=1'.replace('»?x=1', '?x=1»')],
  misses: ['postgres://db:5432/app', 'https://db/app'],
});

const assignments = ['Data Source', 'location', 'User ID', 'password', 'Server', 'Database', 'Uid', 'Pwd'].map((key) =>
  patternRule({
    id: `upstream-${key.toLowerCase().replace(' ', '-')}`,
    title: `${key} = …; in connection strings`,
    anchors: [key.toLowerCase()],
    pattern: new RegExp(`${key}[ \\t]{0,8}=[ \\t]{0,8}(?<secret>[^;\\r\\n"{}]{1,1024})(?=;)`, 'diy'),
    isSecret: false,
    hits: [`${key} = «x»; y`],
    misses: [`${key} = x`],
  }),
);

export const upstream: readonly Rule[] = [...inString, ...onTwoLines, ceph, url, goDsn, database, ...assignments];
