export { dns as collector } from './collector.ts';
