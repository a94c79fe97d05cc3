export { registryImagesAnalyzer as analyzer } from './analyzer.ts';
export { registryImages as collector } from './collector.ts';
