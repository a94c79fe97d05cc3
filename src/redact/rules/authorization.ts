import { patternRule } from '../rule.ts';

/** RFC 6750. */
export const bearer = patternRule({
  id: 'bearer',
  title: 'bearer tokens, with or without their header',
  anchors: ['bearer '],
  pattern: /bearer {1,4}(?<secret>[\w.~+/-]{8,4096}={0,2})/diy,
  accepts: (secret) => /\d/.test(secret) || secret.length >= 24,
  hits: ['curl -H "Authorization: bearer «abc123def»" x', 'sent Bearer «a1b2c3d4.e5»'],
  misses: ['the bearer authentication scheme', 'bearer token'],
});

/** RFC 7617: user and password in base64. */
export const basic = patternRule({
  id: 'basic',
  title: 'credentials of the Basic scheme, with or without their header',
  anchors: ['basic '],
  pattern: /basic {1,4}(?<secret>[A-Za-z0-9+/]{6,4096}={0,2})/diy,
  accepts: (secret) => Buffer.from(secret, 'base64').includes(58),
  hits: ['sent Basic «Ym9iOmh1bnRlcjI=»'],
  misses: ['Basic Authentication is off', 'basic information'],
});
