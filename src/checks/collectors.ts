export { tcpConnect } from './tcpConnect/collector.ts';
export { tcpPortStatus } from './tcpPortStatus/collector.ts';
