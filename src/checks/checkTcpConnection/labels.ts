import type { Cause } from '../../net/classify.ts';

/** What the plugin's page calls an error, as `when` spells it, and what to look at next. */
interface Label {
  readonly error: string;
  readonly when: string;
  readonly advice: string;
}

const refused: Label = {
  error: 'Connection refused',
  when: 'connection-refused',
  advice:
    'The host answered that nothing listens there. Next: is the service running on it, on this port, and bound to an address that can be reached from here (not only to 127.0.0.1)?',
};
const timeout: Label = {
  error: 'Connection timeout',
  when: 'connection-timeout',
  advice:
    'Nothing came back. Next: is the host up, does a firewall on the way or on the host drop the packets, and would a longer timeout help a slow path?',
};
const notFound: Label = {
  error: 'Host not found',
  when: 'host-not-found',
  advice:
    'The name gave no address. Next: is it spelled right, do the name servers of this host (/etc/resolv.conf) answer, and does the IP address in place of the name work?',
};
const unreachable: Label = {
  error: 'Network unreachable',
  when: 'network-unreachable',
  advice:
    'This host has no way to the address. Next: its routes and gateway, whether the interface is up, and whether both ends speak the same IP version.',
};
const permission: Label = {
  error: 'Permission denied',
  when: 'permission-denied',
  advice:
    'This host itself forbade the connection. Next: a source port below 1024 needs privileges; a local packet filter, SELinux or AppArmor may deny it; try as another user.',
};
const inUse: Label = {
  error: 'Port in use',
  when: 'port-in-use',
  advice: 'The source port is taken on this host. Next: choose another source_port, or leave it out.',
};
const reset: Label = {
  error: 'Connection reset',
  when: 'connection-reset',
  advice:
    'Something cut the connection while it was being made. Next: a middlebox or proxy on the way, or a service that crashes as it accepts.',
};
const resources: Label = {
  error: 'Local resources exhausted',
  when: 'local-resources',
  advice:
    'This host ran short of descriptors, ports or memory, which says nothing about the target. Next: its limits (ulimit -n) and its load.',
};

/** For every cause; `other` has only the system's own words. */
export const labels: Readonly<Record<Exclude<Cause, 'other'>, Label>> = {
  refused,
  timeout,
  'dns-timeout': {
    ...timeout,
    advice:
      'The name servers did not answer in time, so the target was never tried. Next: do the name servers of this host (/etc/resolv.conf) answer, and does the IP address in place of the name work?',
  },
  'dns-not-found': notFound,
  'dns-temporary': notFound,
  'invalid-address': notFound,
  unreachable,
  permission,
  'source-port-in-use': inUse,
  'local-resources': resources,
  reset,
};

/** The documented texts, and those that its page forgot. */
export const labelList: readonly Label[] = [
  refused,
  timeout,
  notFound,
  unreachable,
  permission,
  inUse,
  reset,
  resources,
];
