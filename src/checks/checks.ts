export * as certificate from './certificate/index.ts';
export * as certificatesCollection from './certificatesCollection/index.ts';
export * as checkTcpConnection from './checkTcpConnection/index.ts';
export * as subnetContainsIP from './subnetContainsIP/index.ts';
export * as tcpConnect from './tcpConnect/index.ts';
export * as tcpMonitor from './tcpMonitor/index.ts';
export * as tcpPortStatus from './tcpPortStatus/index.ts';
export * as tls from './tls/index.ts';
