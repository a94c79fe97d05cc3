import { patternRule } from '../rule.ts';

/** RFC 7519: JSON that begins with `{"`, in base64url, and at least one more part. */
export const jwt = patternRule({
  id: 'jwt',
  title: 'JSON Web Tokens',
  anchors: ['eyj'],
  pattern: /(?:(?<![\w-])|(?<=\\[nrtbf]))(?<secret>eyJ[\w-]{8,4096}\.[\w-]{8,8192}(?:\.[\w-]{0,4096}){0,3})/dy,
  hits: [
    'got «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl» here',
    '{"out":"got\\n«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl»"}',
  ],
  misses: ['keyJhbGciOiJI.abcdefgh1', 'eyJ.txt'],
});

/** The same, or a private key in PEM, in base64 once more, as in what sets up a machine. */
export const encoded = patternRule({
  id: 'encoded-secret',
  title: 'private keys and JSON Web Tokens in base64',
  anchors: ['ls0tls1crudjt', 'zxlk'],
  pattern: /(?<secret>(?:LS0tLS1CRUdJT|ZXlK)(?:[A-Za-z0-9+/]{4,512}(?:\\r)?(?:\\n|\r?\n[ \t]{0,16})?){1,512}={0,2})/dy,
  accepts(secret) {
    const plain = Buffer.from(secret.slice(0, 400), 'base64').toString('latin1');
    return /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/.test(plain) || /^eyJ[\w-]{8,}\.eyJ/.test(plain);
  },
  hits: [
    `content: «${Buffer.from('-----BEGIN EC PRIVATE KEY-----\nMIIE').toString('base64')}»`,
    `got «${Buffer.from('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln').toString('base64')}» here`,
  ],
  misses: [Buffer.from('-----BEGIN CERTIFICATE-----\nMIIE').toString('base64'), 'ZXlKs in a text'],
});
