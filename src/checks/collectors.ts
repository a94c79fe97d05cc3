export { tcpConnect } from './tcpConnect/collector.ts';
