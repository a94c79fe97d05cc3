export { networkNamespaceConnectivityAnalyzer as analyzer } from './analyzer.ts';
export { networkNamespaceConnectivity as collector } from './collector.ts';
