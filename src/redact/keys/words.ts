/** By what a key says that its value is secret, and by what it says that it is only about one. Decided by the key, never by the value. */

/** Secret wherever they stand as a word of a key: `db_password`, `PasswordForAdmin`. */
const secretWords: ReadonlySet<string> = new Set(
  (
    'password passwords passwd passwort passphrase passcode passkey pwd secret secrets token tokens apikey apikeys credential credentials ' +
    'creds psk privatekey secretkey accesskey accountkey authkey masterkey signingkey sharedkey presharedkey encryptionkey ' +
    'sessionkey cookie cookies setcookie authorization otp totp authtoken accesstoken refreshtoken idtoken bearertoken ' +
    'sessiontoken apitoken bottoken usertoken webhooksecret clientsecret'
  ).split(' '),
);

/** A word that ends so is secret too: `dbpassword`. */
const secretEndings =
  /(?:password|passwd|passphrase|passcode|secret|apikey|privatekey|secretkey|accesskey|credentials?|psk)$|^(?:db|user|root|smtp|mail|ldap|bind|admin|my|pg|redis|mysql|ftp|ssh|vnc|sudo|keystore|truststore|ks|ts)(?:pass|pwd|pw)$/;

/** Before `key` or `keys`: `api_key`, `client-key-data`. */
const keyKinds: ReadonlySet<string> = new Set(
  (
    'api access secret private signing sign encryption encrypt crypt master shared preshared account session auth storage service deploy ' +
    'license licence unseal recovery certificate client consumer subscription hmac jwt aes root transit app application cert cipher ' +
    'stream integration admin write instrumentation'
  ).split(' '),
);

/** At the end of a key these say that the value is about a secret: `password_file`, `tokenTimeout`. */
const aboutEndings: ReadonlySet<string> = new Set(
  (
    'file files filename path paths dir directory folder location port timeout ttl lifetime expiry expires expire expiration expired length len ' +
    'size count min max limit policy policies type types kind name names id ids url uri endpoint host enabled enable disabled disable ' +
    'required require optional age days version format algorithm alg algorithms method methods mode mechanism helper command cmd program ' +
    'reset change changed updated created rotated at date time status state error errors failures failed class provider providers store ' +
    'backend ref refs usage field fields header headers regex pattern info authentication bits rotation interval attempts retries ' +
    'hint strength complexity manager service server prefix fingerprint checksum issuer issuers audience scope scopes generator validator ' +
    'encoding review reviews used remaining rate mount lookup agent prompt askpass plugin driver login reuse history quality ' +
    'warning lock locked aging minimum maximum inactive pull controller operator exists wait echoed'
  ).split(' '),
);

/** At its beginning: `allow_empty_password`, `maxTokens`. */
const aboutBeginnings: ReadonlySet<string> = new Set(
  'use uses has is no allow allows require requires enable enables disable min max num total show hide permit supports image'.split(
    ' ',
  ),
);

/** Before `pass`, these are directives of web servers. */
const passes: ReadonlySet<string> = new Set([
  'proxy',
  'fastcgi',
  'uwsgi',
  'scgi',
  'grpc',
  'memcached',
  'test',
  'first',
  'second',
  'by',
]);

const known = new Map<string, boolean>();

export function isSecretKey(key: string): boolean {
  let answer = known.get(key);
  if (answer === undefined) {
    answer = decide(key);
    // Keys of a hostile file are endless.
    if (known.size >= 4096) known.clear();
    known.set(key, answer);
  }
  return answer;
}

function decide(key: string): boolean {
  const words = wordsOf(key);
  const first = words[0] ?? '';
  const last = words.at(-1) ?? '';
  if (aboutEndings.has(last) || (words.length > 1 && aboutBeginnings.has(first))) return false;
  return words.some(
    (word, index) =>
      secretWords.has(word) ||
      secretEndings.test(word) ||
      ((word === 'key' || word === 'keys') && keyKinds.has(words[index - 1] ?? '')) ||
      (word === 'pass' && index > 0 && index === words.length - 1 && !passes.has(words[index - 1] ?? '')),
  );
}

/** `dbPassword2`, `DB_PASSWORD`, `db-password` → `db`, `password`. */
function wordsOf(key: string): readonly string[] {
  return key
    .replace(/^-D/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');
}

/** What stands where a secret could and is none: a reference to one, or a word that says that there is none. */
export function isNoSecret(value: string): boolean {
  return value.length < 64 && noSecret.test(value);
}

const noSecret =
  /^(?:\$\{[^}]*\}|\$\([^)]*\)|\{\{[^}]*\}\}|\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|true\|false|true|false|yes|no|on|off|null|nil|none|undefined|unset|enabled|disabled|required|optional|never|always|prompt|ask|unknown|missing|invalid|empty|[*.\-_~]*)$/i;
