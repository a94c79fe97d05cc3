import { patternRule } from '../rule.ts';

/** crypt(5), the PHC string format, RFC 2307, and what PostgreSQL and Django store. */
export const passwordHash = patternRule({
  id: 'password-hash',
  title: 'hashes of passwords, as in /etc/shadow, htpasswd, LDAP and databases',
  anchors: [
    '$1$',
    '$2a$',
    '$2b$',
    '$2y$',
    '$5$',
    '$6$',
    '$7$',
    '$y$',
    '$gy$',
    '$apr1$',
    '$argon2',
    '$pbkdf2',
    '$scrypt$',
    '{ssha',
    '{sha',
    '{smd5}',
    'pbkdf2_sha',
    'scram-sha-256$',
    'bcrypt_sha256$',
  ],
  pattern:
    /(?<secret>\$(?:1|5|6|7|y|gy|apr1|2[aby]|argon2\w{0,4}|pbkdf2[\w-]{0,20}|scrypt)\$[^\s:"'\\,;<>]{8,512}|\{(?:ssha|sha|smd5)\d{0,3}\}[A-Za-z0-9+/=]{16,200}|(?:pbkdf2_sha\d{1,3}|scram-sha-256|bcrypt_sha256)\$[^\s"'\\,;<>]{16,512})/diy,
  hits: [
    'root:«$6$saltsalt$abcdefghijklmnop./0123456789»:19000:0:99999:7:::',
    'bob:«$2y$05$abcdefghijklmnopqrstuv»',
    'admin:«$apr1$abcdefgh$0123456789abcdefghijk.»',
    'userPwd {SSHA}'.replace('{SSHA}', '«{SSHA}MDEyMzQ1Njc4OWFiY2RlZg==»'),
    '«SCRAM-SHA-256$4096:abcdabcdabcd==$abc=:def=»',
  ],
  misses: ['echo $1$2', 'cost $5$ or $6$', 'root:!:19000:0:99999:7:::', 'root:x:0:0:root:/root:/bin/bash'],
});
