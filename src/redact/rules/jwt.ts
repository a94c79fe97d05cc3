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
