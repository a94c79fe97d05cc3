import { contextRule } from './context.ts';

/** In prose, in calls and options of programs that nobody knows. */
export const nearSecret = contextRule({
  id: 'near-secret',
  title: 'an opaque value right behind a word for a secret: setToken("…"), api key is …, PAT …',
  anchors: [
    'key',
    'token',
    'secret',
    'password',
    'passwd',
    'auth',
    'credential',
    'webhook',
    'api',
    ' pat ',
    '_pat',
    'bearer',
    'license',
  ],
  farthest: 32,
  isTelling: false,
  assigned: ['api', 'license'],
  hits: [
    '{"out":"the token\\n«a8c3ef01x345v789abt2»\\n"}',
    'client.setToken("«a8c3ef01x345v789abt2»")',
    'the key is «a8c3ef01x345v789abt2».',
  ],
  misses: [
    'key: sha256:0123456789abcdef0123',
    'token accepted',
    'the key in /var/lib/x/0123456789abcdef0123',
    'nw_key_nat64_post_new_ifstate',
  ],
});
