export { listen as collector } from './collector.ts';
