export { tcpPortStatusAnalyzer as analyzer } from './analyzer.ts';
export { tcpPortStatus as collector } from './collector.ts';
