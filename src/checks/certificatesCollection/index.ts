export { certificatesCollectionAnalyzer as analyzer } from './analyzer.ts';
export { certificatesCollection as collector } from './collector.ts';
