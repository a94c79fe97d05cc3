import { patternRule } from '../rule.ts';

/** RFC 3986, section 3.2.1. A password may hold an `@` though it should not; in a file's name slashes have become `_`. */
export const urlCredentials = patternRule({
  id: 'url-credentials',
  title: 'the password in scheme://user:password@host, of any scheme',
  anchors: ['://', ':__'],
  pattern:
    /:(?:\/\/|__)[^\s/?#@:"'<>`\\]{0,256}:(?<secret>[^\s/?#"'<>`]{1,512}(?=@)|(?!\d{1,5}(?:[/?#]|$))[^\s?#"'<>`]{1,512}(?=@))/dy,
  hits: [
    'https://bob:«hunter2»@example.test/x',
    'proxy=http://bob:«p@ss»@proxy:3128',
    'amqp://:«x»@mq/vhost',
    'postgres://u:«a/b»@db/x',
  ],
  misses: ['https://example.test:8080/a@b', 'http://user@host/', 'http://[::1]:80/', 'see http://a.test and b@c.test'],
});

export const urlToken = patternRule({
  id: 'url-token',
  title: 'a token in the place of the user: scheme://token@host',
  anchors: ['://'],
  pattern: /:\/\/(?<secret>[^\s/?#@:"'<>`\\]{20,256})@/dy,
  accepts: (secret) => /\d/.test(secret),
  hits: ['https://«0123456789abcdef0123456789»@sentry.test/4'],
  misses: ['ssh://git@host/', 'https://name.surname@example.test/'],
});
