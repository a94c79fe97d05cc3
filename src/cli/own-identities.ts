import { readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import type { OwnIdentities } from '../redact/identities/masking.ts';

/** What this host and its people are called, from the places that say so. What cannot be read says nothing. */
export async function ownIdentities(): Promise<OwnIdentities> {
  const [hosts, resolver, people, ...ids] = await Promise.all(
    [
      '/etc/hosts',
      '/etc/resolv.conf',
      '/etc/passwd',
      '/etc/machine-id',
      '/sys/class/dmi/id/product_uuid',
      '/sys/class/dmi/id/product_serial',
    ].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const own = hostname();
  const names = linesOf(hosts).flatMap((words) => words.slice(1));
  const domains = linesOf(resolver).flatMap(([key, ...words]) => (key === 'search' || key === 'domain' ? words : []));
  const accounts = linesOf(people).flatMap(([line = '']) => personIn(line.split(':')));
  return {
    hosts: [...new Set([own, own.replace(/\..*/, ''), ...names, ...domains])].filter((name) => name !== ''),
    users: [...new Set([...whoami(), ...accounts])],
    machines: ids.map((id) => id.trim()).filter((id) => /^[0-9a-f-]{32,36}$/i.test(id)),
  };
}

/** Accounts from 1000 on belong to people; the last few are reserved. */
function personIn([name = '', , uid = '']: readonly string[]): readonly string[] {
  const number = Number(uid);
  return number >= 1000 && number < 65_000 ? [name] : [];
}

/** An account may be gone while its processes run. */
function whoami(): readonly string[] {
  const { SUDO_USER = '', LOGNAME = '' } = process.env;
  try {
    return [userInfo().username, SUDO_USER, LOGNAME].filter((name) => name !== '');
  } catch {
    return [SUDO_USER, LOGNAME].filter((name) => name !== '');
  }
}

function linesOf(text: string | undefined): readonly (readonly string[])[] {
  return (text ?? '')
    .split('\n')
    .map((line) =>
      line
        .replace(/[#;].*/, '')
        .trim()
        .split(/\s+/),
    )
    .filter(([first]) => first !== '');
}
