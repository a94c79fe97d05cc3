import { patternRule, type Rule, wordStart } from '../rule.ts';

/**
 * Tokens that their vendors begin with a fixed prefix, from the vendors' own pages. Examples are made of repeated characters, so
 * that nobody takes them for real.
 */
interface Vendor {
  readonly name: string;
  readonly anchors: readonly string[];
  readonly token: RegExp;
  readonly example: string;
}

const r = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

const vendors: readonly Vendor[] = [
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
  {
    name: 'github',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    token: /(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_\w{22,255})/,
    example: `ghp_${r('aB3', 36)}`,
  },
  {
    name: 'gitlab',
    anchors: [
      'glpat-',
      'gldt-',
      'glrt-',
      'glcbt-',
      'glptt-',
      'glft-',
      'glsoat-',
      'glagent-',
      'glimt-',
      'gloas-',
      'gr1348941',
      '_gitlab_session=',
    ],
    token:
      /(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[\w.-]{20,255}|GR1348941[\w-]{20,64}|_gitlab_session=[0-9a-z]{32})/,
    example: `glpat-${r('aB3_', 20)}`,
  },
  {
    name: 'slack',
    anchors: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxe', 'xoxc-', 'xoxd-', 'xapp-'],
    token: /(?:xox[abceoprsd](?:\.xox[bp])?-[A-Za-z0-9%/+-]{10,400}|xapp-\d-[A-Za-z0-9-]{10,255})/,
    example: `xoxb-${r('1234567890-', 24)}`,
  },
  {
    name: 'slack-webhook',
    anchors: ['hooks.slack.com/'],
    token: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/-]{20,200}/,
    example: `hooks.slack.com/services/T0/B0/${r('aB3', 24)}`,
  },
  {
    name: 'discord-webhook',
    anchors: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    token: /discord(?:app)?\.com\/api\/webhooks\/\d{8,24}\/[\w-]{20,100}/,
    example: `discord.com/api/webhooks/${r('1', 18)}/${r('aB3', 68)}`,
  },
  {
    name: 'teams-webhook',
    anchors: ['.webhook.office.com/'],
    token: /\.webhook\.office\.com\/webhookb2\/[\w@/-]{36,300}/,
    example: `.webhook.office.com/webhookb2/${r('a1-', 60)}`,
  },
  {
    name: 'telegram',
    anchors: [':aa'],
    token: /(?<=(?<!\d)\d{8,10}):AA[\w-]{32,34}(?![\w-])/,
    example: `:AA${r('aB3', 33)}`,
  },
  { name: 'google-api', anchors: ['aiza'], token: /AIza[\w-]{35}(?![\w-])/, example: `AIza${r('aB3', 35)}` },
  {
    name: 'google-oauth',
    anchors: ['ya29.', 'gocspx-', '1//0'],
    token: /(?:ya29\.[\w-]{20,1024}|GOCSPX-[\w-]{20,64}|1\/\/0[\w-]{20,255})/,
    example: `ya29.${r('aB3', 40)}`,
  },
  {
    name: 'stripe',
    anchors: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_', 'sk_prod_', 'rk_prod_'],
    token: /(?:[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{24,100})/,
    example: `sk_test_${r('aB3', 24)}`,
  },
  {
    name: 'square',
    anchors: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'eaaa'],
    token: /(?:sq0(?:atp|csp|idp)-[\w-]{22,43}|EAAA[\w-]{60})(?![\w-])/,
    example: `sq0atp-${r('aB3', 22)}`,
  },
  {
    name: 'paypal-braintree',
    anchors: ['access_token$'],
    token: /access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}/,
    example: `access_token$production$${r('a1', 16)}$${r('a1', 32)}`,
  },
  {
    name: 'openai',
    anchors: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-', 'sess-'],
    token:
      /(?:sk-(?:proj|svcacct|admin|None|service)-[\w-]{20,255}|sk-(?:[A-Za-z0-9]{20}T3BlbkFJ)?[A-Za-z0-9]{20,48}|sess-[A-Za-z0-9]{40})(?![\w-])/,
    example: `sk-proj-${r('aB3', 48)}`,
  },
  { name: 'anthropic', anchors: ['sk-ant-'], token: /sk-ant-[\w-]{20,255}/, example: `sk-ant-api03-${r('aB3', 93)}` },
  { name: 'openrouter', anchors: ['sk-or-v1-'], token: /sk-or-v1-[0-9a-f]{40,80}/, example: `sk-or-v1-${r('a1', 64)}` },
  { name: 'groq', anchors: ['gsk_'], token: /gsk_[A-Za-z0-9]{40,64}/, example: `gsk_${r('aB3', 52)}` },
  { name: 'xai', anchors: ['xai-'], token: /xai-[A-Za-z0-9]{60,100}/, example: `xai-${r('aB3', 80)}` },
  { name: 'perplexity', anchors: ['pplx-'], token: /pplx-[A-Za-z0-9]{40,64}/, example: `pplx-${r('aB3', 48)}` },
  { name: 'replicate', anchors: ['r8_'], token: /r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])/, example: `r8_${r('aB3', 37)}` },
  {
    name: 'hugging-face',
    anchors: ['hf_', 'api_org_'],
    token: /(?:hf_[A-Za-z0-9]{30,64}|api_org_[A-Za-z0-9]{30,64})/,
    example: `hf_${r('aB', 34)}`,
  },
  { name: 'npm', anchors: ['npm_'], token: /npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/, example: `npm_${r('aB3', 36)}` },
  { name: 'pypi', anchors: ['pypi-age'], token: /pypi-AgE[\w-]{40,512}/, example: `pypi-AgE${r('aB3', 80)}` },
  { name: 'rubygems', anchors: ['rubygems_'], token: /rubygems_[0-9a-f]{48}/, example: `rubygems_${r('a1', 48)}` },
  { name: 'crates', anchors: ['cio'], token: /cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/, example: `cio${r('aB3', 32)}` },
  { name: 'nuget', anchors: ['oy2'], token: /oy2[a-z0-9]{43}(?![a-z0-9])/, example: `oy2${r('a1', 43)}` },
  {
    name: 'docker-hub',
    anchors: ['dckr_pat_', 'dckr_oat_'],
    token: /dckr_[po]at_[\w-]{20,64}/,
    example: `dckr_pat_${r('aB3', 27)}`,
  },
  {
    name: 'vault',
    anchors: ['hvs.', 'hvb.', 'hvr.', 's.'],
    token: /(?:hv[sbr]\.[\w-]{20,255}|s\.[A-Za-z0-9]{24}(?![A-Za-z0-9.]))/,
    example: `hvs.${r('aB3', 90)}`,
  },
  {
    name: 'terraform-cloud',
    anchors: ['.atlasv1.'],
    token: /(?<=[A-Za-z0-9]{14})\.atlasv1\.[\w-]{60,80}/,
    example: `.atlasv1.${r('aB3', 67)}`,
  },
  {
    name: 'consul-nomad-doppler',
    anchors: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    token: /dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}/,
    example: `dp.pt.${r('aB3', 43)}`,
  },
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
    name: 'databricks',
    anchors: ['dapi'],
    token: /dapi[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])/,
    example: `dapi${r('a1', 32)}`,
  },
  {
    name: 'grafana',
    anchors: ['glsa_', 'glc_', 'eyjrijoi'],
    token: /(?:glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/]{32,400}={0,2}|eyJrIjoi[A-Za-z0-9+/=_-]{40,400})/,
    example: `glsa_${r('aB3', 32)}_01234567`,
  },
  {
    name: 'new-relic',
    anchors: ['nrak-', 'nrii-', 'nrra-', 'nrsp-', 'nraa-', 'nrjs-', 'nriq-', 'nrbr-', 'ffffnral'],
    token: /(?:NR(?:AK|II|RA|SP|AA|JS|IQ|BR)-[\w-]{19,64}|(?<=[0-9a-f]{32,36})FFFFNRAL)/,
    example: `NRAK-${r('A1B', 27)}`,
  },
  {
    name: 'sentry',
    anchors: ['sntrys_', 'sntryu_'],
    token: /(?:sntrys_eyJ[A-Za-z0-9+/=_-]{40,600}|sntryu_[0-9a-f]{64})/,
    example: `sntryu_${r('a1', 64)}`,
  },
  {
    name: 'sendgrid',
    anchors: ['sg.'],
    token: /SG\.[\w-]{16,32}\.[\w-]{30,64}/,
    example: `SG.${r('aB3', 22)}.${r('aB3', 43)}`,
  },
  {
    name: 'mailgun',
    anchors: ['key-', 'pubkey-'],
    token: /(?:pub)?key-[0-9a-z]{32}(?![0-9a-z])/,
    example: `key-${r('a1', 32)}`,
  },
  { name: 'mailchimp', anchors: ['-us'], token: /(?<=(?<![0-9a-f])[0-9a-f]{32})-us\d{1,2}(?!\w)/, example: `-us12` },
  {
    name: 'sendinblue',
    anchors: ['xkeysib-', 'xsmtpsib-'],
    token: /x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}/,
    example: `xkeysib-${r('a1', 64)}-${r('aB3', 16)}`,
  },
  { name: 'twilio', anchors: ['sk'], token: /SK[0-9a-f]{32}(?![0-9a-zA-Z])/, example: `SK${r('a1', 32)}` },
  {
    name: 'shopify',
    anchors: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    token: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/,
    example: `shpat_${r('a1', 32)}`,
  },
  {
    name: 'atlassian',
    anchors: ['atatt3', 'atctt3', 'atbb', 'atcp'],
    token: /(?:AT[AC]TT3[\w=-]{60,400}|ATBB[A-Za-z0-9]{32}|ATCP[A-Za-z0-9=_-]{40,300})/,
    example: `ATATT3${r('aB3', 186)}`,
  },
  {
    name: 'linear',
    anchors: ['lin_api_', 'lin_oauth_'],
    token: /lin_(?:api|oauth)_[A-Za-z0-9]{32,64}/,
    example: `lin_api_${r('aB3', 40)}`,
  },
  {
    name: 'notion',
    anchors: ['secret_', 'ntn_'],
    token: /(?:secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])|ntn_[A-Za-z0-9]{40,60})/,
    example: `ntn_${r('aB3', 46)}`,
  },
  {
    name: 'airtable',
    anchors: ['pat'],
    token: /pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/,
    example: `pat${r('aB3', 14)}.${r('a1', 64)}`,
  },
  {
    name: 'figma',
    anchors: ['figd_', 'figu_', 'figo_'],
    token: /fig[duo]h?_[\w-]{38,60}/,
    example: `figd_${r('aB3', 40)}`,
  },
  { name: 'dropbox', anchors: ['sl.'], token: /sl\.(?:u\.)?[\w-]{120,1400}/, example: `sl.${r('aB3', 140)}` },
  {
    name: 'postman',
    anchors: ['pmak-'],
    token: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/,
    example: `PMAK-${r('a1', 24)}-${r('a1', 34)}`,
  },
  {
    name: 'planetscale',
    anchors: ['pscale_'],
    token: /pscale_(?:tkn|pw|oauth)_[\w.-]{32,64}/,
    example: `pscale_tkn_${r('aB3', 43)}`,
  },
  {
    name: 'supabase',
    anchors: ['sbp_', 'sb_secret_'],
    token: /(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,64})/,
    example: `sbp_${r('a1', 40)}`,
  },
  {
    name: 'netlify',
    anchors: ['nfp_', 'nfc_', 'nfo_', 'nfu_'],
    token: /nf[pcou]_[A-Za-z0-9]{36,64}/,
    example: `nfp_${r('aB3', 36)}`,
  },
  {
    name: 'vercel',
    anchors: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
    token: /vc[piark]_[A-Za-z0-9]{24,64}/,
    example: `vcp_${r('aB3', 56)}`,
  },
  { name: 'pulumi', anchors: ['pul-'], token: /pul-[0-9a-f]{40}/, example: `pul-${r('a1', 40)}` },
  {
    name: 'tailscale',
    anchors: ['tskey-'],
    token: /tskey-[a-z]{2,12}-[\w-]{10,100}/,
    example: `tskey-auth-${r('aB3', 12)}-${r('aB3', 32)}`,
  },
  { name: 'okta', anchors: ['ssws '], token: /SSWS 00[\w-]{40}/, example: `SSWS 00${r('aB3', 40)}` },
  {
    name: 'adafruit-adobe-alibaba',
    anchors: ['aio_', 'p8e-', 'p8e', 'ltai'],
    token: /(?:aio_[A-Za-z0-9]{28}|p8e-?[A-Za-z0-9]{32}|LTAI[A-Za-z0-9]{12,24})(?![A-Za-z0-9])/,
    example: `LTAI${r('aB3', 20)}`,
  },
  {
    name: 'artifactory',
    anchors: ['akcp', 'akc', 'cmvmdg'],
    token: /(?:AKC[a-zA-Z0-9]{10,80}|cmVmdG[A-Za-z0-9]{50,80})(?![A-Za-z0-9])/,
    example: `AKCp${r('aB3', 69)}`,
  },
  {
    name: 'azure',
    anchors: ['8q~', '7q~', 'azco', 'azse', 'aioh', '+amc', '+asb', '+aria', 'azfu', 'acdb', 'jqqj99'],
    token:
      /(?:(?<=[\w~.]{3})[78]Q~[\w~.-]{31,34}|(?<=[A-Za-z0-9+/]{20,76})(?:\+ABa|\+AMC|AIoT|\+ASb|\+ARm|AzSe|AzCo|AzFu|ACDb)[A-Za-z0-9+/]{5,44}={0,2}|(?<=[A-Za-z0-9]{40})JQQJ99[A-Za-z0-9]{30,40})/,
    example: `8Q~${r('aB3', 34)}`,
  },
  {
    name: 'dynatrace',
    anchors: ['dt0c01.', 'dt0s'],
    token: /dt0[a-z]\d\d\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}/,
    example: `dt0c01.${r('A1', 24)}.${r('A1', 64)}`,
  },
  {
    name: 'datadog-launchdarkly',
    anchors: ['ddpat_', 'sdk-', 'mob-', 'api-'],
    token: /(?:ddpat_[A-Za-z0-9_]{20,80}|(?:sdk|mob|api)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/,
    example: `sdk-${r('a', 8)}-${r('a', 4)}-${r('a', 4)}-${r('a', 4)}-${r('a', 12)}`,
  },
  {
    name: 'buildkite-circleci',
    anchors: ['bkua_', 'ccipat_', 'ccipjt_', 'bkaj_'],
    token: /(?:bk(?:ua|aj)_[A-Za-z0-9]{20,64}|ccip(?:at|jt)_[\w-]{20,100})/,
    example: `bkua_${r('a1', 40)}`,
  },
  {
    name: 'facebook',
    anchors: ['eaa'],
    token: /EAA[A-Z][A-Za-z0-9]{60,300}/,
    example: `EAAC${r('aB3', 100)}`,
  },
  {
    name: 'age',
    anchors: ['age-secret-key-1'],
    token: /AGE-SECRET-KEY-1[A-Z0-9]{58}/i,
    example: `AGE-SECRET-KEY-1${r('Q2', 58)}`,
  },
  {
    name: 'frameio-duffel-easypost',
    anchors: ['fio-u-', 'duffel_', 'ezak', 'eztk'],
    token: /(?:fio-u-[\w=-]{64}|duffel_(?:test|live)_[\w=-]{43}|EZ[AT]K[A-Za-z0-9]{54})/,
    example: `duffel_test_${r('aB3', 43)}`,
  },
  {
    name: 'readme-prefect-shippo',
    anchors: ['rdme_', 'pnu_', 'shippo_'],
    token: /(?:rdme_[0-9a-z]{70}|pnu_[A-Za-z0-9]{36}|shippo_(?:live|test)_[0-9a-fA-F]{40})/,
    example: `pnu_${r('aB3', 36)}`,
  },
  {
    name: 'onepassword',
    anchors: ['ops_eyj', 'a3-'],
    token:
      /(?:ops_eyJ[A-Za-z0-9+/=_-]{100,1000}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5})/,
    example: `ops_eyJ${r('aB3', 200)}`,
  },
  { name: 'aws-mws', anchors: ['amzn.mws.'], token: /amzn\.mws\.[0-9a-f-]{36}/, example: `amzn.mws.${r('a1', 36)}` },
  { name: 'openshift', anchors: ['sha256~'], token: /sha256~[\w-]{43}(?![\w-])/, example: `sha256~${r('aB3', 43)}` },
  {
    name: 'sourcegraph',
    anchors: ['sgp_', 'slk_', 'sgd_'],
    token: /(?:sgp_(?:[0-9a-f]{16}_|local_)?|slk_|sgd_)[0-9a-f]{40,64}/i,
    example: `sgp_${r('a1', 40)}`,
  },
  {
    name: 'sonarqube',
    anchors: ['sqp_', 'squ_', 'sqa_'],
    token: /sq[pua]_[0-9a-f]{40}/,
    example: `squ_${r('a1', 40)}`,
  },
  { name: 'settlemint', anchors: ['sm_'], token: /sm_[aps]at_[A-Za-z0-9]{16}/, example: `sm_pat_${r('aB3', 16)}` },
  { name: 'forty-two', anchors: ['s-s4t2'], token: /s-s4t2(?:ud|af)-[0-9a-f]{64}/, example: `s-s4t2ud-${r('a1', 64)}` },
  {
    name: 'twitch-mollie-lob',
    anchors: ['live_', 'test_'],
    token: /(?:live_\d{6,12}_[A-Za-z0-9]{28,32}|(?:live|test)_[A-Za-z0-9]{30,40}(?![A-Za-z0-9]))/,
    example: `live_123456789_${r('aB3', 30)}`,
  },
  {
    name: 'salesforce',
    anchors: ['00d'],
    token: /00D[A-Za-z0-9]{9,12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9_.]{60,140}/,
    example: `00D${r('aB3', 12)}!${r('aB3', 96)}`,
  },
  {
    name: 'cloudflare-origin',
    anchors: ['v1.0-'],
    token: /v1\.0-[0-9a-f]{24}-[0-9a-f]{146}/,
    example: `v1.0-${r('a1', 24)}-${r('a1', 146)}`,
  },
  {
    name: 'plaid-shape-uuid',
    anchors: [
      'access-sandbox-',
      'access-production-',
      'access-development-',
      'rgapi-',
      'sk-lf-',
      'sec-c-',
      'pat-na',
      'pat-eu',
    ],
    token:
      /(?:access-(?:sandbox|production|development)|RGAPI|sk-lf|sec-c|pat-(?:na|eu)\d)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    example: `RGAPI-${r('a', 8)}-${r('1', 4)}-${r('b', 4)}-${r('2', 4)}-${r('c', 12)}`,
  },
  {
    name: 'maxmind-clojars-contentful',
    anchors: ['_mmk', 'clojars_', 'cfpat-'],
    token: /(?:(?<=[A-Za-z0-9]{6}_[A-Za-z0-9]{29})_mmk|CLOJARS_[0-9a-f]{60}|CFPAT-[\w-]{43})/i,
    example: `CFPAT-${r('aB3', 43)}`,
  },
  {
    name: 'flutterwave-razorpay',
    anchors: ['flwseck', 'flwpubk', 'rzp_live_', 'rzp_test_'],
    token: /(?:FLW(?:PUB|SEC)K(?:_TEST)?-[0-9a-zA-Z]{12,40}(?:-X)?|rzp_(?:live|test)_[A-Za-z0-9]{14,24})/,
    example: `rzp_live_${r('aB3', 14)}`,
  },
  { name: 'octopus', anchors: ['api-'], token: /API-[A-Z0-9]{25,34}(?![A-Za-z0-9-])/, example: `API-${r('AB3', 28)}` },
  { name: 'typeform', anchors: ['tfp_'], token: /tfp_[\w.=-]{40,64}/, example: `tfp_${r('aB3', 44)}` },
  {
    name: 'yandex',
    anchors: ['t1.', 'aqvn', 'yca', 'y0_', 'ycm', 'ycn', 'yco', 'ycp'],
    token:
      /(?:t1\.[A-Z0-9a-z_-]+[=]{0,2}\.[A-Z0-9a-z_-]{80,100}|AQVN[\w-]{35,38}|YC[\w-]{38}(?![\w-])|y0_[\w-]{50,64})/,
    example: `AQVN${r('aB3', 36)}`,
  },
  {
    name: 'zapier-ifttt-make-webhook',
    anchors: [
      'hooks.zapier.com/',
      'maker.ifttt.com/',
      'chat.googleapis.com/',
      'outlook.office.com/webhook/',
      '.make.com/',
    ],
    token:
      /(?:hooks\.zapier\.com\/hooks\/catch\/[\w/]{10,64}|maker\.ifttt\.com\/(?:trigger\/[\w-]{1,64}\/(?:json\/)?with\/key|use)\/[\w-]{20,64}|chat\.googleapis\.com\/v1\/spaces\/[\w/-]{8,64}\?[^\s"'<>]{20,300}|outlook\.office\.com\/webhook\/[\w@/%-]{36,300}|(?<=hook\.[\w.]{0,12})\.make\.com\/[a-z0-9]{24,40})/,
    example: `hooks.zapier.com/hooks/catch/${r('1', 7)}/${r('aB3', 7)}`,
  },
  {
    name: 'langsmith',
    anchors: ['lsv2_'],
    token: /lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}/,
    example: `lsv2_pt_${r('a1', 32)}_${r('a1', 10)}`,
  },
  { name: 'nvidia', anchors: ['nvapi-'], token: /nvapi-[\w-]{40,80}/, example: `nvapi-${r('aB3', 64)}` },
  {
    name: 'search-apis',
    anchors: ['fc-', 'tvly-', 'jina_', 'tgp_v1_', 'pcsk_', 'csk-', 'pa-', 'exa-'],
    token:
      /(?:fc-[0-9a-f]{32}|tvly-(?:dev-)?[A-Za-z0-9]{20,64}|jina_[\w-]{50,70}|tgp_v1_[\w-]{40,50}|pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,80}|csk-[a-z0-9]{40,56}|pa-[\w-]{40,50})(?![\w-])/,
    example: `fc-${r('a1', 32)}`,
  },
  {
    name: 'resend',
    anchors: ['re_'],
    token: /re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}/,
    example: `re_${r('aB3', 8)}_${r('aB3', 24)}`,
  },
  {
    name: 'mongodb-atlas-cockroach-dbt',
    anchors: ['mdb_sa_sk_', 'ccdb1_', 'dbtc_', 'dbtu_', 'napi_', 'dkea', 'dose'],
    token:
      /(?:mdb_sa_sk_[\w-]{40,64}|CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}|dbt[cu]_[\w=-]{30,80}|napi_[a-z0-9]{64}|(?:dkea|dose)[0-9a-f]{32})/,
    example: `napi_${r('a1', 64)}`,
  },
  {
    name: 'axiom-honeycomb',
    anchors: ['xaat-', 'xapt-', 'hcaik_', 'hcbik_', 'hcxik_', 'hcxlk_'],
    token: /(?:xa[ap]t-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|hc[abx][il]k_[a-z0-9]{50,64})/,
    example: `hcaik_${r('a1', 58)}`,
  },
  {
    name: 'telnyx',
    anchors: ['key0'],
    token: /KEY[0-9A-F]{32}_[A-Za-z0-9]{22}/,
    example: `KEY0${r('A1', 31)}_${r('aB3', 22)}`,
  },
  { name: 'mandrill', anchors: ['md-'], token: /md-[\w-]{22}(?![\w-])/, example: `md-${r('aB3', 22)}` },
  {
    name: 'klaviyo-clickup',
    anchors: ['pk_'],
    token: /pk_(?:[0-9a-f]{34}|\d{6,9}_[A-Z0-9]{32})(?![A-Za-z0-9])/,
    example: `pk_${r('a1', 34)}`,
  },
  {
    name: 'asana',
    anchors: ['1/', '2/'],
    token: /(?:1\/\d{10,18}:[0-9a-f]{32}|2\/\d{10,18}\/\d{10,18}:[0-9a-f]{32})/,
    example: `1/${r('12', 16)}:${r('a1', 32)}`,
  },
  { name: 'intercom', anchors: ['dg9rog'], token: /dG9rO[\w=]{40,100}/, example: `dG9rOg${r('aB3', 54)}` },
  {
    name: 'akamai',
    anchors: ['akab-'],
    token: /akab-[a-z0-9]{16}-[a-z0-9]{16}/,
    example: `akab-${r('a1', 16)}-${r('a1', 16)}`,
  },
  { name: 'render', anchors: ['rnd_'], token: /rnd_[A-Za-z0-9]{28,36}/, example: `rnd_${r('aB3', 32)}` },
  {
    name: 'scaleway-exoscale',
    anchors: ['scw', 'exo'],
    token: /(?:SCW[A-Z0-9]{17}|EXO[0-9a-f]{24})(?![A-Za-z0-9])/,
    example: `SCW${r('A1', 17)}`,
  },
  {
    name: 'packagist',
    anchors: ['packagist_'],
    token: /packagist_[ou][aru]t_[0-9a-f]{60,70}/,
    example: `packagist_out_${r('a1', 68)}`,
  },
  {
    name: 'gitlab-more',
    anchors: ['glffct-', 'glwt-'],
    token: /gl(?:ffct|wt)-[\w-]{20,64}/,
    example: `glffct-${r('aB3', 20)}`,
  },
  { name: 'woocommerce', anchors: ['ck_', 'cs_'], token: /c[ks]_[0-9a-f]{40}/, example: `ck_${r('a1', 40)}` },
  {
    name: 'amazon-login',
    anchors: ['amzn1.oa2-cs.', 'atzr|', 'atza|'],
    token: /(?:amzn1\.oa2-cs\.v1\.[0-9a-f]{64}|Atz[ra]\|[\w+/=-]{40,1000})/,
    example: `amzn1.oa2-cs.v1.${r('a1', 64)}`,
  },
  {
    name: 'twitter-bearer',
    anchors: ['aaaaaaaaaaaaaaaaaaaaa'],
    token: /A{21,22}[\w%-]{50,140}/,
    example: `${r('A', 22)}${r('aB3', 80)}`,
  },
  { name: 'pinterest', anchors: ['pina_'], token: /pina_[A-Z0-9]{30,80}/, example: `pina_${r('A1', 40)}` },
  {
    name: 'thingsboard',
    anchors: ['thingsboard.'],
    token: /thingsboard\.(?:cloud|io)\/api\/v1\/[A-Za-z0-9]{16,32}(?![\w-])/,
    example: `thingsboard.cloud/api/v1/${r('a1', 20)}`,
  },
  { name: 'recaptcha', anchors: ['6l'], token: /6L[A-Za-z0-9_-]{38}(?![\w-])/, example: `6L${r('aB3', 38)}` },
  {
    name: 'azure-devops',
    anchors: ['azdo'],
    token: /(?<=(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))[A-Za-z0-9]{76})AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/,
    example: `AZDO${r('aB3', 4)}`,
  },
  {
    name: 'harness',
    anchors: ['pat.', 'sat.'],
    token: /[ps]at\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}/,
    example: `pat.${r('aB3', 22)}.${r('a1', 24)}.${r('aB3', 20)}`,
  },
  {
    name: 'kubeadm',
    anchors: ['kubeadm join', 'bootstrap-token-'],
    token: /bootstrap-token-[a-z0-9]{6}(?![a-z0-9])/,
    example: 'bootstrap-token-abc123',
  },
];

/** A token may follow what divides words, not stand within one. */
export const tokens: readonly Rule[] = vendors.map(({ name, anchors, token, example }) =>
  patternRule({
    id: `token-${name}`,
    title: `tokens of ${name.replaceAll('-', ' ')}`,
    anchors,
    pattern: new RegExp(
      `${/^(?:[.:]|8Q|-us|AZDO)/.test(example) ? '' : wordStart}(?<secret>${token.source})`,
      `dy${token.flags}`,
    ),
    hits: [`before ${leadOf(name)}«${example}» after`, `{"out":"one\\n${leadOf(name)}«${example}»\\ntwo"}`],
    misses: [`before${example.slice(0, 4)} after`],
  }),
);

/** What some tokens have before the part that they are known by; it is no secret alone. */
function leadOf(name: string): string {
  const leads: Readonly<Record<string, string>> = {
    telegram: '123456789',
    'terraform-cloud': 'abcdefghij1234',
    mailchimp: r('a1', 32),
    azure: 'abc',
    'azure-devops': r('aB3', 76),
  };
  return leads[name] ?? '';
}
