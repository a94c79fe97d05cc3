export { ipv4InterfacesAnalyzer as analyzer } from './analyzer.ts';
export { ipv4Interfaces as collector } from './collector.ts';
