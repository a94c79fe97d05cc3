import { r, uuid, type Vendor } from './vendor.ts';

/** Of databases and what watches. */
export const data: readonly Vendor[] = [
  {
    name: 'databricks',
    anchors: ['dapi', 'dkea', 'dose'],
    token: /(?:dapi|dkea|dose)[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])/,
    example: `dapi${r('a1', 32)}`,
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
  { name: 'neon', anchors: ['napi_'], token: /napi_[a-z0-9]{64}/, example: `napi_${r('a1', 64)}` },
  {
    name: 'mongodb-atlas',
    anchors: ['mdb_sa_sk_'],
    token: /mdb_sa_sk_[\w-]{40,64}/,
    example: `mdb_sa_sk_${r('aB3', 40)}`,
  },
  {
    name: 'cockroachdb',
    anchors: ['ccdb1_'],
    token: /CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}/,
    example: `CCDB1_${r('aB3', 22)}_${r('aB3', 40)}`,
  },
  { name: 'dbt', anchors: ['dbtc_', 'dbtu_'], token: /dbt[cu]_[\w=-]{30,80}/, example: `dbtc_${r('aB3', 36)}` },
  {
    name: 'airtable',
    anchors: ['pat'],
    token: /pat[A-Za-z0-9]{14}\.[0-9a-f]{64}/,
    example: `pat${r('aB3', 14)}.${r('a1', 64)}`,
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
    name: 'dynatrace',
    anchors: ['dt0c01.', 'dt0s'],
    token: /dt0[a-z]\d\d\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}/,
    example: `dt0c01.${r('A1', 24)}.${r('A1', 64)}`,
  },
  { name: 'datadog', anchors: ['ddpat_'], token: /ddpat_\w{20,80}/, example: `ddpat_${r('aB3', 40)}` },
  {
    name: 'axiom',
    anchors: ['xaat-', 'xapt-'],
    token: /xa[ap]t-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    example: `xaat-${uuid}`,
  },
  {
    name: 'honeycomb',
    anchors: ['hcaik_', 'hcbik_', 'hcxik_', 'hcxlk_'],
    token: /hc[abx][il]k_[a-z0-9]{50,64}/,
    example: `hcaik_${r('a1', 58)}`,
  },
  {
    name: 'maxmind',
    anchors: ['_mmk'],
    token: /(?<=(?:(?<![A-Za-z0-9])|(?<=\\[nrtbf]))[A-Za-z0-9]{6}_[A-Za-z0-9]{29})_mmk/,
    example: `_mmk`,
    lead: `${r('aB3', 6)}_${r('aB3', 29)}`,
  },
  { name: 'adafruit', anchors: ['aio_'], token: /aio_[A-Za-z0-9]{28}(?![A-Za-z0-9])/, example: `aio_${r('aB3', 28)}` },
  {
    name: 'thingsboard',
    anchors: ['thingsboard.'],
    token: /thingsboard\.(?:cloud|io)\/api\/v1\/[A-Za-z0-9]{16,32}(?![\w-])/,
    example: `thingsboard.cloud/api/v1/${r('a1', 20)}`,
  },
  { name: 'contentful', anchors: ['cfpat-'], token: /CFPAT-[\w-]{43}/, example: `CFPAT-${r('aB3', 43)}` },
  { name: 'pubnub', anchors: ['sec-c-'], token: /sec-c-[\w-]{36,56}/, example: `sec-c-${uuid}` },
];
