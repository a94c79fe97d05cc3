export * as checkTcpConnection from './checkTcpConnection/index.ts';
export * as tcpConnect from './tcpConnect/index.ts';
export * as tcpMonitor from './tcpMonitor/index.ts';
export * as tcpPortStatus from './tcpPortStatus/index.ts';
