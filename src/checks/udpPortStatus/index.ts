export { udpPortStatusAnalyzer as analyzer } from './analyzer.ts';
export { udpPortStatus as collector } from './collector.ts';
