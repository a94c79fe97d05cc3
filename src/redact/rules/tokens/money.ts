import { r, uuid, type Vendor } from './vendor.ts';

/** Of payments and shops. */
export const money: readonly Vendor[] = [
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
    name: 'braintree',
    anchors: ['access_token$'],
    token: /access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}/,
    example: `access_token$production$${r('a1', 16)}$${r('a1', 32)}`,
  },
  {
    name: 'shopify',
    anchors: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    token: /shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}/,
    example: `shpat_${r('a1', 32)}`,
  },
  { name: 'woocommerce', anchors: ['ck_', 'cs_'], token: /c[ks]_[0-9a-f]{40}/, example: `ck_${r('a1', 40)}` },
  {
    name: 'mollie',
    anchors: ['live_', 'test_'],
    token: /(?:live|test)_[A-Za-z0-9]{30,40}(?![A-Za-z0-9])/,
    example: `test_${r('aB3', 30)}`,
  },
  {
    name: 'razorpay',
    anchors: ['rzp_live_', 'rzp_test_'],
    token: /rzp_(?:live|test)_[A-Za-z0-9]{14,24}/,
    example: `rzp_live_${r('aB3', 14)}`,
  },
  {
    name: 'flutterwave',
    anchors: ['flwseck', 'flwpubk'],
    token: /FLW(?:PUB|SEC)K(?:_TEST)?-[0-9a-zA-Z]{12,40}(?:-X)?/,
    example: `FLWSECK_TEST-${r('aB3', 32)}-X`,
  },
  {
    name: 'plaid',
    anchors: ['access-sandbox-', 'access-production-', 'access-development-'],
    token: /access-(?:sandbox|production|development)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
    example: `access-sandbox-${uuid}`,
  },
  { name: 'easypost', anchors: ['ezak', 'eztk'], token: /EZ[AT]K[A-Za-z0-9]{54}/, example: `EZAK${r('aB3', 54)}` },
  {
    name: 'shippo',
    anchors: ['shippo_'],
    token: /shippo_(?:live|test)_[0-9a-fA-F]{40}/,
    example: `shippo_test_${r('a1', 40)}`,
  },
  {
    name: 'duffel',
    anchors: ['duffel_'],
    token: /duffel_(?:test|live)_[\w=-]{43}/,
    example: `duffel_test_${r('aB3', 43)}`,
  },
  {
    name: 'amazon-login',
    anchors: ['amzn1.oa2-cs.', 'atzr|', 'atza|'],
    token: /(?:amzn1\.oa2-cs\.v1\.[0-9a-f]{64}|Atz[ra]\|[\w+/=-]{40,1000})/,
    example: `amzn1.oa2-cs.v1.${r('a1', 64)}`,
  },
  { name: 'settlemint', anchors: ['sm_'], token: /sm_[aps]at_[A-Za-z0-9]{16}/, example: `sm_pat_${r('aB3', 16)}` },
];
