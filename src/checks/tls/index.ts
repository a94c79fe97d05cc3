export { tlsAnalyzer as analyzer } from './analyzer.ts';
export { tls as collector } from './collector.ts';
