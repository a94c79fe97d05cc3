export { tcpMonitorAnalyzer as analyzer } from './analyzer.ts';
export { tcpMonitor as collector } from './collector.ts';
export { monitorItem as format } from './format.ts';
