export { httpAnalyzer as analyzer } from './analyzer.ts';
export { http as collector } from './collector.ts';
