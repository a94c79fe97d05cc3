export { tcpConnectAnalyzer } from './tcpConnect/analyzer.ts';
