export { checkTcpConnectionAnalyzer as analyzer } from './analyzer.ts';
export { checkTcpConnection as collector } from './collector.ts';
export { pluginItem as format } from './format.ts';
