export { tcpConnectAnalyzer as analyzer } from './analyzer.ts';
export { tcpConnect as collector } from './collector.ts';
