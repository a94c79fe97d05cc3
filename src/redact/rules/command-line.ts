import { type Argument, argumentsBehind } from '../keys/arguments.ts';
import { isNoSecret } from '../keys/words.ts';
import type { Found, Rule } from '../rule.ts';
import type { Window } from '../span.ts';

/** A program that takes secrets by options whose names tell nothing, or by their place. */
interface Command {
  /** As they are typed; the same with anything of `\w-` behind is meant too: `mysql`, `mysqldump`. */
  readonly names: readonly string[];
  readonly options?: readonly string[];
  /** Where the value stands: in the next argument, in the same one, or in either. */
  readonly value?: 'next' | 'same' | 'either';
  /** What stands between a user and the secret in one argument; absent: all of it is secret. */
  readonly behind?: ':' | '%' | ',' | '/' | '=';
  /** The secret is the argument with this number behind the name, options not counted. */
  readonly position?: number;
}

/** From the manuals of the programs. */
const commands: readonly Command[] = [
  { names: ['mysql', 'mariadb'], options: ['-p'], value: 'same' },
  { names: ['7z', '7za', '7zr', 'rar', 'unrar'], options: ['-p', '-hp'], value: 'same' },
  { names: ['sshpass'], options: ['-p'] },
  {
    names: [
      ...['docker', 'podman', 'nerdctl', 'buildah', 'skopeo', 'helm registry', 'oras', 'az', 'az acr', 'cf', 'oc'].map(
        (name) => `${name} login`,
      ),
      ...['crane auth login', 'mongo', 'mongosh', 'mongodump', 'mongorestore', 'mongoexport', 'mongoimport', 'cqlsh'],
      ...['cypher-shell', 'psexec', 'ncftp', 'ncftpget', 'ncftpput', 'rdesktop', 'ipmitool lanplus'],
    ],
    options: ['-p'],
  },
  { names: ['redis-cli'], options: ['-a'] },
  { names: ['ldapsearch', 'ldapmodify', 'ldapadd', 'ldapdelete', 'ldapwhoami', 'ldapcompare'], options: ['-w'] },
  { names: ['ldappasswd'], options: ['-w', '-s', '-a'] },
  { names: ['snmpwalk', 'snmpget', 'snmpbulkwalk', 'snmpgetnext', 'snmpset', 'snmptrap'], options: ['-c', '-A', '-X'] },
  { names: ['ipmitool', 'sqlcmd', 'bcp', 'tsql', 'zip', 'unzip', 'zipcloak'], options: ['-P'] },
  { names: ['openssl'], options: ['-k', '-K'], value: 'next' },
  { names: ['ssh-keygen'], options: ['-N', '-P'], value: 'next' },
  { names: ['plink', 'pscp', 'psftp', 'putty'], options: ['-pw'], value: 'next' },
  {
    names: ['keytool', 'jarsigner'],
    options: ['-storepass', '-keypass', '-srcstorepass', '-deststorepass'],
    value: 'next',
  },
  { names: ['keytool', 'jarsigner'], options: ['-srckeypass', '-destkeypass', '-new'], value: 'next' },
  { names: ['xfreerdp', 'wlfreerdp'], options: ['/p:'], value: 'same' },
  { names: ['smbclient', 'rpcclient', 'winexe', 'wmic', 'smbget'], options: ['-U', '--user'], behind: '%' },
  { names: ['lftp'], options: ['-u', '--user'], behind: ',' },
  { names: ['curl'], options: ['-u', '--user', '-U', '--proxy-user'], behind: ':' },
  { names: ['http', 'https', 'xh'], options: ['-a', '--auth'], value: 'next', behind: ':' },
  { names: ['etcdctl'], options: ['--user', '-u'], behind: ':' },
  { names: ['kubectl create secret', 'oc create secret'], options: ['--from-literal'], behind: '=' },
  { names: ['sqlplus', 'rman', 'expdp', 'impdp', 'sqlldr'], behind: '/', position: 1 },
  { names: ['htpasswd'], position: 3 },
  { names: ['rabbitmqctl add_user', 'rabbitmqctl change_password', 'rabbitmqctl authenticate_user'], position: 2 },
  { names: ['samba-tool user create', 'samba-tool user add', 'wpa_passphrase'], position: 2 },
  { names: ['vault operator unseal', 'vault login'], position: 1 },
  { names: ['aws configure set aws_secret_access_key', 'aws configure set aws_session_token'], position: 1 },
];

const byName = new Map<string, Command[]>();
for (const command of commands)
  for (const name of command.names) byName.set(name, [...(byName.get(name) ?? []), command]);

/** Until where the arguments of each were read: the same name among them has no others. */
const seen = new WeakMap<Window, Map<string, number>>();

