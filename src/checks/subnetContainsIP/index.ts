export { subnetContainsIPAnalyzer as analyzer } from './analyzer.ts';
