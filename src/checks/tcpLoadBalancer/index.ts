export { tcpLoadBalancerAnalyzer as analyzer } from './analyzer.ts';
export { tcpLoadBalancer as collector } from './collector.ts';
