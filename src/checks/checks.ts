export * as tcpConnect from './tcpConnect/index.ts';
export * as tcpPortStatus from './tcpPortStatus/index.ts';
