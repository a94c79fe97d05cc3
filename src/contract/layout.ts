/** Where a bundle has what is no result of a collector; results are under `host-collectors/`, where each collector says. */
export const layout = {
  version: 'version.yaml',
  spec: 'spec.yaml',
  manifest: 'manifest.json',
  /**
   * An Ed25519 signature (RFC 8032) over the bytes of the manifest, which in turn vouches for every file. It stands behind the manifest,
   * because it needs its bytes, and is the one file that the manifest does not list.
   */
  signature: 'manifest.json.sig',
  analysis: 'analysis.json',
  summary: 'execution-data/summary.txt',
  redactionReport: 'redaction-report.json',
} as const;
