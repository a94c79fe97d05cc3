import { r, type Vendor } from './vendor.ts';

/** Of clouds, hosts and their networks. */
export const cloud: readonly Vendor[] = [
  {
    name: 'aws',
    anchors: ['akia', 'asia', 'abia', 'acca'],
    token: /(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
    example: `AKIA${r('ABC7', 16)}`,
  },
  {
    name: 'aws-bedrock',
    anchors: ['absk', 'bedrock-api-key-'],
    token: /(?:ABSK[A-Za-z0-9+/]{80,200}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{16,400})/,
    example: `ABSK${r('aB3', 120)}`,
  },
  { name: 'aws-mws', anchors: ['amzn.mws.'], token: /amzn\.mws\.[0-9a-f-]{36}/, example: `amzn.mws.${r('a1', 36)}` },
  {
    name: 'digitalocean',
    anchors: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    token: /do[opr]_v1_[0-9a-f]{64}/,
    example: `dop_v1_${r('a1', 64)}`,
  },
  { name: 'heroku', anchors: ['hrku-'], token: /HRKU-[\w-]{30,100}/, example: `HRKU-${r('aB3', 60)}` },
  {
    name: 'fly-io',
    anchors: ['fo1_', 'fm1_', 'fm1a_', 'fm1r_', 'fm2_'],
    token: /(?:fo1_[\w-]{40,64}|fm(?:1[ar]?|2)_[A-Za-z0-9+/=]{80,600})/,
    example: `fo1_${r('aB3', 43)}`,
  },
  {
    name: 'alibaba',
    anchors: ['ltai'],
    token: /LTAI[A-Za-z0-9]{12,24}(?![A-Za-z0-9])/,
    example: `LTAI${r('aB3', 20)}`,
  },
  {
    name: 'azure',
    anchors: ['8q~', '7q~', 'azco', 'azse', 'aioh', '+amc', '+asb', '+aria', 'azfu', 'acdb', 'jqqj99'],
    token:
      /(?:(?<=[\w~.]{3})[78]Q~[\w~.-]{31,34}|(?<=[A-Za-z0-9+/]{20,76})(?:\+ABa|\+AMC|AIoT|\+ASb|\+ARm|AzSe|AzCo|AzFu|ACDb)[A-Za-z0-9+/]{5,44}={0,2}|(?<=[A-Za-z0-9]{40})JQQJ99[A-Za-z0-9]{30,40})/,
    example: `8Q~${r('aB3', 34)}`,
    lead: 'abc',
  },
  {
    name: 'azure-devops',
    anchors: ['azdo'],
    token: /(?<=(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))[A-Za-z0-9]{76})AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/,
    example: `AZDO${r('aB3', 4)}`,
    lead: r('aB3', 76),
  },
  {
    name: 'yandex',
    anchors: ['t1.', 'aqvn', 'yca', 'y0_', 'ycm', 'ycn', 'yco', 'ycp'],
    token:
      /(?:t1\.[A-Z0-9a-z_-]+[=]{0,2}\.[A-Z0-9a-z_-]{80,100}|AQVN[\w-]{35,38}|YC[\w-]{38}(?![\w-])|y0_[\w-]{50,64})/,
    example: `AQVN${r('aB3', 36)}`,
  },
  { name: 'scaleway', anchors: ['scw'], token: /SCW[A-Z0-9]{17}(?![A-Za-z0-9])/, example: `SCW${r('A1', 17)}` },
  { name: 'exoscale', anchors: ['exo'], token: /EXO[0-9a-f]{24}(?![A-Za-z0-9])/, example: `EXO${r('a1', 24)}` },
  {
    name: 'akamai',
    anchors: ['akab-'],
    token: /akab-[a-z0-9]{16}-[a-z0-9]{16}/,
    example: `akab-${r('a1', 16)}-${r('a1', 16)}`,
  },
  {
    name: 'cloudflare',
    anchors: ['v1.0-'],
    token: /v1\.0-[0-9a-f]{24}-[0-9a-f]{146}/,
    example: `v1.0-${r('a1', 24)}-${r('a1', 146)}`,
  },
  { name: 'render', anchors: ['rnd_'], token: /rnd_[A-Za-z0-9]{28,36}/, example: `rnd_${r('aB3', 32)}` },
  {
    name: 'vercel',
    anchors: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
    token: /vc[piark]_[A-Za-z0-9]{24,64}/,
    example: `vcp_${r('aB3', 56)}`,
  },
  {
    name: 'netlify',
    anchors: ['nfp_', 'nfc_', 'nfo_', 'nfu_'],
    token: /nf[pcou]_[A-Za-z0-9]{36,64}/,
    example: `nfp_${r('aB3', 36)}`,
  },
  {
    name: 'tailscale',
    anchors: ['tskey-'],
    token: /tskey-[a-z]{2,12}-[\w-]{10,100}/,
    example: `tskey-auth-${r('aB3', 12)}-${r('aB3', 32)}`,
  },
  {
    name: 'kubeadm',
    anchors: ['kubeadm join', 'bootstrap-token-'],
    token: /bootstrap-token-[a-z0-9]{6}(?![a-z0-9])/,
    example: 'bootstrap-token-abc123',
  },
  { name: 'openshift', anchors: ['sha256~'], token: /sha256~[\w-]{43}(?![\w-])/, example: `sha256~${r('aB3', 43)}` },
  {
    name: 'terraform-cloud',
    anchors: ['.atlasv1.'],
    token: /(?<=[A-Za-z0-9]{14})\.atlasv1\.[\w-]{60,80}/,
    example: `.atlasv1.${r('aB3', 67)}`,
    lead: 'abcdefghij1234',
  },
  { name: 'pulumi', anchors: ['pul-'], token: /pul-[0-9a-f]{40}/, example: `pul-${r('a1', 40)}` },
  {
    name: 'vault',
    anchors: ['hvs.', 'hvb.', 'hvr.', 's.'],
    token: /(?:hv[sbr]\.[\w-]{20,255}|s\.[A-Za-z0-9]{24}(?![A-Za-z0-9.]))/,
    example: `hvs.${r('aB3', 90)}`,
  },
  {
    name: 'doppler',
    anchors: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    token: /dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}/,
    example: `dp.pt.${r('aB3', 43)}`,
  },
  {
    name: 'onepassword',
    anchors: ['ops_eyj', 'a3-'],
    token:
      /(?:ops_eyJ[A-Za-z0-9+/=_-]{100,1000}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})/,
    example: `ops_eyJ${r('aB3', 200)}`,
  },
  {
    name: 'age',
    anchors: ['age-secret-key-1'],
    token: /AGE-SECRET-KEY-1[A-Z0-9]{58}/i,
    example: `AGE-SECRET-KEY-1${r('Q2', 58)}`,
  },
  {
    name: 'harness',
    anchors: ['pat.', 'sat.'],
    token: /[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}/,
    example: `pat.${r('aB3', 22)}.${r('a1', 24)}.${r('aB3', 20)}`,
  },
  { name: 'octopus', anchors: ['api-'], token: /API-[A-Z0-9]{25,34}(?![A-Za-z0-9-])/, example: `API-${r('AB3', 28)}` },
  { name: 'google-api', anchors: ['aiza'], token: /AIza[\w-]{35}(?![\w-])/, example: `AIza${r('aB3', 35)}` },
  {
    name: 'google-oauth',
    anchors: ['ya29.', 'gocspx-', '1//0'],
    token: /(?:ya29\.[\w-]{20,1024}|GOCSPX-[\w-]{20,64}|1\/\/0[\w-]{20,255})/,
    example: `ya29.${r('aB3', 40)}`,
  },
  { name: 'recaptcha', anchors: ['6l'], token: /6L[A-Za-z0-9_-]{38}(?![\w-])/, example: `6L${r('aB3', 38)}` },
];
