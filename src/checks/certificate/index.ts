export { certificateAnalyzer as analyzer } from './analyzer.ts';
export { certificate as collector } from './collector.ts';
