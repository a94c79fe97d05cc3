export { subnetAvailableAnalyzer as analyzer } from './analyzer.ts';
export { subnetAvailable as collector } from './collector.ts';
