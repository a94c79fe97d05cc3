export { tcpConnectAnalyzer } from './tcpConnect/analyzer.ts';
export { tcpPortStatusAnalyzer } from './tcpPortStatus/analyzer.ts';
