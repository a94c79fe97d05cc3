import { patternRule } from '../rule.ts';

/** Options of one letter, known only by the command that they belong to; none of these crosses a pipe or the end of a line. */

export const mysqlPassword = patternRule({
  id: 'mysql-option',
  title: 'mysql -pPASSWORD, also of mysqldump, mysqladmin and mariadb',
  anchors: ['mysql', 'mariadb'],
  pattern:
    /(?:mysql|mariadb)[\w-]{0,16}(?:[ \t]{1,4}(?!-p[^\s])[^\s|&;]{1,256}){0,16}?[ \t]{1,4}-p(?<secret>(?:[^\s"'|;\\]|\\(?!["'\\])){1,256}|"[^"\n]{1,256}"|'[^'\n]{1,256}')/dy,
  hits: ['mysqldump -u root -p«hunter2» db', 'mysql -p«x»'],
  misses: ['mysql -u root -p db', 'mysql --port 3306', 'ls mysql | grep -px'],
});

export const curlUser = patternRule({
  id: 'curl-user',
  title: 'curl -u USER:PASSWORD, and wget, http, smbclient alike',
  anchors: ['curl ', 'http ', 'https '],
  pattern:
    /(?:curl|https?) (?:[ \t]{0,4}(?!-u|--user|-a)[^\s|;]{1,512}[ \t]{1,4}){0,24}?(?:-u|--user|-a|--auth|--proxy-user|-U)[ \t=]{0,4}["']?[^\s:"'|;]{1,128}:(?<secret>(?:[^\s"'|;\\]|\\(?!["'\\])){1,256})/dy,
  hits: ['curl -k -u bob:«hunter2» https://x/', "curl --user 'bob:«x»' https://x/", 'curl -ubob:«x» y'],
  misses: ['curl -u bob https://x:80/', 'curl https://x:80/y'],
});

export const passwordOption = patternRule({
  id: 'password-option',
  title: 'sshpass -p, redis-cli -a, ldapsearch -w, docker login -p, expect and the like',
  anchors: [
    'sshpass',
    'redis-cli',
    'ldapsearch',
    'ldapmodify',
    'ldapadd',
    'docker login',
    'podman login',
    'helm registry login',
    'snmpwalk',
    'snmpget',
    'ipmitool',
    'smbclient',
    'rsync --password',
  ],
  pattern:
    /(?:(?:sshpass|(?:docker|podman|helm registry) login)(?:[ \t]{1,4}(?!-p)[^\s|;]{1,256}){0,12}?[ \t]{1,4}-p[ \t=]{0,4}|redis-cli(?:[ \t]{1,4}(?!-a)[^\s|;]{1,256}){0,12}?[ \t]{1,4}-a[ \t]{0,4}|ldap\w{3,8}(?:[ \t]{1,4}(?!-w)[^\s|;]{1,256}){0,12}?[ \t]{1,4}-w[ \t]{0,4}|snmp\w{3,4}(?:[ \t]{1,4}(?!-[cAX])[^\s|;]{1,256}){0,12}?[ \t]{1,4}-[cAX][ \t]{0,4}|ipmitool(?:[ \t]{1,4}(?!-P)[^\s|;]{1,256}){0,12}?[ \t]{1,4}-P[ \t]{0,4}|smbclient(?:[ \t]{1,4}(?!-U)[^\s|;]{1,256}){0,12}?[ \t]{1,4}-U[ \t]{0,4}[^\s%]{1,64}%)["']?(?<secret>(?:[^\s"'|;\\]|\\(?!["'\\])){1,256})/dy,
  hits: [
    'sshpass -p «hunter2» ssh bob@h',
    'redis-cli -h h -a «x» ping',
    'ldapsearch -x -D cn=a -w «x» -b dc=b',
    'docker login -u bob -p «x» r.test',
    'snmpwalk -v2c -c «community» host',
    'ipmitool -H h -U a -P «x» sol',
    'smbclient //h/s -U bob%«x»',
  ],
  misses: ['sshpass -e ssh bob@h', 'redis-cli -h h ping', 'docker login r.test'],
});
