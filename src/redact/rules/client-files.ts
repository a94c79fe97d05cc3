import { patternRule } from '../rule.ts';

/** .netrc, as the manual of ftp(1) has it. */
export const netrc = patternRule({
  id: 'netrc',
  title: 'passwords of .netrc',
  anchors: ['login '],
  pattern:
    /login[ \t]+[^\s]{1,128}[ \t\r\n]{1,32}(?:account[ \t]+[^\s]{1,128}[ \t\r\n]{1,32})?password[ \t]+(?<secret>[^\s]{1,512})/diy,
  hits: ['machine h login bob password «hunter2»', 'machine h\n  login bob\n  password «x»\n'],
  misses: ['login as bob with a password please', 'login bob'],
});

/** .pgpass: host:port:database:user:password. */
export const pgpass = patternRule({
  id: 'pgpass',
  title: 'passwords of .pgpass',
  anchors: [':5432:', ':*:'],
  pattern:
    /(?<=(?:^|[\n\r]|\\n)[^\s:\\]{1,255}):(?:5432|\*):[^\s:]{1,128}:[^\s:]{1,128}:(?<secret>(?:[^\r\n\\"]|\\(?![nrt"])){1,512})/dy,
  hits: ['db.test:5432:app:bob:«hunter2»\n', '*:*:*:bob:«x»'],
  misses: ['tcp 0.0.0.0:5432: listening', 'a:*:b'],
});

/** `auths` of a registry client's config.json: user and password in base64. */
export const registryAuth = patternRule({
  id: 'registry-auth',
  title: 'credentials of docker config.json and .npmrc',
  anchors: ['"auth"', '_auth', '"identitytoken"'],
  pattern:
    /(?:"auth"\s{0,16}:\s{0,16}"|_auth\s{0,4}=\s{0,4}"?|"identitytoken"\s{0,16}:\s{0,16}")(?<secret>[\w+/.=-]{4,4096})/diy,
  hits: [
    '{"auths":{"r.test":{"auth":"«Ym9iOmh1bnRlcjI=»"}}}',
    '//r.test/:_auth=«Ym9iOmg=»',
    '{"identitytoken":"«abcd»"}',
  ],
  misses: ['{"auth":"no"}', '{"auth":true}', 'basic_auth = on'],
});

/** snmpd.conf(5) and the configuration of network devices. */
export const snmpCommunity = patternRule({
  id: 'snmp-community',
  title: 'SNMP communities',
  anchors: ['rocommunity', 'rwcommunity', 'snmp-server community', 'com2sec', 'trapcommunity'],
  pattern:
    /(?:(?:ro|rw|trap)community6?[ \t]{1,32}|snmp-server community |com2sec6?[ \t]{1,32}[^\s]{1,64}[ \t]{1,32}[^\s]{1,64}[ \t]{1,32})(?<secret>[^\s]{1,256})/diy,
  hits: ['rocommunity «s3cret» 10.0.0.0/8', 'snmp-server community «x» RO', 'com2sec ro default «x»'],
  misses: ['the rocommunity', 'community edition'],
});
