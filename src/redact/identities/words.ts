/** Words that are no identity though they stand where one does. */

const commonUsers =
  words(`root nobody nogroup daemon bin sys sync games man lp mail news uucp proxy www-data www backup list irc gnats
  _apt messagebus sshd ntp chrony postgres mysql nginx apache httpd redis docker containerd admin administrator user users guest test
  ubuntu centos debian fedora ec2-user vagrant git operator ftp http https nfsnobody dbus polkitd rpc tss adm shutdown halt
  invalid unknown anonymous system none null true false yes no default any all self me you app name info support noreply no-reply
  username login logname group owner password the a an of in on for which what your
  postmaster hostmaster webmaster abuse`);

const commonHosts =
  words(`localhost localdomain ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes ip6-allrouters
  none null true false yes no default any all local remote unknown internal external public private host hosts hostname node
  server client master worker self this that the example broadcasthost home lan dns file files http https tcp udp tls ssh ftp
  www ftp mail proxy foo bar name hostname address server1 client1 mydomain your-server yourhost the a an your which what ip
  com net org error ok up down on off in out to from at by and or not is are was be it for with`);

export function isCommonUser(name: string): boolean {
  return commonUsers.has(name.toLowerCase()) || name.startsWith('systemd-');
}

export function isCommonHost(name: string): boolean {
  return commonHosts.has(name.toLowerCase());
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
