import { isNoSecret } from '../keys/words.ts';
import type { Found, Rule } from '../rule.ts';

/** What is said before a pipe, or behind `<<<`. */
const said =
  /(?:echo|printf)[ \t]{1,4}(?:-\w{1,3}[ \t]{1,4}){0,2}(?:\\*["'])?(?:[\w.-]{1,64}:(?=[^\r\n]{0,400}chpasswd))?(?<secret>[^\s"'|\\]{1,256})(?:\\n)?(?:\\*["'])?[ \t]{0,4}\|[^|\r\n]{0,64}$/d;
const given = /[^|;\r\n]{0,64}<<<[ \t]{0,4}(?:\\*["'])?(?<secret>[^\s"'\\]{1,256})/dy;

/** Programs that read a password from standard input are told it by `echo`. */
export const piped: Rule = {
  id: 'piped-password',
  title: 'what echo tells sudo -S, chpasswd, passwd --stdin, docker login --password-stdin, gpg, cryptsetup',
  anchors: ['sudo -s', '--stdin', '--password-stdin', 'chpasswd', '--passphrase-fd', 'cryptsetup', '-s <<<'],
  find({ text }, at): readonly Found[] {
    const from = Math.max(text.lastIndexOf('\n', at) + 1, at - 512);
    const before = said.exec(text.slice(from, at + 10).split(/[\r\n]/, 1)[0] ?? '')?.indices?.groups?.['secret'];
    given.lastIndex = at;
    const behind = given.exec(text)?.indices?.groups?.['secret'];
    const spans = [...(before ? [[from + before[0], from + before[1]] as const] : []), ...(behind ? [behind] : [])];
    return spans.filter(([start, end]) => !isNoSecret(text.slice(start, end))).map(([start, end]) => ({ start, end }));
  },
  hits: [
    'echo «hunter2» | sudo -S ls',
    "echo '«hunter2»' | sudo -S ls",
    'echo bob:«hunter2» | chpasswd',
    'echo "bob:«hunter2»" | sudo chpasswd',
    'echo -n «hunter2» | docker login -u bob --password-stdin',
    'passwd --stdin bob <<< "«hunter2»"',
    'sudo -S <<< «hunter2» ls',
  ],
  misses: ['echo $PASS | sudo -S ls', 'sudo -S ls', 'cat file | chpasswd', 'echo done; cryptsetup status a'],
};