export const commandLine: Rule = {
  id: 'command-line',
  title: 'secrets among the arguments of well-known programs: mysql -p…, curl -u user:…, docker login -p …, zip -P …',
  anchors: [...byName.keys()].map((name) => (/^\w{2,4}$/.test(name) ? `${name} ` : name)),
  find(window, at, anchor): readonly Found[] {
    const { text } = window;
    const name = anchor.trimEnd();
    const until = seen.get(window) ?? new Map<string, number>();
    seen.set(window, until);
    if (at < (until.get(name) ?? 0)) return [];
    if (/[\w.-]/.test(text[at - 1] ?? '') && !(text[at - 1] === 'n' && text[at - 2] === '\\')) return [];
    let from = at + name.length;
    while (/[\w-]/.test(text[from] ?? '')) from++;
    if (text.slice(from, from + 4).toLowerCase() === '.exe') from += 4;
    if (!/[\s"'\\\0]/.test(text[from] ?? '')) return [];
    const words = argumentsBehind(text, from);
    const last = words.at(-1);
    until.set(name, last === undefined ? from : last.start + last.text.length);
    return (byName.get(name) ?? []).flatMap((command) => secretsOf(command, words));
  },
  hits: [
    'mysqldump -u root -p«hunter2» db',
    'mysql -p«x»',
    '["mysql","-p«x y»","db"]',
    'sshpass -p «hunter2» ssh bob@h',
    "sshpass -p '«hunter 2»' ssh bob@h",
    'redis-cli -h h -a «x» ping',
    'ldapsearch -x -D cn=a -w «x» -b dc=b',
    'docker login -u bob -p «x» r.test',
    'snmpwalk -v2c -c «community» host',
    'ipmitool -H h -U a -P «x» sol',
    'smbclient //h/s -U bob%«x»',
    'curl -k -u bob:«hunter2» https://x/',
    "curl --user 'bob:«x»' https://x/",
    "curl --user bob:'«x y»' -iX PATCH",
    'curl -ubob:«x» y',
    'curl -u :«x» y; ls',
    'curl -u "«abc»:" https://y',
    'curl -X POST y \\\n  -d a=b \\\n  -u bob:«x»',
    '{"cmd":"curl -u \\"bob:«x»\\" https://y"}',
    '{"out":"a\\ncurl -u bob:«x»\\nb"}',
    'http -a bob:«x» y.test',
    'zip -P «x» a.zip b',
    '7z a -p«x» a.7z',
    'keytool -list -storepass «x» -keypass «y»',
    'openssl enc -aes256 -k «x» -in a',
    'PSEXEC.EXE \\\\h -u DOM\\bob -p «x» CMD',
    'sqlplus scott/«tiger»@db',
    'htpasswd -b file bob «x»',
    'rabbitmqctl add_user bob «x»',
    'vault operator unseal «abc+/def»',
    'aws configure set aws_secret_access_key «abc+/def»',
    'kubectl create secret generic a --from-literal=k=«x»',
    'xfreerdp /u:bob /p:«x» /v:h',
    'lftp -u bob,«x» h',
  ],
  misses: [
    'mysql -u root -p db',
    'mysql --port 3306',
    'ls mysql | grep -px',
    'curl -u bob https://x:80/',
    'curl https://x:80/y',
    'sshpass -e ssh bob@h',
    'redis-cli -h h ping',
    'docker login r.test',
    'htpasswd -n bob',
    'htpasswd file bob',
    'curl -u $USER:$PASS https://x/',
    'openssl x509 -in a -noout',
    'zip -r a.zip b',
    'the http -a option',
    'sqlplus /nolog',
    'mongod -f /etc/mongod.conf; ls -p',
  ],
};

function secretsOf(command: Command, all: readonly Argument[]): readonly Found[] {
  const { options = [], value = 'either', behind, position } = command;
  if (position !== undefined) {
    // Without -b, htpasswd asks for the password.
    if (command.names[0] === 'htpasswd' && !all.some(({ text }) => /^-\w*b/.test(text))) return [];
    const plain = all.filter(({ text }) => !text.startsWith('-'));
    return secretIn(plain[position - 1], 0, behind);
  }
  return all.flatMap((one, index) => {
    const option = options.find((name) => one.text.startsWith(name));
    if (option === undefined) return [];
    const rest = one.text.slice(option.length);
    if (rest === '') return value === 'same' ? [] : secretIn(all[index + 1], 0, behind);
    // `--user=bob`, `-ubob`; but of `--username` neither.
    const skip = rest.startsWith('=') ? 1 : 0;
    if (value === 'next' || (option.startsWith('--') && skip === 0)) return [];
    return secretIn(one, option.length + skip, behind);
  });
}

function secretIn(one: Argument | undefined, from: number, behind: Command['behind']): readonly Found[] {
  if (one === undefined) return [];
  const sign = behind === undefined ? from - 1 : one.text.indexOf(behind, from);
  if (behind !== undefined && (sign === -1 || (behind === '/' && sign === 0))) return [];
  const start = sign + 1 + (/^\\*["']/.exec(one.text.slice(sign + 1))?.[0].length ?? 0);
  const end = behind === '/' && one.text.includes('@', start) ? one.text.lastIndexOf('@') : one.text.length;
  const secret = one.text.slice(start, end);
  // `curl -u TOKEN:`: the user is the secret then.
  if (secret === '' && behind === ':') return sign > from ? [{ start: one.start + from, end: one.start + sign }] : [];
  return secret.startsWith('-') || isNoSecret(secret) ? [] : [{ start: one.start + start, end: one.start + end }];
}
