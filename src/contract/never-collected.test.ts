import { expect, test } from '@jest/globals';
import { neverCollected } from './never-collected.ts';

test.each([
  '/etc/shadow',
  '/etc/gshadow-',
  '/home/bob/.ssh/id_ed25519',
  '/etc/ssh/ssh_host_rsa_key',
  '/etc/kubernetes/pki/ca.key',
  '/etc/ssl/private/site.pem',
  '/etc/letsencrypt/live/a.test/privkey.pem',
  '/root/.gnupg/private-keys-v1.d/x.key',
  '/srv/store.p12',
  '/root/.kube/config',
  '/etc/kubernetes/admin.conf',
  '/etc/rancher/k3s/k3s.yaml',
  '/var/lib/etcd/member/snap/db',
  '/var/lib/kubelet/pods/1/volumes/kubernetes.io~secret/x/token',
  '/root/.aws/credentials',
  '/root/.docker/config.json',
  '/root/.netrc',
  '/run/secrets/db',
  '/etc/NetworkManager/system-connections/Home.nmconnection',
  '/home/bob/keys.kdbx',
  '/home/bob/.mozilla/firefox/x.default/logins.json',
  '/home/bob/.config/google-chrome/Default/Cookies',
  'C:\\Users\\bob\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Cookies',
  '/root/.bash_history',
  '/home/bob/.local/share/fish/fish_history',
  '/proc/1/environ',
  '/proc/self/mem',
  '/proc/kcore',
  '/var/lib/systemd/coredump/core.x.zst',
  '/tmp/core.1234',
  '/var/lib/cloud/instance/user-data.txt.i',
  'host-collectors/copy/etc/shadow',
  'logs.tgz/home/bob/.ssh/id_rsa',
])('never: %s', (path) => {
  expect(neverCollected(path)).toEqual(expect.any(String));
});

test.each([
  '/etc/passwd',
  '/etc/hosts',
  '/home/bob/.ssh/id_ed25519.pub',
  '/home/bob/.ssh/known_hosts',
  '/etc/ssh/ssh_host_rsa_key.pub',
  '/etc/ssh/sshd_config',
  '/etc/kubernetes/manifests/etcd.yaml',
  '/etc/ssl/certs/ca-certificates.crt',
  '/var/log/syslog',
  '/proc/1/status',
  '/proc/meminfo',
  '/var/log/shadow.log',
  'host-collectors/connect/connect.json',
  'host-collectors/certificate/my.key.json',
  'spec.yaml',
  'core.log',
])('may be: %s', (path) => {
  expect(neverCollected(path)).toBeUndefined();
});

test('X1: no path takes long', () => {
  const started = process.cpuUsage();
  for (const part of ['/', 'a/', '.ssh/id_', 'pki/', 'wpa_supplicant', 'x.keytab/', 'kubeconfig'])
    neverCollected(part.repeat(1000));
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(1500);
});
