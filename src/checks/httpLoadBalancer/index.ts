export { httpLoadBalancerAnalyzer as analyzer } from './analyzer.ts';
export { httpLoadBalancer as collector } from './collector.ts';
