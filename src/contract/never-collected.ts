/**
 * Files that are nobody's business but their owner's, whatever a spec asks for: what is in them is secret as a whole, or lets
 * somebody in. Decided by the path alone, so that they are not even opened.
 */

interface Kind {
  /** As messages call it. */
  readonly what: string;
  /** Ends of paths, in lower case, `/` between their parts. */
  readonly paths: RegExp;
}

const kinds: readonly Kind[] = [
  {
    what: 'passwords of the system',
    paths:
      /etc\/(?:g?shadow-?|master\.passwd|security\/opasswd|krb5\.keytab|ipsec\.secrets|ppp\/(?:chap|pap)-secrets)|[^/]+\.keytab|var\/lib\/samba\/private\/.+/,
  },
  {
    what: 'a private key',
    paths:
      /\.ssh\/(?:id_[^/]*(?<!\.pub)|identity)|etc\/ssh\/ssh_host_[^/]*key|etc\/(?:ssl|pki\/tls)\/private\/.+|(?:pki|ssl|tls|certs|private)\/(?:.+\/)?[^/]+\.key|privkey\d*\.pem|[^/]+\.(?:p12|pfx|jks|keystore|ppk)|\.gnupg\/.+|etc\/wireguard\/.+|etc\/letsencrypt\/accounts\/.+/,
  },
  {
    what: 'access to a cluster',
    paths:
      /\.kube\/config|etc\/kubernetes\/[^/]+\.conf|etc\/rancher\/(?:k3s\/k3s|rke2\/rke2)\.yaml|var\/lib\/(?:rancher\/(?:k3s|rke2)\/server\/(?:(?:node-|agent-)?token|cred\/.+|tls\/.+)|kubelet\/pki\/.+|k0s\/pki\/.+|etcd\/.+)|[^/]*kubeconfig(?:\.ya?ml)?/,
  },
  {
    what: 'credentials of a program',
    paths:
      /\.aws\/credentials|\.azure\/.+|\.config\/(?:gcloud\/.+|gh\/hosts\.yml|containers\/auth\.json)|\.docker\/config\.json|containers\/\d+\/auth\.json|[._]netrc|\.pgpass|\.my\.cnf|\.pypirc|\.git-credentials|\.vault-token|\.boto|\.s3cfg|\.terraform\.d\/credentials\.tfrc\.json|run\/secrets\/.+|volumes\/kubernetes\.io~(?:secret|projected)\/.+/,
  },
  {
    what: 'passwords of networks',
    paths: /networkmanager\/system-connections\/.+|wpa_supplicant[^/]*\.conf|var\/lib\/iwd\/.+/,
  },
  {
    what: 'a store of passwords',
    paths: /[^/]+\.kdbx?|\.password-store\/.+|\.local\/share\/(?:keyrings|kwalletd)\/.+|library\/keychains\/.+/,
  },
  {
    what: 'the profile of a browser',
    paths:
      /\.mozilla\/.+|\.config\/(?:google-chrome|chromium|bravesoftware|microsoft-edge|vivaldi|opera)[^/]*\/.+|(?:mozilla\/firefox|firefox|google\/chrome|microsoft\/edge|bravesoftware\/[^/]+)\/(?:profiles|user data|default)\/.+|\.mozilla-thunderbird\/.+|\.thunderbird\/.+/,
  },
  {
    what: 'a history of commands',
    paths:
      /\.(?:bash|zsh|sh|ksh|python|mysql|psql|rediscli|sqlite|irb|node_repl|mongorepl|dbshell)_?history|\.history|\.zhistory|\.histfile|fish_history|\.lesshst|\.viminfo|consolehost_history\.txt/,
  },
  {
    what: 'the memory or the environment of processes',
    paths:
      /proc\/(?:[^/]+\/(?:task\/\d+\/)?(?:environ|mem)|kcore)|dev\/k?mem|var\/lib\/(?:systemd|apport)\/coredump\/.+|var\/crash\/.+|core\.\d+|vmcore|swapfile|swap\.img|hiberfil\.sys|pagefile\.sys/,
  },
  {
    what: 'what a cloud hands to a new host',
    paths:
      /var\/lib\/cloud\/instances?\/(?:[^/]+\/)?(?:user-data\.txt[^/]*|cloud-config\.txt|vendor-data\S*)|run\/cloud-init\/.*sensitive.*/,
  },
  { what: 'mail', paths: /var\/(?:spool\/)?mail\/.+/ },
];

const patterns = kinds.map(({ what, paths }) => ({ what, pattern: new RegExp(`(?:^|/)(?:${paths.source})$`) }));

/**
 * What a file is that must never be collected; undefined where it may be. Of a path on a host, links followed, or in a bundle:
 * whatever stands before its last parts does not matter.
 */
export function neverCollected(path: string): string | undefined {
  const plain = path.replaceAll('\\', '/').replace(/\/+/g, '/').toLowerCase();
  // What names no more than a file is longer only when somebody wants it to take long.
  return plain.length > longest ? 'a path of absurd length' : patterns.find(({ pattern }) => pattern.test(plain))?.what;
}

const longest = 8192;
